import SimBase
import SwarmModel

/// An agent's session with a manager's dispatcher: registration, heartbeats, the assignment stream and status reports.
///
/// Four activities share a session, and any error in any of them ends it. Then the agent waits (at random below a growing
/// bound), picks a manager anew and registers again; tasks run on meanwhile. After every registration all known statuses are
/// reported again.
///
///     idle ──connect──▶ connecting ──up──▶ registering ──first message──▶ active
///       ▲                    └───────────────── any error ──────────────────┘
///
/// Source: moby/swarmkit `agent/agent.go`, `agent/session.go`, `agent/reporter.go`.
public struct AgentSession: Sendable {
  /// Which of a session's calls an answer belongs to.
  public enum Activity: UInt8, Sendable, Comparable {
    /// The stream of session messages.
    case session
    /// A heartbeat.
    case heartbeat
    /// The stream of assignments.
    case assignments
    /// A status report.
    case status
    /// The stream of subscriptions to logs.
    case subscriptions
    /// Lines of a log.
    case publication

    /// In the order of their opening.
    public static func < (a: Activity, b: Activity) -> Bool { a.rawValue < b.rawValue }
  }

  /// What the node is to do.
  public enum Order: Sendable {
    /// Pick a manager and connect to it.
    case connect
    /// Make this call on the connection.
    case call(Activity, DispatcherCall)
    /// Give the connection up: the session has failed.
    case disconnect
    /// The first message of a session has come.
    case registered
    /// The dispatcher's news of the node itself, of the managers and of the root.
    case message(SessionMessage)
    /// What to run.
    case assignments(Assignments)
    /// Somebody wants logs.
    case subscription(LogSubscription)
    /// Nobody wants these logs any more.
    case unsubscription(UInt64)
  }

  private enum Phase: Sendable, Equatable {
    case idle
    case waiting
    case connecting
    case registering
    case active
  }

  static let callTimeout = Duration.seconds(5)
  static let initialBackoff = Duration.milliseconds(100)
  static let maxBackoff = Duration.seconds(8)

  private var phase = Phase.idle
  private var session: SessionID?
  private var backoff = Duration.zero
  /// The end of waiting, or of patience with a registration.
  private var phaseDeadline: Instant?
  private var nextHeartbeat: Instant?
  private var heartbeatTimeout: Instant?
  private var reportTimeout: Instant?
  private var assignmentNumber: UInt64 = 0
  private var description: NodeDescription
  private var known = Table<TaskID, TaskStatus>()
  private var unreported = Table<TaskID, Bool>()
  private var reporting: TaskID?

  /// A session that has not begun.
  public init(description: NodeDescription) { self.description = description }

  /// Whether a dispatcher has registered this node and nothing has failed since.
  public var isActive: Bool { phase == .active }

  /// When something is due next.
  public var nextDeadline: Instant? {
    earliest(earliest(phaseDeadline, nextHeartbeat), earliest(heartbeatTimeout, reportTimeout))
  }

  /// Begins: connects at once.
  public mutating func start(at now: Instant, into out: inout Outbox<Order>) {
    if phase == .idle { connect(at: now, into: &out) }
  }

  /// Ends for good: the node leaves or stops.
  public mutating func stop(into out: inout Outbox<Order>) {
    if phase != .idle { out.post(.disconnect) }
    reset()
    phase = .idle
  }

  /// The node has something else to tell about itself: the session is opened anew if it differs.
  public mutating func describe(
    _ description: NodeDescription, at now: Instant, dice: inout Dice, into out: inout Outbox<Order>
  ) {
    if description == self.description { return }
    self.description = description
    if phase == .active || phase == .registering { fail(at: now, dice: &dice, into: &out) }
  }

  /// The connection is up.
  public mutating func connected(at now: Instant, into out: inout Outbox<Order>) {
    guard phase == .connecting else { return }
    phase = .registering
    phaseDeadline = now + AgentSession.callTimeout
    out.post(.call(.session, .session(description, resuming: session)))
  }

  /// The connection could not be made or has broken.
  public mutating func disconnected(at now: Instant, dice: inout Dice, into out: inout Outbox<Order>) {
    if phase == .idle || phase == .waiting { return }
    fail(at: now, dice: &dice, into: &out)
  }

  /// An answer to one of the session's calls.
  public mutating func answered(
    _ activity: Activity, _ reply: DispatcherReply, at now: Instant, dice: inout Dice, into out: inout Outbox<Order>
  ) {
    if phase != .registering && phase != .active { return }
    switch reply {
    case .session(let message): heard(message, at: now, into: &out)
    case .heartbeat(let period):
      heartbeatTimeout = nil
      nextHeartbeat = now + period
    case .assignments(let assignments):
      // A gap means that a message was lost: the stream is asked for again from the start.
      if !assignments.isComplete && assignments.appliesTo != assignmentNumber {
        if let session { out.post(.call(.assignments, .assignments(session))) }
        return
      }
      assignmentNumber = assignments.resultsIn
      out.post(.assignments(assignments))
    case .subscription(let subscription): out.post(.subscription(subscription))
    case .unsubscription(let id): out.post(.unsubscription(id))
    case .taken:
      if activity != .status { return }
      reportTimeout = nil
      reporting = nil
      report(at: now, into: &out)
    case .refused(let error):
      // A session that the dispatcher does not know cannot be resumed.
      if error.code == .notFound || error.code == .invalidArgument { session = nil }
      fail(at: now, dice: &dice, into: &out)
    }
  }

  /// A task's status has changed: it is reported when its turn comes. An older state than the last is ignored.
  public mutating func changed(_ task: TaskID, _ status: TaskStatus, at now: Instant, into out: inout Outbox<Order>) {
    if let last = known[task], last.state > status.state || last == status { return }
    known[task] = status
    unreported[task] = true
    report(at: now, into: &out)
  }

  /// Lines of a log go out at once; what cannot be sent is lost, as on a broken connection.
  public mutating func publish(
    _ lines: [TaskLogLine], isDone: Bool, for subscription: UInt64, into out: inout Outbox<Order>
  ) {
    guard phase == .active, let session, isDone || !lines.isEmpty else { return }
    out.post(.call(.publication, .publish(session, subscription: subscription, lines, isDone: isDone)))
  }

  /// A task is gone: nothing more is reported of it.
  public mutating func forget(_ task: TaskID) {
    known[task] = nil
    unreported[task] = nil
  }

  /// Something is due.
  public mutating func wake(at now: Instant, dice: inout Dice, into out: inout Outbox<Order>) {
    if let due = phaseDeadline, due <= now {
      phaseDeadline = nil
      if phase == .waiting { connect(at: now, into: &out) } else { fail(at: now, dice: &dice, into: &out) }
    }
    if let due = earliest(heartbeatTimeout, reportTimeout), due <= now {
      fail(at: now, dice: &dice, into: &out)
    } else if let due = nextHeartbeat, due <= now {
      beat(at: now, into: &out)
    }
  }

  private mutating func connect(at now: Instant, into out: inout Outbox<Order>) {
    phase = .connecting
    phaseDeadline = now + AgentSession.callTimeout
    out.post(.connect)
  }

  private mutating func heard(_ message: SessionMessage, at now: Instant, into out: inout Outbox<Order>) {
    let isFirst = phase == .registering
    session = message.session
    if isFirst {
      phase = .active
      phaseDeadline = nil
      backoff = .zero
      out.post(.registered)
    }
    out.post(.message(message))
    if !isFirst { return }
    beat(at: now, into: &out)
    out.post(.call(.assignments, .assignments(message.session)))
    out.post(.call(.subscriptions, .listen(message.session)))
    for task in known.keys { unreported[task] = true }
    report(at: now, into: &out)
  }

  private mutating func beat(at now: Instant, into out: inout Outbox<Order>) {
    guard let session, phase == .active else { return }
    nextHeartbeat = nil
    heartbeatTimeout = now + AgentSession.callTimeout
    out.post(.call(.heartbeat, .heartbeat(session)))
  }

  /// One status per call, one call at a time.
  private mutating func report(at now: Instant, into out: inout Outbox<Order>) {
    guard phase == .active, reporting == nil, let session, let (task, _) = unreported.first, let status = known[task]
    else { return }
    unreported[task] = nil
    reporting = task
    reportTimeout = now + AgentSession.callTimeout
    out.post(.call(.status, .updateStatus(session, [TaskStatusReport(task: task, status: status)])))
  }

  /// Closes the session and waits before the next one.
  private mutating func fail(at now: Instant, dice: inout Dice, into out: inout Outbox<Order>) {
    reset()
    phase = .waiting
    backoff = min(AgentSession.initialBackoff + backoff * 2, AgentSession.maxBackoff)
    phaseDeadline = now + dice.duration(in: .zero..<backoff)
    out.post(.disconnect)
  }

  private mutating func reset() {
    if let reporting { unreported[reporting] = true }
    reporting = nil
    phaseDeadline = nil
    nextHeartbeat = nil
    heartbeatTimeout = nil
    reportTimeout = nil
    assignmentNumber = 0
  }
}
