/// A refusal by the swarm's control plane: a gRPC status code and its text.
///
/// Each component that refuses gives its texts in one place, an extension with a static function per sentence, so that
/// call sites read as facts: `throw .serviceNotFound(name)`. Source: moby/swarmkit `manager/controlapi`.
public struct ControlError: Error, Sendable, Equatable {
  /// gRPC's status codes, of which these occur.
  public enum Code: String, Sendable {
    /// An error without a code: most plain Go errors.
    case unknown = "Unknown"
    /// The request makes no sense.
    case invalidArgument = "InvalidArgument"
    /// No such object.
    case notFound = "NotFound"
    /// The name is taken.
    case alreadyExists = "AlreadyExists"
    /// Not allowed to this caller.
    case permissionDenied = "PermissionDenied"
    /// Not in this state.
    case failedPrecondition = "FailedPrecondition"
    /// Try again.
    case aborted = "Aborted"
    /// Outside the valid range.
    case outOfRange = "OutOfRange"
    /// Docker does not do this.
    case unimplemented = "Unimplemented"
    /// Broken inside.
    case `internal` = "Internal"
    /// Cannot be reached now.
    case unavailable = "Unavailable"
    /// Took too long.
    case deadlineExceeded = "DeadlineExceeded"
    /// Too many.
    case resourceExhausted = "ResourceExhausted"
    /// Given up by the caller.
    case canceled = "Canceled"
    /// Who are you?
    case unauthenticated = "Unauthenticated"
  }

  /// The status code.
  public var code: Code
  /// The text after `desc = `.
  public var text: String

  /// An error.
  public init(_ code: Code, _ text: String) {
    self.code = code
    self.text = text
  }

  /// The error as an engine passes it on.
  public var rpcText: String { "rpc error: code = \(code.rawValue) desc = \(text)" }
}

extension ControlError {
  /// A plain Go error, which gRPC shows as `Unknown`.
  public static func plain(_ text: String) -> ControlError { ControlError(.unknown, text) }
  /// Something a request must have is missing.
  public static let invalidArgument = ControlError(.invalidArgument, "invalid argument")
  /// The version named is not the stored one.
  public static let updateOutOfSequence = ControlError.plain("update out of sequence")
}
