import SwarmModel

/// A refusal as a client of the Engine API sees it: an HTTP status and a text.
///
/// There are two kinds. What swarmkit's control API refuses travels as a gRPC error, and its text keeps that form; what an
/// engine refuses by itself (look-ups, conversions, the state of the node) is bare text. This type is the one place that
/// gives either its words and its status.
///
/// Source: moby/moby `daemon/server/httpstatus/status.go`, `daemon/cluster/errors.go`.
public struct APIError: Error, Sendable, Equatable {
  /// Who refused, and of which kind the refusal is.
  public enum Cause: Sendable, Equatable {
    /// The control API, with a gRPC code.
    case control(ControlError.Code)
    /// Nothing to do: the container already runs, or does not.
    case notModified
    /// The request makes no sense.
    case invalidParameter
    /// Wrong credentials or key.
    case unauthorized
    /// Not allowed.
    case forbidden
    /// No such thing.
    case notFound
    /// The thing is in another state, or its name is taken.
    case conflict
    /// Docker does not do this.
    case notImplemented
    /// The node is not in a state to answer.
    case unavailable
    /// An error that the engine gives no kind.
    case system
  }

  /// Who refused.
  public var cause: Cause
  /// The text without any prefix.
  public var text: String

  /// A refusal.
  public init(_ cause: Cause, _ text: String) {
    self.cause = cause
    self.text = text
  }

  /// A refusal of the control API, as it reaches an engine's client.
  public init(_ error: ControlError) { self.init(.control(error.code), error.text) }

  /// What the body's `message` says.
  public var message: String {
    if case .control(let code) = cause { ControlError(code, text).rpcText } else { text }
  }

  /// The HTTP status.
  public var status: Int {
    switch cause {
    case .control(let code): code.httpStatus
    case .notModified: 304
    case .invalidParameter: 400
    case .unauthorized: 401
    case .forbidden: 403
    case .notFound: 404
    case .conflict: 409
    case .system: 500
    case .notImplemented: 501
    case .unavailable: 503
    }
  }
}

extension APIError {
  /// What only an engine in experimental mode does.
  public static let onlyExperimental = APIError(
    .notImplemented,
    "This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to "
      + "enable it.")

  /// There is no cluster object yet; also what a node says that is to leave a swarm without being in one.
  public static let notInSwarm = APIError(.unavailable, "This node is not part of a swarm")
}

extension ControlError.Code {
  /// The HTTP status that an engine answers a control API error of this code with.
  public var httpStatus: Int {
    switch self {
    case .invalidArgument, .failedPrecondition, .outOfRange: 400
    case .unauthenticated: 401
    case .permissionDenied: 403
    case .notFound: 404
    case .alreadyExists: 409
    case .unimplemented: 501
    case .unavailable: 503
    case .unknown, .aborted, .internal, .deadlineExceeded, .resourceExhausted, .canceled: 500
    }
  }
}

/// Runs a part of the control API and turns its refusal into the form that an engine passes on.
func relayed<Result>(_ body: () throws(ControlError) -> Result) throws(APIError) -> Result {
  do { return try body() } catch { throw APIError(error) }
}
