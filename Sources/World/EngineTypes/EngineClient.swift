import SimBase

/// One request to an engine, as HTTP carries it.
public struct EngineRequest: Sendable, Equatable {
  /// `GET`, `POST`, `DELETE`, `HEAD`, `PUT`.
  public var method: String
  /// Path and query, as on the request line: `/v1.51/nodes?filters=…`.
  public var target: String
  /// Header fields in order; names in any case.
  public var headers: [HTTPHeader]
  /// The whole body.
  public var body: [UInt8]

  /// A request.
  public init(_ method: String, _ target: String, headers: [HTTPHeader] = [], body: [UInt8] = []) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
  }

  /// The value of the first header of this name, in any case.
  public func header(_ name: String) -> String? { headers.value(of: name) }
}

/// A header field.
public struct HTTPHeader: Sendable, Equatable {
  /// Its name, as written.
  public var name: String
  /// Its value.
  public var value: String

  /// A header field.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension [HTTPHeader] {
  /// The value of the first header of this name, in any case.
  public func value(of name: String) -> String? {
    let folded = name.lowercased()
    return first { $0.name.lowercased() == folded }?.value
  }
}

/// An engine's whole answer, or the head of one whose body streams.
public struct EngineResponse: Sendable, Equatable {
  /// The HTTP status.
  public var status: Int
  /// Header fields in the order in which they are sent.
  public var headers: [HTTPHeader]
  /// The body; empty in the head of a stream.
  public var body: [UInt8]

  /// An answer.
  public init(status: Int, headers: [HTTPHeader] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The value of the first header of this name, in any case.
  public func header(_ name: String) -> String? { headers.value(of: name) }
}

/// Nothing answers at an address.
public struct EngineUnreachable: Error, Sendable, Equatable {
  /// Why, in the words of Go's dialer: `dial unix /run/x.sock: connect: no such file or directory`.
  public var reason: String

  /// An error with its reason.
  public init(reason: String) { self.reason = reason }
}

/// Talks to one engine, one call after another. Calls wait: in process they run the world until the answer is there, on a
/// socket they block.
public protocol EngineClient: AnyObject {
  /// Sends a request and waits for the whole answer.
  func send(_ request: EngineRequest) throws(EngineUnreachable) -> EngineResponse
  /// Sends a request whose answer is a stream: events, logs, and connections that are hijacked (exec, attach).
  func open(_ request: EngineRequest) throws(EngineUnreachable) -> any EngineStream
  /// Waits; in process the world's time passes.
  func sleep(_ duration: Duration)
  /// The date by the engine's clock, which ages are reckoned from.
  var now: Timestamp { get }
}

/// An answer that streams.
public protocol EngineStream: AnyObject {
  /// Status and headers; an error's body follows as the stream's bytes.
  var head: EngineResponse { get }
  /// Waits for more bytes; nil once the other side has closed.
  func read() -> [UInt8]?
  /// Sends bytes on a hijacked connection.
  func write(_ bytes: [UInt8])
  /// Says that nothing more will be written.
  func closeWriting()
  /// Hangs up.
  func close()
}
