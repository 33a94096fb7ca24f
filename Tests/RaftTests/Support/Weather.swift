import Raft
import SimBase

/// The links of a storm: what is cut, and how badly the rest behaves.
struct Weather {
  private struct Cut {
    var number: Int
    var from: UInt64
    var to: UInt64
  }

  private var cuts: [Cut] = []
  private var number = 0
  var lossPercent: UInt64 = 0
  var repeatPercent: UInt64 = 0
  /// Messages are late by up to this much, each by its own, so that they overtake each other.
  var jitter = Duration.zero
  var workPause: Duration
  /// How long to wait between two blows, at most.
  let pause: Duration
  var isOver = false

  init(seed: UInt64) {
    var dice = Dice(seed: seed, label: "weather")
    workPause = dice.pick([.milliseconds(300), .seconds(1), .seconds(5)]) ?? .seconds(1)
    pause = dice.pick([.seconds(2), .seconds(5), .seconds(15)]) ?? .seconds(5)
  }

  /// Cuts the links from these to those; the answer ends it. The sets are bit masks: a `Set` has no order to draw in.
  mutating func cut(from: UInt64, to: UInt64) -> Int {
    number += 1
    cuts.append(Cut(number: number, from: from, to: to))
    return number
  }

  mutating func end(_ number: Int) { cuts.removeAll { $0.number == number } }

  func isCut(from: RaftID, to: RaftID) -> Bool {
    cuts.contains { ($0.from >> from.raw) & ($0.to >> to.raw) & 1 == 1 }
  }

  /// When a message arrives: not at all, once, or twice.
  func delays(from: RaftID, to: RaftID, _ dice: inout Dice) -> [Duration] {
    var delays: [Duration] = []
    if lossPercent > 0 && dice.chance(lossPercent, in: 100) { return delays }
    // A cut found at the far end is a failed delivery, which the sender notices; loss is silent.
    repeat {
      delays.append(.microseconds(50) + dice.duration(in: .zero..<jitter))
    } while repeatPercent > 0 && delays.count < 3 && dice.chance(repeatPercent, in: 100)
    return delays
  }

  mutating func clear() {
    isOver = true
    cuts = []
    (lossPercent, repeatPercent, jitter) = (0, 0, .zero)
    workPause = .seconds(1)
  }
}

extension Storm {
  /// Deals one blow, and plans the next.
  mutating func makeTrouble() {
    if weather.isOver { return }
    queue.plan(.chaos, at: now + dice.duration(in: .milliseconds(100)..<weather.pause))
    let place = dice.int(in: 0..<seats.count)
    let length = dice.duration(in: .milliseconds(200)..<Duration.seconds(30))
    let everybody = UInt64.max
    let one = UInt64(1) << seats[place].id.raw
    trace.mix(dice.drawn)
    switch dice.below(24) {
    case 0...4:
      crash(place)
      // A quick restart comes back into the term that it died in.
      let pause = dice.chance(1, in: 2) ? dice.duration(in: .milliseconds(1)..<Duration.seconds(2)) : length
      queue.plan(.restart(place), at: now + pause)
    case 5:
      for place in seats.indices {
        crash(place)
        queue.plan(.restart(place), at: now + dice.duration(in: .zero..<Duration.seconds(10)))
      }
    case 6, 7:
      let side = dice.next()
      for (from, to) in [(side, ~side), (~side, side)] {
        queue.plan(.calm(weather.cut(from: from, to: to)), at: now + length)
      }
    case 8: queue.plan(.calm(weather.cut(from: one, to: everybody)), at: now + length)
    case 9: queue.plan(.calm(weather.cut(from: everybody, to: one)), at: now + length)
    case 10: weather.lossPercent = dice.pick([0, 0, 2, 20, 50]) ?? 0
    case 11: weather.repeatPercent = dice.pick([0, 5, 30]) ?? 0
    case 12: weather.jitter = dice.pick([.zero, .milliseconds(10), .seconds(1), .seconds(5)]) ?? .zero
    case 13: seats[place].diskDelay = dice.pick([.microseconds(20), .milliseconds(5), .milliseconds(800)]) ?? .zero
    case 14: seats[place].frozenUntil = now + length
    case 15, 16: if seats[place].node != nil { step(place, .campaign) }
    case 17: transfer()
    case 18, 19, 20: addMember()
    default: removeMember()
    }
  }

  private mutating func transfer() {
    guard let leader = anyLeader(), let target = dice.pick(seats[leader].node?.voters ?? []) else { return }
    counts.transfers += 1
    // Half of the wishes reach a member that has to pass them on.
    let asked = dice.chance(1, in: 2) ? leader : dice.int(in: 0..<seats.count)
    if seats[asked].node != nil { step(asked, .transferLeadership(to: target)) }
  }

  private mutating func addMember() {
    guard let leader = anyLeader(), let voters = seats[leader].node?.voters, voters.count < 7, seats.count < 16
    else { return }
    let id = RaftID(UInt64(seats.count) + 1)
    step(leader, .proposeChange(RaftChange(.add, id), Shared(Op(id.raw)), size: 20))
  }

  /// Removes somebody as a role manager would: not if the rest could not agree any more.
  ///
  /// Of two members the leader never removes itself: it would stop before the other knows, who would then wait for it.
  private mutating func removeMember() {
    guard let leader = anyLeader(), let node = seats[leader].node, let target = dice.pick(node.voters) else { return }
    let reachable = node.voters.filter { id in
      place(of: id).map { seats[$0].node != nil } == true && !weather.isCut(from: node.id, to: id)
    }
    if !node.canRemove(target, reachable: reachable) || (target == node.id && node.voters.count < 3) { return }
    if case .appended = step(leader, .proposeChange(RaftChange(.remove, target), nil, size: 10)) {
      counts.membershipChanges += 1
    }
  }
}
