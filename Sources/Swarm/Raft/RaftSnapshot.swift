import SimBase

/// A member as the cluster's list has it: its ID and what the driver knows about it.
public struct RaftMember<Payload: Sendable>: Sendable {
  /// Who it is.
  public let id: RaftID
  /// What the membership change that added or updated it carried, such as its node and address.
  public let payload: Shared<Payload>?

  /// A member of the list.
  public init(id: RaftID, payload: Shared<Payload>?) {
    self.id = id
    self.payload = payload
  }
}

/// The cluster's list of members and of those it has removed.
///
/// It is the driver's address book, not Raft's set of voters: a joining manager has it from its sponsor before its log
/// says that there are any voters. Removed IDs are never forgotten, so that a stray member can be told.
///
/// Source: moby/swarmkit `manager/state/raft/membership/cluster.go`.
public struct RaftMembership<Payload: Sendable>: Sendable {
  /// The members in order of ID.
  public private(set) var members: [RaftMember<Payload>] = []
  /// The IDs of former members, ascending.
  public private(set) var removed: [RaftID] = []

  /// A list of these; those among the removed are left out.
  public init(members: [RaftMember<Payload>] = [], removed: [RaftID] = []) {
    for id in removed { remove(id) }
    for member in members { set(member) }
  }

  /// The member with this ID, or nil.
  public subscript(id: RaftID) -> RaftMember<Payload>? { members.first { $0.id == id } }

  /// Whether the ID was a member's and is spent.
  public func isRemoved(_ id: RaftID) -> Bool { removed.contains(id) }

  /// Adds the member or replaces what is known about it; a removed one stays removed.
  mutating func set(_ member: RaftMember<Payload>) {
    if isRemoved(member.id) { return }
    let place = members.firstIndex { $0.id >= member.id } ?? members.count
    if place < members.count && members[place].id == member.id {
      members[place] = member
    } else {
      members.insert(member, at: place)
    }
  }

  /// Takes the member off the list and remembers its ID as spent.
  mutating func remove(_ id: RaftID) {
    members.removeAll { $0.id == id }
    if !isRemoved(id) { removed.insert(id, at: removed.firstIndex { $0 > id } ?? removed.count) }
  }
}

/// The state machine at one index, with what Raft must know to go on from there.
public struct RaftSnapshot<Payload: Sendable>: Sendable {
  /// The last entry that the snapshot stands for.
  public let index: UInt64
  /// That entry's term.
  public let term: UInt64
  /// Who votes from there on, ascending.
  public internal(set) var voters: [RaftID]
  /// The cluster's list at that index.
  public let membership: RaftMembership<Payload>
  /// The bytes that the payload takes on the wire.
  public let size: Int
  /// The state machine.
  public let payload: Shared<Payload>?

  /// A snapshot with these fields.
  public init(
    index: UInt64, term: UInt64, voters: [RaftID], membership: RaftMembership<Payload>, size: Int = 0,
    payload: Shared<Payload>? = nil
  ) {
    self.index = index
    self.term = term
    self.voters = voters
    self.membership = membership
    self.size = size
    self.payload = payload
  }
}

extension RaftMember: Archivable where Payload: Archivable {
  /// A blank member, for an archive to fill.
  public init() { self.init(id: RaftID(1), payload: nil) }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    var (id, payload) = (id, payload)
    a.field(&id)
    a.field(&payload)
    self = RaftMember(id: id, payload: payload)
  }
}

extension RaftSnapshot: Archivable where Payload: Archivable {
  /// A blank snapshot, for an archive to fill.
  public init() { self.init(index: 0, term: 0, voters: [], membership: RaftMembership()) }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    var (index, term, voters, size, payload) = (index, term, voters, size, payload)
    var (members, removed) = (membership.members, membership.removed)
    a.field(&index)
    a.field(&term)
    a.field(&voters)
    a.field(&members)
    a.field(&removed)
    a.field(&size)
    if size < 0 { a.markBroken() }
    a.field(&payload)
    if a.isReading {
      let membership = RaftMembership(members: members, removed: removed)
      self = RaftSnapshot(
        index: index, term: term, voters: voters, membership: membership, size: size, payload: payload)
    }
  }
}
