import SimBase
import SimKernel

/// What can be broken, and mended again.
public enum Fault: Sendable, Equatable {
  /// The node's processes die; its disk stays.
  case kill(HostID)
  /// The node loses power: unsynced writes are gone, and nobody is told.
  case powerCut(HostID)
  /// The node starts again.
  case restart(HostID)
  /// The node's processes stand still. Its machine goes on: connections stay, and what arrives waits.
  case freeze(HostID)
  /// The node's processes go on with what has waited.
  case thaw(HostID)
  /// The node's cable is pulled.
  case cut(HostID)
  /// The node's cable is plugged in again.
  case heal(HostID)
  /// Nothing passes between two nodes.
  case block(HostID, HostID)
  /// Everything passes between two nodes again.
  case unblock(HostID, HostID)
  /// Nothing passes between any node of the one side and any of the other.
  case partition([HostID], [HostID])
  /// Nothing passes to a port of the node.
  case blockPort(HostID, UInt16)
  /// The port can be reached again.
  case unblockPort(HostID, UInt16)
  /// All that the node sends and gets takes so much longer, each way.
  case slow(HostID, Duration)
  /// So many of a hundred messages that the node sends or gets are lost, and sent again later.
  case lossy(HostID, percent: Int)
  /// The node dies, and comes back as a machine with an empty disk.
  case wipe(HostID)
  /// One lasting fault is mended, and no other.
  case mend(FaultID)

  /// The nodes that it names.
  public var hosts: [HostID] {
    switch self {
    case .kill(let host), .powerCut(let host), .restart(let host), .freeze(let host), .thaw(let host), .cut(let host),
      .heal(let host), .blockPort(let host, _), .unblockPort(let host, _), .slow(let host, _), .lossy(let host, _),
      .wipe(let host):
      [host]
    case .block(let a, let b), .unblock(let a, let b): [a, b]
    case .partition(let some, let others): some + others
    case .mend: []
    }
  }

  /// Whether it keeps packets from passing between two nodes.
  func separates(_ a: HostID, _ b: HostID) -> Bool {
    switch self {
    case .block(let one, let other): (one, other) == (a, b) || (one, other) == (b, a)
    case .partition(let some, let others):
      some.contains(a) && others.contains(b) || some.contains(b) && others.contains(a)
    case .kill, .powerCut, .restart, .freeze, .thaw, .cut, .heal, .unblock, .blockPort, .unblockPort, .slow, .lossy,
      .wipe, .mend:
      false
    }
  }
}

/// A lasting fault, by a number that is never used again in its world.
public struct FaultID: Hashable, Comparable, BitwiseCopyable, Sendable, CustomStringConvertible {
  /// Its number, from 1.
  public var number: UInt32
  /// The fault with this number.
  public init(number: UInt32) { self.number = number }
  /// `f3`.
  public var description: String { "f\(number)" }
  /// By number.
  public static func < (a: FaultID, b: FaultID) -> Bool { a.number < b.number }
}

/// A fault that lasts until it is mended.
public struct ActiveFault: Sendable, Equatable {
  /// Its name.
  public let id: FaultID
  /// What it is.
  public let fault: Fault
  /// Since when.
  public let since: Instant
  /// When it ends by itself; nil for one that does not.
  public let until: Instant?
  /// How many messages its nodes could not get through before it came.
  let stoppedBefore: UInt64
  /// How many messages its nodes had lost on bad cables before it came.
  let lostBefore: UInt64
}

/// The faults that last now. Each is a layer of its own: what two of them break stays broken until both are mended.
public struct FaultBook: Sendable {
  /// The faults, oldest first.
  public private(set) var active: [ActiveFault] = []
  private var last: UInt32 = 0

  init() {}

  mutating func add(_ fault: Fault, since now: Instant, until: Instant?, stoppedBefore: UInt64, lostBefore: UInt64)
    -> FaultID
  {
    last += 1
    let id = FaultID(number: last)
    active.append(
      ActiveFault(id: id, fault: fault, since: now, until: until, stoppedBefore: stoppedBefore, lostBefore: lostBefore))
    return id
  }

  /// Takes out the faults that are meant, oldest first.
  mutating func remove(where isMeant: (ActiveFault) -> Bool) -> [ActiveFault] {
    let removed = active.filter(isMeant)
    active.removeAll(where: isMeant)
    return removed
  }

  /// Whether a fault like this lasts already.
  func contains(_ fault: Fault) -> Bool { active.contains { $0.fault == fault } }
}
