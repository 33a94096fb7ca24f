import Engine
import SimBase
import SwarmModel
import SwarmWorker

/// A node with an engine and an agent, and a manager that takes what the agent reports.
struct Worker {
  var engine: Engine
  var agent: Agent
  var now = Instant.zero
  /// What the manager was told of tasks' states, in order: `1 running`.
  var reports: [String] = []
  /// The errors beside them, where there were any.
  var errors: [String] = []
  /// How often the agent has registered, and how often it has asked for its assignments.
  var (registrations, listings) = (0, 0)
  /// Whether the manager answers at all.
  var isManagerUp = true
  /// What the agent has on its disk.
  private(set) var disk: [[UInt8]] = []
  private var dice = Dice(seed: 1, label: "worker")
  private var session: UInt128 = 0
  private var sent: UInt64 = 0

  init() {
    var config = EngineConfig()
    config.costs = .none
    engine = Engine(hostname: "node1", dice: Dice(seed: 1, label: "engine"), config: config)
    agent = Agent(node: NodeID(raw: 1), description: NodeDescription(), records: [], engine: engine)
    begin()
  }

  private mutating func begin() {
    var out = Outbox<AgentOrder>()
    agent.start(at: now, engine: &engine, dice: &dice, into: &out)
    obey(&out)
    run(for: .seconds(1))
  }

  /// The agent's process ends and begins again, with what is on its disk.
  mutating func restart() {
    agent = Agent(node: NodeID(raw: 1), description: NodeDescription(), records: disk, engine: engine)
    begin()
  }

  /// The connection to the manager breaks; the agent finds another one by itself.
  mutating func disconnect() {
    var out = Outbox<AgentOrder>()
    agent.disconnected(at: now, dice: &dice, into: &out)
    obey(&out)
  }

  // MARK: Assignments

  /// Sends what is to run; a message that says all is one that a new session begins with.
  mutating func assign(_ changes: [AssignmentChange], isComplete: Bool = false, afterGap: Bool = false) {
    if afterGap { sent += 1 }
    sent += 1
    let message = Assignments(isComplete: isComplete, changes: changes, appliesTo: sent - 1, resultsIn: sent)
    answer(.assignments, .assignments(message))
    run(for: .seconds(1))
  }

  /// Assigns a task, or another wish for one.
  mutating func assign(
    _ n: Int, _ desired: TaskState = .running, image: String = "nginx",
    _ change: (inout TaskContainer) -> Void = { _ in }
  ) {
    assign([.task(Worker.task(n, desired, image: image, change))])
  }

  static func task(
    _ n: Int, _ desired: TaskState = .running, image: String = "nginx",
    _ change: (inout TaskContainer) -> Void = { _ in }
  ) -> Shared<SwarmTask> {
    var container = TaskContainer()
    container.image = image
    change(&container)
    var spec = ServiceSpec()
    spec.annotations.name = "web"
    spec.task.runtime = .container(container)
    var task = SwarmTask()
    task.id = id(n)
    task.serviceID = ServiceID(raw: 1)
    task.serviceSpec = Shared(spec)
    task.slot = UInt64(n)
    task.nodeID = NodeID(raw: 1)
    task.desiredState = desired
    task.status.state = .assigned
    return Shared(task)
  }

  static func id(_ n: Int) -> TaskID { TaskID(raw: UInt128(n)) }

  // MARK: Time

  mutating func run(for span: Duration) {
    let end = now + span
    while let due = earliest(engine.nextDeadline, agent.nextDeadline), due <= end {
      now = max(now, due)
      var notices = Outbox<EngineNotice>()
      engine.advance(to: now, into: &notices)
      var out = Outbox<AgentOrder>()
      for notice in notices.drain() { agent.noticed(notice, at: now, engine: &engine, dice: &dice, into: &out) }
      agent.wakeTasks(at: now, engine: &engine, into: &out)
      agent.wakeSession(at: now, dice: &dice, into: &out)
      obey(&out)
    }
    now = end
  }

  private mutating func obey(_ out: inout Outbox<AgentOrder>) {
    for order in out.drain() {
      switch order {
      case .connect:
        if !isManagerUp { continue }
        var next = Outbox<AgentOrder>()
        agent.connected(at: now, into: &next)
        obey(&next)
      case .call(let activity, let call): if isManagerUp { serve(activity, call) }
      case .record(let bytes): disk.append(bytes)
      case .rewriteRecords(let records): disk = records
      case .disconnect, .registered, .message, .noticed: break
      }
    }
  }

  private mutating func serve(_ activity: AgentSession.Activity, _ call: DispatcherCall) {
    switch call {
    case .session:
      registrations += 1
      session += 1
      sent = 0
      var node = Node()
      node.id = NodeID(raw: 1)
      answer(
        activity,
        .session(SessionMessage(session: SessionID(raw: session), node: Shared(node), managers: [], trustRoot: "")))
    case .heartbeat: answer(activity, .heartbeat(period: .seconds(5)))
    case .assignments: listings += 1
    case .updateStatus(_, let statuses):
      for report in statuses {
        reports.append("\(report.task.raw) \(report.status.state.word)")
        if !report.status.error.isEmpty { errors.append(report.status.error) }
      }
      answer(activity, .taken)
    case .publish: answer(activity, .taken)
    case .listen: break
    }
  }

  private mutating func answer(_ activity: AgentSession.Activity, _ reply: DispatcherReply) {
    var orders = Outbox<AgentSession.Order>()
    agent.answered(activity, reply, at: now, dice: &dice, into: &orders)
    var out = Outbox<AgentOrder>()
    agent.heed(&orders, at: now, engine: &engine, into: &out)
    obey(&out)
  }

  // MARK: What there is

  /// How a task stands, in words.
  func state(_ n: Int) -> String? { agent.summary(of: Worker.id(n))?.split(separator: ",").first.map(String.init) }

  /// The task's container; nil if there is none.
  func container(_ n: Int) -> EngineContainer? { agent.container(of: Worker.id(n)).flatMap { engine.container($0) } }
}

typealias EngineContainer = Container
