import SimBase
import SwarmModel

/// The managers that a node knows, each with a weight by which it is chosen: more for those that were listed, less for those
/// that failed.
///
/// Source: moby/swarmkit `remotes/remotes.go`.
public struct Remotes: Sendable, Equatable, Archivable {
  static let observation: Int64 = 10
  static let limit: Int64 = 256

  private struct Entry: Sendable, Equatable, Archivable {
    var peer = ManagerPeer()
    var weight: Int64 = 0
    mutating func archive(_ a: inout Archive) {
      a.field(&peer)
      a.field(&weight)
    }
  }

  /// Ascending by address.
  private var entries: [Entry] = []

  /// Nobody known.
  public init() {}

  /// The known managers, ascending by address.
  public var peers: [ManagerPeer] { entries.map(\.peer) }

  /// A manager was listed: it gains weight.
  public mutating func listed(_ peer: ManagerPeer) { observe(peer, Remotes.observation) }

  /// A dial or a session failed: the manager loses weight.
  public mutating func failed(_ peer: ManagerPeer) {
    if entries.contains(where: { $0.peer.addr == peer.addr }) { observe(peer, -Remotes.observation) }
  }

  /// Forgets those that are not among `peers`.
  public mutating func keepOnly(_ peers: [ManagerPeer]) {
    entries.removeAll { entry in !peers.contains { $0.addr == entry.peer.addr } }
  }

  /// One of the managers, by weight, without the ones at `excluded` addresses; nil if none is known.
  public func select(dice: inout Dice, excluding excluded: String? = nil) -> ManagerPeer? {
    let candidates = entries.filter { $0.peer.addr != excluded }
    // Weights in thousandths: a clipped-away manager keeps the bias of 0.001, so that it is not lost for ever.
    let weights = candidates.map { UInt64(max($0.weight, 0)) * 1000 + 1 }
    let total = weights.reduce(0, +)
    if total == 0 { return nil }
    var draw = dice.below(total)
    for (candidate, weight) in zip(candidates, weights) {
      if draw < weight { return candidate.peer }
      draw -= weight
    }
    return candidates.last?.peer
  }

  /// The new weight is the mean of the old one and the observation, rounded up, within ±256.
  private mutating func observe(_ peer: ManagerPeer, _ weight: Int64) {
    let place = entries.firstIndex { $0.peer.addr >= peer.addr } ?? entries.count
    if place < entries.count && entries[place].peer.addr == peer.addr {
      if peer.node != nil { entries[place].peer.node = peer.node }
    } else {
      entries.insert(Entry(peer: peer), at: place)
    }
    let sum = weight + entries[place].weight
    let mean = sum >= 0 ? (sum + 1) / 2 : sum / 2
    entries[place].weight = min(max(mean, -Remotes.limit), Remotes.limit)
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) { a.field(&entries) }
}
