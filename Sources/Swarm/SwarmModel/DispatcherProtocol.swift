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
  /// Whose logs does somebody want? Answered by a stream of subscriptions.
  case listen(SessionID)
  /// Lines for a subscription; `isDone` says that no more will come from this node.
  case publish(SessionID, subscription: UInt64, [TaskLogLine], isDone: Bool)
}

/// What a dispatcher answers.
public enum DispatcherReply: Sendable {
  /// The session's next message; the stream goes on.
  case session(SessionMessage)
  /// When to send the next heartbeat.
  case heartbeat(period: Duration)
  /// The next assignments; the stream goes on.
  case assignments(Assignments)
  /// The statuses, or the lines of a log, are taken.
  case taken
  /// Somebody wants logs; the stream goes on.
  case subscription(LogSubscription)
  /// Nobody wants these logs any more; the stream goes on.
  case unsubscription(UInt64)
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

/// Whose logs are wanted, and which lines of them. Source: moby/swarmkit `api/logbroker.proto`.
public struct LogSelector: Sendable {
  /// All tasks of these services.
  public var services: [ServiceID] = []
  /// These tasks.
  public var tasks: [TaskID] = []
  /// Also what comes later.
  public var follow = false
  /// Standard output.
  public var output = true
  /// Standard error.
  public var error = true
  /// Only the last so many lines of each task; nil for all.
  public var tail: Int?
  /// Only lines from then on; nil for all.
  public var since: Instant?

  /// Nobody's logs.
  public init() {}

  /// Whether a task's logs are wanted.
  public func matches(_ task: SwarmTask) -> Bool {
    tasks.contains(task.id) || task.serviceID.map(services.contains) == true
  }
}

/// A wish for logs as agents hear of it.
public struct LogSubscription: Sendable {
  /// Its number at the leader.
  public var id: UInt64
  /// What is wanted.
  public var selector: LogSelector

  /// A subscription.
  public init(id: UInt64, selector: LogSelector) {
    self.id = id
    self.selector = selector
  }
}

/// One line of a task's log on its way to whoever wants it.
public struct TaskLogLine: Sendable {
  /// The task, its service and its node.
  public var task: TaskID
  /// Its service; nil for a task without one.
  public var service: ServiceID?
  /// The node it runs on.
  public var node: NodeID
  /// When it was written.
  public var instant: Instant
  /// Whether it came on standard error.
  public var isError: Bool
  /// The line, with its line feed if it has one.
  public var text: String
  /// What the log driver was told to say of each line.
  public var attributes = Labels()

  /// A line of this task's.
  public init(_ task: SwarmTask, node: NodeID, at instant: Instant, isError: Bool, text: String) {
    self.task = task.id
    service = task.serviceID
    self.node = node
    self.instant = instant
    self.isError = isError
    self.text = text
  }
}

/// What comes of a wish for logs.
public enum LogReply: Sendable {
  /// More lines.
  case lines([TaskLogLine])
  /// There are no more. The text says which logs could not be had; empty if all could.
  case ended(String)
}
