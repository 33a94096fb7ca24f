import SimBase
import SwarmManager
import SwarmModel
import SwarmWorker

/// What a node must not forget to come back as who it was, and anybody may read: the durable part of its place in a swarm.
struct NodeIdentity: Sendable, Archivable {
  /// The version of the byte form.
  static let version: UInt64 = 3

  var node = NodeID(raw: 0)
  var certificate = Certificate()
  /// The root it trusts, and whose certificates it has.
  var trust = TrustInfo()
  var listenAddr = ""
  var advertiseAddr = ""
  var remotes = Remotes()
  var availability = Availability.active

  init() {}

  mutating func archive(_ a: inout Archive) {
    var version = NodeIdentity.version
    a.field(&version)
    if version != NodeIdentity.version { a.markBroken() }
    a.field(&node)
    a.field(&certificate)
    a.field(&trust)
    a.field(&listenAddr)
    a.field(&advertiseAddr)
    a.field(&remotes)
    a.field(&availability)
  }
}

/// How a node stands towards a swarm, as `docker info` shows it.
public enum LocalState: Sendable, Equatable {
  /// In none.
  case inactive
  /// On its way into one, or back.
  case pending
  /// In one.
  case active
  /// Keeps a swarm's state that it cannot read without a key.
  case locked
  /// Failed to get in; the text says why.
  case error(String)

  /// The word that the Engine API uses.
  public var word: String {
    switch self {
    case .inactive: "inactive"
    case .pending: "pending"
    case .active: "active"
    case .locked: "locked"
    case .error: "error"
    }
  }
}
