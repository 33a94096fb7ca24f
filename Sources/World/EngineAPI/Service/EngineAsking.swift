import Engine
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

extension APIError {
  /// A refusal of the engine as its client sees it.
  init(_ error: EngineError) {
    let cause: Cause =
      switch error.kind {
      case .notModified: .notModified
      case .invalid: .invalidParameter
      case .forbidden: .forbidden
      case .notFound: .notFound
      case .conflict: .conflict
      case .system: .system
      }
    self.init(cause, error.message)
  }
}

/// Asks an engine, and gives its refusal the form that clients see.
func asked<Result>(_ body: () throws(EngineError) -> Result) throws(APIError) -> Result {
  do { return try body() } catch { throw APIError(error) }
}

extension SwarmNode {
  /// Changes the engine for a request.
  mutating func ask<Result>(
    at now: Instant, _ network: inout SimNetwork<Wire>,
    _ change: (inout Engine, inout Outbox<EngineNotice>) throws(EngineError) -> Result
  ) throws(APIError) -> Result {
    do { return try changeEngine(at: now, network: &network, change) } catch { throw APIError(error) }
  }

  /// Changes the engine where it does not refuse.
  mutating func tellEngine(
    at now: Instant, _ network: inout SimNetwork<Wire>, _ change: (inout Engine, inout Outbox<EngineNotice>) -> Void
  ) {
    changeEngine(at: now, network: &network, change)
  }
}

extension Resolution {
  /// An answer, or the refusal that came instead of it.
  static func of(_ body: () throws(APIError) -> Resolution) -> Resolution {
    do { return try body() } catch { return .refusal(error) }
  }
}
