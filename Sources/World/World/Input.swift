import EngineTypes
import SimBase
import SimKernel
import SwarmNode

/// Everything that may change the world from outside. A door writes it to the journal before the world accepts it.
public enum Input: Sendable {
  /// A request at a node's API.
  case request(RequestID, node: HostID, EngineRequest)
  /// Bytes that a client sends on a hijacked connection.
  case bytes(RequestID, [UInt8])
  /// A client will send nothing more.
  case closeWriting(RequestID)
  /// A client has gone.
  case hangUp(RequestID)
  /// Something breaks, or is mended; what lasts is mended by itself after the time that is given.
  case fault(Fault, for: Duration? = nil)

  /// The node that a new request is for.
  var host: HostID? { if case .request(_, let node, _) = self { node } else { nil } }
  /// The request that it goes on with.
  var request: RequestID? {
    switch self {
    case .bytes(let id, _), .closeWriting(let id), .hangUp(let id): id
    case .request, .fault: nil
    }
  }
}
