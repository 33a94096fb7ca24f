import SimBase
import SwarmManager
import SwarmModel
import SwarmWorker

/// What a node must not forget to come back as who it was: the durable part of its place in a swarm.
struct NodeIdentity: Sendable, Archivable {
  /// The version of the byte form.
  static let version: UInt64 = 1

  var node = NodeID(raw: 0)
  var certificate = Certificate()
  var trustRoot = ""
  var listenAddr = ""
  var advertiseAddr = ""
  var remotes = Remotes()
  /// What was asked for with `swarm init`, until the first leader has written it.
  var cluster: Cluster?
  var availability = Availability.active

  init() {}

  mutating func archive(_ a: inout Archive) {
    var version = NodeIdentity.version
    a.field(&version)
    if version != NodeIdentity.version { a.markBroken() }
    a.field(&node)
    a.field(&certificate)
    a.field(&trustRoot)
    a.field(&listenAddr)
    a.field(&advertiseAddr)
    a.field(&remotes)
    a.field(&cluster)
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

/// The daemon's own sentences about swarms. Source: moby/moby `daemon/cluster/errors.go`.
extension APIError {
  /// `swarm leave` and the like on a node in no swarm.
  public static let notInSwarm = APIError(
    .unavailable, "This node is not part of a swarm")
  /// `init` or `join` on a node in a swarm.
  public static let alreadyInSwarm = APIError(
    .unavailable,
    "This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm and join another one.")
  /// A join that has taken 20 s.
  public static let joinTimeout = APIError(
    .unavailable,
    "Timeout was reached before node joined. The attempt to join the swarm will continue in the background. "
      + "Use the \"docker info\" command to see the current swarm status of your node.")
  /// A manager's call on a node in no swarm.
  public static let notManagerInactive = APIError(
    .unavailable,
    "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" "
      + "to connect this node to swarm and try again.")
  /// A manager's call on a worker.
  public static let notManagerWorker = APIError(
    .unavailable,
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. "
      + "Please run this command on a manager node or promote the current node to a manager.")
  /// A manager's call on a manager that is not up yet.
  public static let managerPreparing = APIError(
    .unavailable,
    "This node is not a swarm manager. Manager is being prepared or has trouble connecting to the cluster.")
  /// A manager's call on a locked manager.
  public static let locked = APIError(
    .unavailable,
    "Swarm is encrypted and needs to be unlocked before it can be used. "
      + "Please use \"docker swarm unlock\" to unlock it.")
  /// `leave` on a locked manager, without force.
  public static let leaveLocked = APIError(
    .unavailable, "Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message.")

  /// `leave` on a manager, without force: what it would do to the quorum.
  ///
  /// Source: moby/moby `daemon/cluster/swarm.go` (`Leave`).
  public static func leaveManager(isActive: Bool, isReachable: Bool, reachable: Int, unreachable: Int) -> APIError {
    var text = "You are attempting to leave the swarm on a node that is participating as a manager. "
    if !isActive {
      text += "Doing so may lose the consensus of your cluster. "
    } else if isReachable && reachable - 2 <= unreachable {
      if reachable == 1 && unreachable == 0 {
        text += "Removing the last manager erases all current state of the swarm. "
        return APIError(
          .unavailable, text + "Use `--force` to ignore this message. ")
      }
      text += "Removing this node leaves \(reachable - 1) managers out of \(reachable + unreachable). "
      text += "Without a Raft quorum your swarm will be inaccessible. "
    }
    text += "The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. "
    return APIError(
      .unavailable, text + "Use `--force` to suppress this message.")
  }
}
