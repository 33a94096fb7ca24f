import EngineTypes
import SimBase
import SwarmNode

/// What an engine answers to a request, on its way out of the world.
public enum EngineOutput: Sendable {
  /// A whole answer.
  case answer(RequestID, EngineResponse, DatedBytes)
  /// The head of an answer that streams.
  case head(RequestID, EngineResponse)
  /// More of an answer that streams.
  case bytes(RequestID, DatedBytes)
  /// The end of an answer that streams.
  case end(RequestID)
  /// The connection is gone: the node has died, or was not there at all.
  case closed(RequestID)

  /// Whose it is.
  public var request: RequestID {
    switch self {
    case .answer(let id, _, _), .head(let id, _), .bytes(let id, _), .end(let id), .closed(let id): id
    }
  }

  /// Whether nothing more comes.
  public var isLast: Bool {
    switch self {
    case .answer, .end, .closed: true
    case .head, .bytes: false
    }
  }

  /// Mixes it into a history's hash, dates as instants.
  public func mix(into hasher: inout TraceHasher) {
    hasher.mix(request.number)
    switch self {
    case .answer(_, let head, let body):
      hasher.mix(UInt64(head.status))
      body.mix(into: &hasher)
    case .head(_, let head): hasher.mix(UInt64(head.status) | 1 << 32)
    case .bytes(_, let body): body.mix(into: &hasher)
    case .end: hasher.mix(2 << 32)
    case .closed: hasher.mix(3 << 32)
    }
  }
}
