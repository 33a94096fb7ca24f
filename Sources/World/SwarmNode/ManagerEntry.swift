import SimBase
import SwarmModel
import SwarmStore

/// What managers agree on: the payload of their Raft log.
///
/// It is made once, by the leader, with its byte form; every manager's log, disk and store share it.
public struct ManagerEntry: Sendable, Archivable {
  /// What the entry says.
  public enum Body: Sendable {
    /// Changes of the store, in order. A snapshot is the changes that would make the whole store.
    case changes([StoreChange])
    /// Who a member is.
    case member(ManagerPeer)
  }

  /// What it says.
  public private(set) var body: Body
  private var bytes: [UInt8]

  /// Changes of the store.
  public init(changes: [StoreChange]) {
    body = .changes(changes)
    var archive = Archive()
    var (kind, copy) = (UInt64(0), changes)
    archive.field(&kind)
    archive.field(&copy)
    bytes = archive.exactBytes
  }

  /// A member.
  public init(member: ManagerPeer) {
    body = .member(member)
    var archive = Archive()
    var (kind, copy) = (UInt64(1), member)
    archive.field(&kind)
    archive.field(&copy)
    bytes = archive.exactBytes
  }

  /// No changes.
  public init() { self.init(changes: []) }

  /// What the entry takes on the wire, in bytes.
  public var size: Int { bytes.count }

  /// The member it describes, if it does.
  public var member: ManagerPeer? { if case .member(let peer) = body { peer } else { nil } }

  /// Passes the bytes on; reading makes the body of them.
  public mutating func archive(_ a: inout Archive) {
    a.field(sharing: &bytes)
    if !a.isReading { return }
    var inner = Archive(reading: bytes)
    var kind: UInt64 = 0
    inner.field(&kind)
    if kind == 0 {
      var changes: [StoreChange] = []
      inner.field(&changes)
      body = .changes(changes)
    } else {
      var peer = ManagerPeer()
      inner.field(&peer)
      body = .member(peer)
    }
    if !inner.isWhole { a.markBroken() }
  }
}
