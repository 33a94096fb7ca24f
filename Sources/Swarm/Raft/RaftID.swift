import SimBase

/// The number of a Raft member: never zero, drawn once, and never used again after the member was removed.
///
/// Source: moby/swarmkit `manager/state/raft/raft.go` (`rand.Int63()+1`).
public struct RaftID: Hashable, Comparable, Sendable {
  /// The number itself. Invariant: not zero.
  public let raw: UInt64

  /// The ID with this number; zero is nobody's.
  public init(_ raw: UInt64) {
    precondition(raw != 0, "a Raft ID is never zero")
    self.raw = raw
  }

  /// A fresh ID in `1 ... 2^63`; the caller draws again while a member has it or had it.
  public init(drawnFrom dice: inout Dice) { self.init(dice.below(1 << 63) + 1) }

  /// By number: the order in which candidates ask for votes and leaders send.
  public static func < (a: RaftID, b: RaftID) -> Bool { a.raw < b.raw }
}

extension RaftID: CustomStringConvertible {
  /// The number in hexadecimal, as swarmkit's logs and errors print it.
  public var description: String { String(raw, radix: 16) }
}

extension Archive {
  /// A member's ID; reading a zero breaks the archive.
  public mutating func field(_ id: inout RaftID) {
    var raw = id.raw
    field(&raw)
    if raw == 0 { markBroken() } else { id = RaftID(raw) }
  }

  /// A member's ID or nobody, who is written as zero.
  public mutating func field(_ id: inout RaftID?) {
    var raw = id?.raw ?? 0
    field(&raw)
    id = raw == 0 ? nil : RaftID(raw)
  }

  /// A list of members' IDs.
  public mutating func field(_ ids: inout [RaftID]) { list(&ids, RaftID(1)) { $0.field(&$1) } }
}
