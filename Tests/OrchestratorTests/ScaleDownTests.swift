import SimBase
import SwarmModel
import Testing

@testable import SwarmManager

@Suite("The order of scaling down")
struct ScaleDownTests {
  private func slot(_ number: UInt64, on node: UInt128?, _ state: TaskState = .running) -> SwarmTask {
    var task = SwarmTask()
    task.id = TaskID(raw: UInt128(number) * 10)
    task.slot = number
    task.nodeID = node.map { NodeID(raw: $0) }
    task.status.state = state
    task.desiredState = .running
    return task
  }

  private func order(_ slots: [[SwarmTask]]) -> [UInt64] {
    scaleDownOrder(slots.map { $0.map(Shared.init) }).map { $0[0].value.slot }
  }

  @Test("seven slots on three nodes, scaled to five, lose slots 6 and 7")
  func example() {
    let nodes: [UInt128] = [1, 2, 3, 1, 2, 3, 1]
    let slots = nodes.enumerated().map { [slot(UInt64($0.offset + 1), on: $0.element)] }
    #expect(order(slots) == [1, 2, 3, 4, 5, 6, 7])
    let crowded: [UInt128] = [1, 1, 1, 2, 2, 3]
    #expect(order(crowded.enumerated().map { [slot(UInt64($0.offset + 1), on: $0.element)] }) == [1, 4, 6, 2, 5, 3])
  }

  @Test("of equally crowded nodes' slots those that do not run go first, then the highest number")
  func notRunningFirst() {
    #expect(order([[slot(1, on: 1, .ready)], [slot(2, on: 2)], [slot(3, on: 3)]]) == [2, 3, 1])
  }

  @Test("slots without a node, or with several tasks, go before all others")
  func unplacedFirst() {
    let double = [slot(2, on: 1), slot(2, on: 2)]
    #expect(order([[slot(1, on: nil)], double, [slot(3, on: 3)], [slot(4, on: 3, .failed)]]) == [3, 4, 1, 2])
  }

  @Test("agrees with a plain reading of the rule", arguments: 0..<200)
  func agreesWithTwin(seed: UInt64) {
    var dice = Dice(seed: seed, label: "slots")
    var slots: [[SwarmTask]] = []
    for number in 1...UInt64(dice.int(in: 1..<30)) {
      let node: UInt128? = dice.chance(1, in: 6) ? nil : UInt128(dice.below(5) + 1)
      let state: TaskState = dice.pick([.running, .running, .pending, .failed]) ?? .running
      var tasks = [slot(number, on: node, state)]
      if dice.chance(1, in: 8) { tasks.append(slot(number, on: UInt128(dice.below(5) + 1))) }
      slots.append(tasks)
    }
    #expect(order(slots) == twin(slots))
  }

  /// Removes one slot at a time: the one that the rule would lose next.
  private func twin(_ slots: [[SwarmTask]]) -> [UInt64] {
    var left = slots
    var removed: [UInt64] = []
    func runs(_ slot: [SwarmTask]) -> Bool { slot.contains { $0.status.state == .running } }
    func precedes(_ a: [SwarmTask], _ b: [SwarmTask]) -> Bool {
      runs(a) == runs(b) ? a[0].slot < b[0].slot : runs(a)
    }
    func rank(_ slot: [SwarmTask]) -> Int? {
      guard slot.count == 1, let node = slot[0].nodeID else { return nil }
      return left.filter { $0.count == 1 && $0[0].nodeID == node && !precedes(slot, $0) }.count
    }
    while !left.isEmpty {
      var worst = 0
      for next in left.indices.dropFirst() {
        let (a, b) = (rank(left[worst]), rank(left[next]))
        let isWorse = a == b ? precedes(left[worst], left[next]) : (b ?? .max) > (a ?? .max)
        if isWorse { worst = next }
      }
      removed.append(left.remove(at: worst)[0].slot)
    }
    return removed.reversed()
  }
}
