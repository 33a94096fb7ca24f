import EngineTypes
import SimBase
import SwarmManager

/// An answer as the world gives it: status, header fields and a body whose dates are still instants.
public struct EngineAnswer: Sendable, Equatable {
  /// The HTTP status.
  public var status: Int
  /// Header fields in the order of their names, as Go's server sends them. `Date` and `Content-Length` are the door's.
  public var headers: [HTTPHeader]
  /// The body.
  public var body: DatedBytes

  /// An answer. `headers` come on top of those that every answer has.
  public init(status: Int, headers: [HTTPHeader] = [], body: DatedBytes = DatedBytes()) {
    self.status = status
    self.headers = (EngineAnswer.common + headers).sorted { $0.name < $1.name }
    self.body = body
  }

  private static let common = [
    HTTPHeader("Api-Version", APIVersion.newest.description), HTTPHeader("Docker-Experimental", "false"),
    HTTPHeader("Ostype", "linux"), HTTPHeader("Server", "Docker/\(EngineBuild.version) (linux)"),
  ]

  /// A JSON document, with the newline that ends every body.
  public static func json(
    _ status: Int = 200, sortingKeys: Bool = false, _ write: (inout JSONWriter) -> Void
  ) -> EngineAnswer {
    var writer = JSONWriter(sortingKeys: sortingKeys)
    write(&writer)
    writer.endLine()
    return EngineAnswer(
      status: status, headers: [HTTPHeader("Content-Type", "application/json")], body: writer.content)
  }

  /// Nothing but a status: 200 for most changes, 204 where Docker says that there is no content.
  public static func empty(_ status: Int = 200) -> EngineAnswer { EngineAnswer(status: status) }

  /// A refusal; one of status 304 says nothing more.
  public static func refusal(_ error: APIError) -> EngineAnswer {
    if error.cause == .notModified { return empty(error.status) }
    return json(error.status) { $0.object { $0.field("message", error.message) } }
  }

  /// No route: Docker's router answers before any header is set.
  public static let pageNotFound: EngineAnswer = {
    var answer = json(404) { $0.object { $0.field("message", "page not found") } }
    answer.headers.removeAll { field in common.contains { $0.name == field.name } }
    return answer
  }()

  /// The answer to a version that is not served: experimental features are not looked at any more, and clients of versions
  /// that old read plain text.
  static func badVersion(_ version: APIVersion, _ error: APIError) -> EngineAnswer {
    var answer = version < .oldest ? plainText(error.status, error.message) : refusal(error)
    answer.headers.removeAll { $0.name == "Docker-Experimental" }
    return answer
  }

  /// A line of text.
  private static func plainText(_ status: Int, _ text: String) -> EngineAnswer {
    EngineAnswer(
      status: status,
      headers: [
        HTTPHeader("Content-Type", "text/plain; charset=utf-8"), HTTPHeader("X-Content-Type-Options", "nosniff"),
      ], body: DatedBytes(text + "\n"))
  }

  /// The value of the first header of this name, in any case.
  public func header(_ name: String) -> String? { headers.value(of: name) }

  /// The answer as it goes out, with the dates of this epoch.
  public func rendered(with epoch: Epoch) -> EngineResponse {
    EngineResponse(status: status, headers: headers, body: body.rendered(with: epoch))
  }
}
