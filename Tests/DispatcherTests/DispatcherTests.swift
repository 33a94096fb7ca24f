import LeaderRig
import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

/// Source: moby/swarmkit `manager/dispatcher/dispatcher_test.go`.
@Suite struct DispatcherTests {
  // MARK: Sessions

  @Test("a new leader first calls unknown every node that was not down") func takeover() {
    var swarm = AgentRig(nodes: [.ready, .down])
    swarm.pass(.zero)
    #expect(swarm.states == [.unknown, .down])
    #expect(swarm.rig.transactions == 1)
  }

  @Test("a node is ready, and hears of its session, with the batch after its registration") func registration() {
    var swarm = AgentRig(nodes: [.unknown])
    let stream = swarm.register(1, "first")
    swarm.pass(.milliseconds(99))
    #expect(swarm.states == [.unknown])
    #expect(swarm.replies(to: stream).isEmpty)
    swarm.pass(.milliseconds(1))
    #expect(swarm.states == [.ready])
    #expect(swarm.rig.store.nodes[nodeID(1)]?.value.description?.hostname == "first")
    #expect(swarm.session(of: stream)?.node.value.status.state == .ready)
  }

  @Test("a second registration ends the first session and its streams") func twice() throws {
    var swarm = AgentRig(nodes: [.unknown])
    let (old, stream) = try swarm.join(1)
    let assignments = swarm.call(.assignments(old), from: 1)
    _ = swarm.replies(to: assignments)
    let (new, _) = try swarm.join(1)
    #expect(old != new)
    #expect(swarm.refusal(of: stream) == "session invalid")
    #expect(swarm.refusal(of: assignments) == "session invalid")
    #expect(swarm.refusal(of: swarm.call(.heartbeat(old), from: 1)) == "session invalid")
    #expect(swarm.refusal(of: swarm.call(.heartbeat(new), from: 1)) == nil)
  }

  @Test("who is not registered is told so, whatever it asks") func unregistered() {
    var swarm = AgentRig(nodes: [.unknown])
    let nobody = SessionID(drawnFrom: &swarm.rig.dice)
    for call in [DispatcherCall.heartbeat(nobody), .assignments(nobody), .updateStatus(nobody, [])] {
      #expect(swarm.refusal(of: swarm.call(call, from: 1)) == "node not registered")
    }
    #expect(swarm.refusal(of: swarm.register(2, "stranger")) == "node not found")
  }

  @Test("three more registrations within eight seconds are served, a fourth is not") func rate() throws {
    var swarm = AgentRig(nodes: [.unknown])
    for _ in 0..<4 { _ = try swarm.join(1) }
    let last = swarm.register(1, "")
    #expect(swarm.refusal(of: last) == "node \(nodeID(1)) exceeded rate limit count of registrations")
    swarm.pass(.seconds(9))
    _ = try swarm.join(1)
  }

  @Test("a session can be resumed on another stream, and keeps its ID") func resumption() throws {
    var swarm = AgentRig(nodes: [.unknown])
    let (session, stream) = try swarm.join(1)
    swarm.rig.component.hangUp(stream)
    let again = swarm.call(.session(swarm.description(""), resuming: session), from: 1)
    #expect(swarm.session(of: again)?.session == session)
  }

  @Test("a changed list of managers is told to every session") func managers() throws {
    var swarm = AgentRig(nodes: [.unknown, .unknown])
    let streams = try [1, 2].map { try swarm.join($0).stream }
    swarm.rig.component.managersChanged([ManagerPeer(node: nodeID(1), addr: "10.0.0.1:2377")], at: swarm.rig.now)
    swarm.rig.commit([])
    for stream in streams { #expect(swarm.session(of: stream)?.managers.map(\.addr) == ["10.0.0.1:2377"]) }
  }

  // MARK: Heartbeats

  @Test("a node is down three periods after its last heartbeat, and its session is over") func silence() throws {
    var swarm = AgentRig(nodes: [.unknown])
    let (session, stream) = try swarm.join(1)
    for _ in 0..<5 {
      swarm.pass(.seconds(5))
      #expect(swarm.refusal(of: swarm.call(.heartbeat(session), from: 1)) == nil)
    }
    swarm.pass(.milliseconds(13_400))
    #expect(swarm.states == [.ready])
    swarm.pass(.milliseconds(3_300))
    #expect(swarm.states == [.down])
    #expect(swarm.rig.store.nodes[nodeID(1)]?.value.status.message == "heartbeat failure")
    #expect(swarm.refusal(of: stream) == "node not registered")
  }

  @Test("a node that a new leader never hears of is down after six periods") func lost() {
    var swarm = AgentRig(nodes: [.ready])
    swarm.pass(.milliseconds(26_900))
    #expect(swarm.states == [.unknown])
    swarm.pass(.milliseconds(6_300))
    #expect(swarm.states == [.down])
    #expect(
      swarm.rig.store.nodes[nodeID(1)]?.value.status.message == "heartbeat failure for node in \"unknown\" state")
  }

  @Test("the period is the cluster's, from its next change on") func period() throws {
    var swarm = AgentRig(nodes: [.unknown])
    var cluster = Cluster()
    cluster.spec.heartbeatPeriod = .seconds(1)
    swarm.rig.commit([.putCluster(Shared(cluster))])
    _ = try swarm.join(1)
    swarm.pass(.milliseconds(4_700))
    #expect(swarm.states == [.down])
  }

  @Test("the tasks of a node that was down for a day are orphaned") func orphans() {
    var swarm = AgentRig(nodes: [.down])
    swarm.rig.commit([.put(swarm.task(1, on: 1, .running)), .put(swarm.task(2, on: 1, .failed))])
    swarm.pass(.hours(24) - .seconds(1))
    #expect(swarm.taskStates == [.running, .failed])
    swarm.pass(.seconds(1))
    #expect(swarm.taskStates == [.orphaned, .failed])
  }

  // MARK: Assignments

  @Test("the first message lists all tasks from ASSIGNED on, the later ones what has changed, numbered on")
  func messages() throws {
    var swarm = AgentRig(nodes: [.unknown, .unknown])
    let tasks: [(Int, TaskState)] = [(1, .pending), (2, .assigned), (3, .running), (4, .failed)]
    swarm.rig.commit(tasks.map { .put(swarm.task($0.0, on: 1, $0.1)) })
    let (session, _) = try swarm.join(1)
    let stream = swarm.call(.assignments(session), from: 1)
    let complete = swarm.assignments(of: stream)
    let first = try #require(complete.first)
    #expect(first.isComplete)
    #expect(first.lines == ["task 2", "task 3", "task 4"])
    swarm.rig.commit([.put(swarm.task(1, on: 1, .assigned))])
    swarm.pass(.milliseconds(60))
    swarm.rig.commit([.removeTask(taskID(3)), .put(swarm.task(9, on: 2, .assigned))])
    swarm.pass(.milliseconds(99))
    #expect(swarm.assignments(of: stream).isEmpty)
    swarm.pass(.milliseconds(1))
    let later = swarm.assignments(of: stream)
    let second = try #require(later.first)
    #expect(!second.isComplete)
    #expect(second.lines == ["task 1", "no task 3"])
    #expect([second.appliesTo, second.resultsIn] == [first.resultsIn, first.resultsIn + 1])
  }

  @Test("a hundred changes are sent without waiting for quiet") func full() throws {
    var swarm = AgentRig(nodes: [.unknown])
    swarm.rig.commit((1...100).map { .put(swarm.task($0, on: 1, .pending)) })
    let (session, _) = try swarm.join(1)
    let stream = swarm.call(.assignments(session), from: 1)
    _ = swarm.assignments(of: stream)
    swarm.rig.commit((1...100).map { .put(swarm.task($0, on: 1, .assigned)) })
    swarm.pass(.zero)
    #expect(swarm.assignments(of: stream).map(\.changes.count) == [100])
  }

  @Test("a report of an agent's own is not sent back to it") func echo() throws {
    var swarm = AgentRig(nodes: [.unknown])
    swarm.rig.commit([.put(swarm.task(1, on: 1, .assigned))])
    let (session, _) = try swarm.join(1)
    let stream = swarm.call(.assignments(session), from: 1)
    _ = swarm.assignments(of: stream)
    _ = swarm.call(.updateStatus(session, [swarm.report(1, .running)]), from: 1)
    swarm.pass(.seconds(1))
    #expect(swarm.taskStates == [.running])
    #expect(swarm.assignments(of: stream).isEmpty)
  }

  @Test("a secret comes before the first task that needs it and goes when the last has ended") func dependencies()
    throws
  {
    var swarm = AgentRig(nodes: [.unknown])
    var secret = Secret()
    secret.id = SecretID(raw: 7)
    swarm.rig.commit([.putSecret(Shared(secret))])
    for n in [1, 2] { swarm.rig.commit([.put(swarm.task(n, on: 1, .assigned, secret: secret.id))]) }
    let (session, _) = try swarm.join(1)
    let stream = swarm.call(.assignments(session), from: 1)
    #expect(swarm.assignments(of: stream).map(\.lines) == [["secret 7", "task 1", "task 2"]])
    _ = swarm.call(.updateStatus(session, [swarm.report(1, .complete)]), from: 1)
    swarm.pass(.seconds(1))
    #expect(swarm.assignments(of: stream).isEmpty)
    _ = swarm.call(.updateStatus(session, [swarm.report(2, .failed)]), from: 1)
    swarm.pass(.seconds(1))
    #expect(swarm.assignments(of: stream).map(\.lines) == [["no secret 7"]])
  }

  // MARK: Statuses

  @Test("a status is written with the next batch, by the leader's name, and never goes back") func statuses() throws {
    var swarm = AgentRig(nodes: [.unknown])
    swarm.rig.commit([.put(swarm.task(1, on: 1, .assigned))])
    let (session, _) = try swarm.join(1)
    _ = swarm.call(.updateStatus(session, [swarm.report(1, .preparing)]), from: 1)
    _ = swarm.call(.updateStatus(session, [swarm.report(1, .running), swarm.report(5, .running)]), from: 1)
    swarm.pass(.milliseconds(100))
    #expect(swarm.taskStates == [.running])
    #expect(swarm.rig.store.tasks[taskID(1)]?.value.status.appliedBy == nodeID(99))
    _ = swarm.call(.updateStatus(session, [swarm.report(1, .starting)]), from: 1)
    swarm.pass(.milliseconds(100))
    #expect(swarm.taskStates == [.running])
  }

  @Test("a node that reports on another's task is refused, and nothing of it is taken") func foreign() throws {
    var swarm = AgentRig(nodes: [.unknown, .unknown])
    swarm.rig.commit([.put(swarm.task(1, on: 1, .assigned)), .put(swarm.task(2, on: 2, .assigned))])
    let (session, _) = try swarm.join(1)
    let reports = [swarm.report(1, .running), swarm.report(2, .running)]
    let call = swarm.call(.updateStatus(session, reports), from: 1)
    #expect(swarm.refusal(of: call) == "cannot update a task not assigned this node")
    swarm.pass(.seconds(1))
    #expect(swarm.taskStates == [.assigned, .assigned])
  }
}
