import SimBase

// What agents and the dispatcher say to each other. Source: moby/swarmkit `api/dispatcher.proto`.

/// A manager as agents know it.
public struct ManagerPeer: Sendable, Equatable, Archivable {
  /// Its node; nil while only its address is known.
  public var node: NodeID?
  /// `10.99.0.11:2377`.
  public var addr = ""

  /// Nobody.
  public init() {}
  /// A manager.
  public init(node: NodeID?, addr: String) {
    self.node = node
    self.addr = addr
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&node)
    a.field(&addr)
  }
}

/// What a dispatcher tells an agent at the start of a session and whenever any of it changes.
public struct SessionMessage: Sendable {
  /// The session.
  public var session: SessionID
  /// The agent's own node object.
  public var node: Shared<Node>
  /// All managers of the swarm.
  public var managers: [ManagerPeer]
  /// The root that the agent is to trust.
  public var trustRoot: String

  /// A message.
  public init(session: SessionID, node: Shared<Node>, managers: [ManagerPeer], trustRoot: String) {
    self.session = session
    self.node = node
    self.managers = managers
    self.trustRoot = trustRoot
  }
}

/// One change of what a node is to run.
public enum AssignmentChange: Sendable {
  /// Run or change this task.
  case task(Shared<SwarmTask>)
  /// Stop and forget this task.
  case removeTask(TaskID)
  /// Keep this secret for tasks that need it.
  case secret(Shared<Secret>)
  /// Forget this secret.
  case removeSecret(SecretID)
  /// Keep this config for tasks that need it.
  case config(Shared<Config>)
  /// Forget this config.
  case removeConfig(ConfigID)
}

/// What a node is to run: everything, or what changed since the message before.
public struct Assignments: Sendable {
  /// Whether what is not listed is to be dropped.
  public var isComplete: Bool
  /// The changes: secrets, then configs, then tasks, each in ID order.
  public var changes: [AssignmentChange]
  /// The number of the message this one builds on, and its own.
  public var appliesTo: UInt64
  /// The message's own number.
  public var resultsIn: UInt64

  /// A message.
  public init(isComplete: Bool, changes: [AssignmentChange], appliesTo: UInt64, resultsIn: UInt64) {
    self.isComplete = isComplete
    self.changes = changes
    self.appliesTo = appliesTo
    self.resultsIn = resultsIn
  }
}

/// One task's status as an agent reports it.
public struct TaskStatusReport: Sendable {
  /// The task.
  public var task: TaskID
  /// Its status.
  public var status: TaskStatus

  /// A report.
  public init(task: TaskID, status: TaskStatus) {
    self.task = task
    self.status = status
  }
}

/// What an agent asks a dispatcher.
public enum DispatcherCall: Sendable {
  /// Register, or resume a session; answered by a stream of session messages.
  case session(NodeDescription, resuming: SessionID?)
  /// Still here; answered with the time until the next.
  case heartbeat(SessionID)
  /// What is this node to run? Answered by a stream of assignments.
  case assignments(SessionID)
  /// How tasks are doing.
  case updateStatus(SessionID, [TaskStatusReport])
}

/// What a dispatcher answers.
public enum DispatcherReply: Sendable {
  /// The session's next message; the stream goes on.
  case session(SessionMessage)
  /// When to send the next heartbeat.
  case heartbeat(period: Duration)
  /// The next assignments; the stream goes on.
  case assignments(Assignments)
  /// The statuses are taken.
  case taken
  /// No; a stream ends with this.
  case refused(ControlError)
}

/// A call under way at a manager; numbers are the manager's and never repeat.
public struct CallRef: Hashable, Comparable, Sendable {
  /// Its number.
  public var number: UInt64
  /// The call with this number.
  public init(_ number: UInt64) { self.number = number }
  /// By number.
  public static func < (a: CallRef, b: CallRef) -> Bool { a.number < b.number }
}
