import Shell
import SimBase
import Workloads

/// Names a pull that is under way. Numbers never repeat within an engine.
public struct PullID: Hashable, Comparable, Sendable {
  /// The number.
  public let number: Int

  /// Earlier pulls come first.
  public static func < (a: PullID, b: PullID) -> Bool { a.number < b.number }
}

/// What has happened in an engine that somebody may be waiting for: API requests, the swarm's agent.
///
/// The engine posts notices in the order of what happened; its driver hands them on after every call.
public enum EngineNotice: Sendable, Equatable {
  /// A pull has come further.
  case pullProgressed(PullID)
  /// A pull has ended; the error, if it failed.
  case pulled(PullID, EngineError?)
  /// A push has ended; the error, if it failed.
  case pushed(PushID, EngineError?)
  /// A registry has answered somebody who asked it.
  case registryReplied(RegistryCallID, RegistryReply)
  /// A container runs.
  case started(ContainerID)
  /// A container could not be started by its restart policy or by a restart request.
  case startFailed(ContainerID, EngineError)
  /// A container's process has ended; Docker's `wait` answers now.
  case died(ContainerID, exitCode: Int32)
  /// A stop request on this container has been obeyed.
  case stopped(ContainerID)
  /// A restart request on this container has been obeyed.
  case restarted(ContainerID)
  /// A container's health has changed.
  case healthChanged(ContainerID, Health.Status)
  /// A container is gone.
  case removed(ContainerID)
  /// A container that somebody is attached to has written something.
  case output(ContainerID, OutputStream, [UInt8])
  /// A container whose log somebody follows has new lines.
  case logged(ContainerID)
  /// A command in a container has begun.
  case execStarted(ExecID)
  /// A command in a container has written something.
  case execOutput(ExecID, OutputStream, [UInt8])
  /// A command in a container has ended.
  case execEnded(ExecID, exitCode: Int32)
  /// A process in a container runs a command that reaches beyond it: `ping`, `curl`. Whoever drives the engine answers
  /// with `answer(_:_:)`.
  case commandWanted(CommandID, ContainerID, ExternalCommand)
  /// Bytes for such a command, which asked for input.
  case commandFed(CommandID, [UInt8])
  /// Such a command has had all of its input.
  case commandInputEnded(CommandID)
  /// Such a command is sent a signal.
  case commandSignalled(CommandID, Signal)
  /// Nobody waits for such a command any more: its process is gone.
  case commandForgotten(CommandID)
  /// There are new events, and somebody follows them.
  case eventsAdded
  /// All containers have been stopped, as `shutDown` asked.
  case shutDown
}
