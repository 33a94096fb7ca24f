import SimBase
import SwarmModel
import Testing

@testable import SwarmManager

@Suite("Starts that are held back")
struct DelayedStartsTests {
  private let start = Instant.zero + .seconds(100)
  private let new = TaskID(raw: 2)

  private func old(_ state: TaskState = .running, on node: UInt128 = 7) -> SwarmTask {
    var task = SwarmTask()
    task.id = TaskID(raw: 1)
    task.nodeID = NodeID(raw: node)
    task.status.state = state
    return task
  }

  private func drain(_ starts: inout DelayedStarts) -> [TaskID] {
    var due: [TaskID] = []
    while let next = starts.popDue() { due.append(next.replacement) }
    return due
  }

  @Test("without delay and without a task to wait for, a start is due at once")
  func atOnce() {
    var starts = DelayedStarts()
    starts.add(new, of: nil, after: .zero, waitingFor: nil, at: start)
    #expect(starts.nextDeadline == nil)
    #expect(starts.contains(new))
    #expect(drain(&starts) == [new])
    #expect(!starts.contains(new))
    starts.add(new, of: nil, after: .zero, waitingFor: old(.failed), at: start)
    #expect(drain(&starts) == [new])
  }

  @Test("the old task's end counts even if it comes during the delay")
  func endDuringDelay() {
    var starts = DelayedStarts()
    starts.add(new, of: nil, after: .seconds(5), waitingFor: old(), at: start)
    starts.observe(old(.shutdown))
    #expect(!starts.hasDue)
    starts.wake(at: start + .seconds(5))
    #expect(drain(&starts) == [new])
  }

  @Test("a minute after the beginning nobody waits longer; a longer delay is waited for all the same")
  func patience() {
    var starts = DelayedStarts()
    starts.add(new, of: nil, after: .seconds(5), waitingFor: old(), at: start)
    starts.wake(at: start + .seconds(5))
    #expect(starts.nextDeadline == start + .seconds(60))
    starts.wake(at: start + .seconds(60))
    #expect(drain(&starts) == [new])
    starts.add(new, of: nil, after: .seconds(90), waitingFor: old(), at: start)
    #expect(starts.nextDeadline == start + .seconds(90))
    starts.wake(at: start + .seconds(90))
    #expect(drain(&starts) == [new])
  }

  @Test("a lost node releases those that wait for its tasks, and no others")
  func lostNode() {
    var starts = DelayedStarts()
    starts.add(new, of: nil, after: .zero, waitingFor: old(on: 7), at: start)
    starts.lost(NodeID(raw: 8))
    #expect(!starts.hasDue)
    starts.lost(NodeID(raw: 7))
    #expect(drain(&starts) == [new])
  }

  @Test("a second start of the same task takes the first one's place, even where that was due")
  func replaced() {
    var starts = DelayedStarts()
    starts.add(new, of: nil, after: .zero, waitingFor: nil, at: start)
    starts.add(new, of: nil, after: .seconds(5), waitingFor: old(), at: start)
    #expect(drain(&starts).isEmpty)
    starts.observe(old(.failed))
    starts.wake(at: start + .seconds(5))
    #expect(drain(&starts) == [new])
    #expect(starts.nextDeadline == nil)
  }

  @Test("several may wait for one task, and a cancelled one does not come back")
  func several() {
    var starts = DelayedStarts()
    let others = [TaskID(raw: 3), TaskID(raw: 4)]
    for id in [new] + others { starts.add(id, of: nil, after: .zero, waitingFor: old(), at: start) }
    starts.cancel(others[0])
    starts.observe(old(.complete))
    #expect(drain(&starts) == [new, others[1]])
    starts.wake(at: start + .hours(1))
    #expect(!starts.hasDue)
  }
}

@Suite("The history of restarts")
struct RestartHistoryTests {
  private func task(version: UInt64 = 1, created: Int64 = 0, ended: Int64 = 0, window: Int64? = nil) -> SwarmTask {
    var policy = RestartPolicy()
    policy.window = window.map { .seconds($0) }
    var spec = ServiceSpec()
    spec.task.restart = policy
    var task = SwarmTask()
    task.serviceSpec = Shared(spec)
    task.specVersion = version
    task.meta.createdAt = .zero + .seconds(created)
    task.status.timestamp = .zero + .seconds(ended)
    return task
  }

  @Test("attempts count for one spec version and are forgotten with the next")
  func versions() {
    var history = RestartHistory()
    for _ in 0..<3 { history.record(task(), at: .zero) }
    let asked = [3, 4].map { history.allowsAnother(after: task(), limit: $0, window: nil) }
    #expect(asked == [false, true])
    func allowsOne(_ version: UInt64) -> Bool {
      history.allowsAnother(after: task(version: version), limit: 1, window: nil)
    }
    #expect(allowsOne(2))
    history.record(task(version: 2), at: .zero)
    #expect(!allowsOne(2))
    #expect(allowsOne(1), "a task of an older version never exceeds the limit")
  }

  @Test("in a window count the restarts after its beginning and before the task's own end")
  func window() {
    var history = RestartHistory()
    for created in [10, 20, 30] as [Int64] { history.record(task(created: created, window: 15), at: .zero) }
    func allows(_ ended: Int64, _ limit: UInt64) -> Bool {
      history.allowsAnother(after: task(ended: ended, window: 15), limit: limit, window: .seconds(15))
    }
    #expect(!allows(15, 1) && allows(15, 2), "10")
    #expect(!allows(20, 1) && allows(20, 2), "10, not the restart at that very instant")
    #expect(!allows(25, 1) && allows(25, 2), "20; the beginning itself is outside")
    #expect(!allows(33, 2) && allows(33, 3), "20 and 30")
    #expect(allows(60, 1), "none is left")
  }
}
