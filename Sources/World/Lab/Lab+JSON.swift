import EngineTypes
import SimBase
import SimKernel
import SwarmNode
import World

/// Requests in JSON, as scripts and storms send them.
extension Lab {
  /// What an API said: its status, and its body read as JSON (`null` where it is none).
  public struct Said: Sendable {
    /// The HTTP status.
    public var status: Int
    /// The body.
    public var json: JSON

    /// What this response says.
    public init(_ response: EngineResponse) {
      status = response.status
      json = (try? JSON.parse(response.body)) ?? .null
    }
  }

  /// A request with a JSON body, or without one, for the present version of the API.
  public static func request(_ method: String, _ path: String, _ body: JSON? = nil) -> EngineRequest {
    guard let body else { return EngineRequest(method, "/v1.51\(path)") }
    return EngineRequest(
      method, "/v1.51\(path)", headers: [HTTPHeader("Content-Type", "application/json")], body: Array(body.text.utf8))
  }

  /// Sends a request to a node and runs the world until the answer is there.
  ///
  /// Throws where the node is down, or does not answer for `patience`.
  public mutating func call(
    _ method: String, _ path: String, _ body: JSON? = nil, at host: HostID, patience: Duration = Lab.patience
  ) throws(EngineUnreachable) -> Said {
    Said(try send(Lab.request(method, path, body), to: host, patience: patience))
  }

  /// The manager that runs the swarm now; the first, if there are several swarms.
  public var leader: HostID? { world.hosts.first { world[$0].isLeading } }
}
