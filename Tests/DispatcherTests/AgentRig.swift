import LeaderRig
import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

/// A new leader's dispatcher over some nodes, numbered from 1, and what their agents ask of it.
struct AgentRig {
  var rig = Rig(Dispatcher(leader: nodeID(99)))
  private var lastCall: UInt64 = 0
  private var mail = Table<CallRef, [DispatcherReply]>()

  init(nodes: [NodeState]) {
    rig.commit(
      nodes.enumerated().map { place, state in
        var node = Node()
        node.id = nodeID(place + 1)
        node.status.state = state
        return .put(node)
      })
    rig.start()
    rig.run(for: .zero)
  }

  /// The nodes' states and the tasks', by number.
  var states: [NodeState] { rig.store.nodes.map(\.value.value.status.state) }
  var taskStates: [TaskState] { rig.store.tasks.map(\.value.value.status.state) }

  mutating func pass(_ span: Duration) { rig.run(for: span) }

  // MARK: Asking

  mutating func call(_ call: DispatcherCall, from node: Int) -> CallRef {
    lastCall += 1
    let ref = CallRef(lastCall)
    rig.component.serve(
      call, from: nodeID(node), addr: "10.0.0.\(node)", ref: ref, in: rig.store, at: rig.now, dice: &rig.dice)
    return ref
  }

  func description(_ hostname: String) -> NodeDescription {
    var description = NodeDescription()
    description.hostname = hostname
    return description
  }

  mutating func register(_ node: Int, _ hostname: String) -> CallRef {
    call(.session(description(hostname), resuming: nil), from: node)
  }

  /// Registers and waits for the batch.
  mutating func join(_ node: Int) throws -> (session: SessionID, stream: CallRef) {
    let stream = register(node, "")
    pass(.milliseconds(100))
    let message = session(of: stream)
    return (try #require(message).session, stream)
  }

  // MARK: Answers

  /// What has come for a call since it was last asked.
  mutating func replies(to ref: CallRef) -> [DispatcherReply] {
    for (ref, reply) in rig.component.drainReplies() { mail[ref, default: []].append(reply) }
    return mail.removeValue(ref) ?? []
  }

  /// The last session message on a stream.
  mutating func session(of ref: CallRef) -> SessionMessage? {
    replies(to: ref).compactMap { if case .session(let message) = $0 { message } else { nil } }.last
  }

  mutating func assignments(of ref: CallRef) -> [Assignments] {
    replies(to: ref).compactMap { if case .assignments(let message) = $0 { message } else { nil } }
  }

  /// The words of a refusal.
  mutating func refusal(of ref: CallRef) -> String? {
    replies(to: ref).compactMap { if case .refused(let error) = $0 { error.text } else { nil } }.last
  }

  // MARK: Tasks

  func task(_ n: Int, on node: Int, _ state: TaskState, secret: SecretID? = nil) -> SwarmTask {
    var spec = ServiceSpec()
    var container = ContainerSpec()
    if let secret {
      var reference = SecretReference()
      reference.secretID = secret.description
      container.secrets = [reference]
    }
    spec.task.runtime = .container(container)
    var task = SwarmTask()
    task.id = taskID(n)
    task.serviceSpec = Shared(spec)
    task.nodeID = nodeID(node)
    task.desiredState = .running
    task.status.state = state
    return task
  }

  func report(_ n: Int, _ state: TaskState) -> TaskStatusReport {
    var status = TaskStatus()
    status.state = state
    return TaskStatusReport(task: taskID(n), status: status)
  }
}

extension Assignments {
  /// The changes in words, IDs as their numbers.
  var lines: [String] {
    changes.map { change in
      switch change {
      case .task(let box): "task \(box.value.id.raw)"
      case .removeTask(let id): "no task \(id.raw)"
      case .secret(let box): "secret \(box.value.id.raw)"
      case .removeSecret(let id): "no secret \(id.raw)"
      case .config(let box): "config \(box.value.id.raw)"
      case .removeConfig(let id): "no config \(id.raw)"
      }
    }
  }
}
