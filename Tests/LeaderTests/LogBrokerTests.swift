import LeaderRig
import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

/// Source: moby/swarmkit `manager/logbroker/broker_test.go`.
@Suite struct LogBrokerTests {
  /// Tasks 1 and 2 of service 1 run on nodes 1 and 2, task 3 of it has no node yet.
  private static func swarm(listening: [Int] = [1, 2]) -> Rig<LogBroker> {
    var rig = Rig(LogBroker())
    rig.commit((1...3).map { .put(task($0, on: $0 == 3 ? nil : $0, state: $0 == 3 ? .pending : .running)) })
    rig.start()
    for node in listening { rig.component.listen(nodeID(node), ref: CallRef(100 + UInt64(node))) }
    return rig
  }

  private static func task(_ n: Int, on node: Int?, state: TaskState) -> SwarmTask {
    var task = SwarmTask()
    task.id = taskID(n)
    task.serviceID = serviceID(1)
    task.nodeID = node.map(nodeID)
    task.desiredState = .running
    task.status.state = state
    return task
  }

  private static func selector(tasks: [Int] = [], follow: Bool = false) -> LogSelector {
    var selector = LogSelector()
    if tasks.isEmpty { selector.services = [serviceID(1)] } else { selector.tasks = tasks.map(taskID) }
    selector.follow = follow
    return selector
  }

  private static func line(_ n: Int, _ text: String) -> TaskLogLine {
    TaskLogLine(task(n, on: n, state: .running), node: nodeID(n), at: .zero, isError: false, text: text)
  }

  /// What agents were told, as `node+subscription` and `node-subscription`.
  private static func told(_ rig: inout Rig<LogBroker>) -> [String] {
    rig.component.drainAgentReplies().map { ref, reply in
      switch reply {
      case .subscription(let subscription): "\(ref.number - 100)+\(subscription.id)"
      case .unsubscription(let id): "\(ref.number - 100)-\(id)"
      default: "\(reply)"
      }
    }
  }

  /// What clients were told: lines as they are, an end as `end: …`.
  private static func heard(_ rig: inout Rig<LogBroker>) -> [String] {
    rig.component.drainClientReplies().flatMap { _, reply in
      switch reply {
      case .lines(let lines): lines.map(\.text)
      case .ended(let text): ["end: " + text]
      }
    }
  }

  private static let incomplete =
    "end: warning: incomplete log stream. some logs could not be retrieved for the following reasons: "

  @Test("the nodes of a service's running tasks are asked, and the stream ends when the last is done") func service() {
    var rig = Self.swarm()
    rig.component.subscribe(Self.selector(), ref: CallRef(7), in: rig.store)
    #expect(Self.told(&rig) == ["1+7", "2+7"])
    rig.component.publish([Self.line(1, "a")], isDone: true, for: 7, from: nodeID(1))
    #expect(Self.heard(&rig) == ["a"])
    rig.component.publish([Self.line(2, "b")], isDone: false, for: 7, from: nodeID(2))
    rig.component.publish([Self.line(2, "c")], isDone: true, for: 7, from: nodeID(2))
    #expect(Self.heard(&rig) == ["b", "c", "end: "])
    rig.component.publish([Self.line(2, "late")], isDone: true, for: 7, from: nodeID(2))
    #expect(Self.heard(&rig) == [], "the subscription is over")
  }

  @Test("nodes that do not listen are named, and then tasks without a node") func incomplete() {
    var rig = Self.swarm(listening: [2])
    rig.component.subscribe(Self.selector(tasks: [3, 1]), ref: CallRef(7), in: rig.store)
    let reasons = "node \(nodeID(1)) is not available, task \(taskID(3)) has not been scheduled"
    #expect(Self.heard(&rig) == [Self.incomplete + reasons])
    rig.component.subscribe(Self.selector(tasks: [9]), ref: CallRef(8), in: rig.store)
    #expect(Self.heard(&rig) == ["end: "], "a task that is not there is nobody's")
  }

  @Test("a node that goes before it is done is named, one that was done is not") func disconnected() {
    var rig = Self.swarm()
    rig.component.subscribe(Self.selector(), ref: CallRef(7), in: rig.store)
    rig.component.publish([], isDone: true, for: 7, from: nodeID(1))
    rig.component.hangUp(CallRef(101))
    rig.component.hangUp(CallRef(102))
    #expect(Self.heard(&rig) == [Self.incomplete + "node \(nodeID(2)) disconnected unexpectedly"])
  }

  @Test("who follows hears of tasks that get their node later and of nodes that listen later, and no end") func follow()
  {
    var rig = Self.swarm(listening: [1])
    rig.component.subscribe(Self.selector(follow: true), ref: CallRef(7), in: rig.store)
    #expect(Self.told(&rig) == ["1+7"])
    rig.component.listen(nodeID(2), ref: CallRef(102))
    #expect(Self.told(&rig) == ["2+7"])
    rig.component.listen(nodeID(3), ref: CallRef(103))
    rig.commit([.put(Self.task(3, on: 3, state: .assigned))])
    #expect(Self.told(&rig) == ["3+7"])
    rig.commit([.put(Self.task(4, on: 3, state: .assigned))])
    #expect(Self.told(&rig) == [], "node 3 knows already")
    for node in 1...3 { rig.component.publish([], isDone: true, for: 7, from: nodeID(node)) }
    rig.component.hangUp(CallRef(101))
    #expect(Self.heard(&rig) == [])
  }

  @Test("a client that goes away takes the subscription from all nodes that had it") func hangUp() {
    var rig = Self.swarm()
    rig.component.subscribe(Self.selector(follow: true), ref: CallRef(7), in: rig.store)
    _ = Self.told(&rig)
    rig.component.hangUp(CallRef(7))
    #expect(Self.told(&rig) == ["1-7", "2-7"])
    rig.component.publish([Self.line(1, "late")], isDone: false, for: 7, from: nodeID(1))
    #expect(Self.heard(&rig) == [])
  }
}
