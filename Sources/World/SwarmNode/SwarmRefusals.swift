import SwarmManager
import SwarmModel

/// Where a node stands in a swarm, as far as its API goes.
public enum SwarmStanding: Sendable, Equatable {
  /// In no swarm, or its part of it does not run.
  case inactive
  /// A worker.
  case worker
  /// A manager whose control API is not up yet.
  case managerStarting
  /// A manager that waits for its unlock key.
  case locked
  /// A member whose certificates are of no use any more.
  case certificatesExpired
  /// A manager that serves.
  case manager

  /// Why it does not take requests for the control API; nil for a manager that serves.
  ///
  /// Source: moby/moby `daemon/cluster/cluster.go` (`errNoManager`), `daemon/cluster/errors.go`.
  public var managerRefusal: APIError? {
    let notManager = "This node is not a swarm manager. "
    switch self {
    case .inactive:
      return APIError(
        .unavailable,
        notManager
          + "Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.")
    case .worker:
      return APIError(
        .unavailable,
        notManager + "Worker nodes can't be used to view or modify cluster state. "
          + "Please run this command on a manager node or promote the current node to a manager.")
    case .managerStarting:
      return APIError(
        .unavailable, notManager + "Manager is being prepared or has trouble connecting to the cluster.")
    case .locked:
      return APIError(
        .unavailable,
        "Swarm is encrypted and needs to be unlocked before it can be used. "
          + "Please use \"docker swarm unlock\" to unlock it.")
    case .certificatesExpired:
      return APIError(
        .unavailable, "Swarm certificates have expired. To replace them, leave the swarm and join again.")
    case .manager: return nil
    }
  }

  /// Why it makes no overlay network; nil for a manager. The engine's own check comes before the control API's, so that
  /// the status is another one.
  public var overlayRefusal: APIError? {
    guard managerRefusal != nil, let refusal = SwarmStanding.inactive.managerRefusal else { return nil }
    return APIError(.forbidden, refusal.text)
  }

  /// Why it cannot be unlocked; nil where it is locked.
  public var unlockRefusal: APIError? {
    switch self {
    case .locked: nil
    case .manager: APIError(.conflict, "swarm is not locked")
    case .inactive, .worker, .managerStarting, .certificatesExpired: managerRefusal
    }
  }
}

// Refusals of a node's own membership. Source: moby/moby `daemon/cluster/errors.go`, `daemon/cluster/swarm.go`.

extension APIError {
  /// Leaving a swarm on a node that is in none.
  public static let notInSwarm = APIError(.unavailable, "This node is not part of a swarm")

  /// Init or join on a member.
  public static let alreadyInSwarm = APIError(
    .unavailable,
    "This node is already part of a swarm. "
      + "Use \"docker swarm leave\" to leave this swarm and join another one.")

  /// A join that takes longer than 20 s; it goes on all the same.
  public static let joinTimeout = APIError(
    .unavailable,
    "Timeout was reached before node joined. The attempt to join the swarm will continue in the background. "
      + "Use the \"docker info\" command to see the current swarm status of your node.")

  /// A manager has seen no leader for some time.
  public static let noLeader = APIError(
    .control(.unknown),
    "The swarm does not have a leader. It's possible that too few managers are online. "
      + "Make sure more than half of the managers are online.")

  /// A request that the leader has not answered for 20 s.
  public static let requestTimeout = APIError(.control(.deadlineExceeded), "context deadline exceeded")

  /// The unlock key has the right form but is another one.
  public static let wrongUnlockKey = APIError(
    .unauthorized, "swarm could not be unlocked: invalid key provided")

  /// A text that is no unlock key.
  public static let malformedUnlockKey = APIError(.invalidParameter, "invalid key string")

  /// A text that is no join token.
  public static let malformedJoinToken = APIError(.system, "invalid join token")

  /// Leaving a locked swarm.
  public static let leaveLocked = APIError(
    .unavailable,
    "Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message.")

  /// Why a manager does not leave without force. `reachable` and `unreachable` count managers, itself included; both nil
  /// where they could not be asked for. `isActive` says whether its control API serves.
  public static func leaveAsManager(
    isActive: Bool, isReachable: Bool, counts: (reachable: Int, unreachable: Int)?
  ) -> APIError {
    var text = "You are attempting to leave the swarm on a node that is participating as a manager. "
    if !isActive {
      text += "Doing so may lose the consensus of your cluster. "
    } else if isReachable, let (reachable, unreachable) = counts, reachable - 2 <= unreachable {
      if reachable == 1 && unreachable == 0 {
        text += "Removing the last manager erases all current state of the swarm. "
        return APIError(.unavailable, text + "Use `--force` to ignore this message. ")
      }
      text += "Removing this node leaves \(reachable - 1) managers out of \(reachable + unreachable). "
      text += "Without a Raft quorum your swarm will be inaccessible. "
    }
    text += "The only way to restore a swarm that has lost consensus is to reinitialize it with "
    text += "`--force-new-cluster`. Use `--force` to suppress this message."
    return APIError(.unavailable, text)
  }
}

// Refusals where addresses are looked for. Source: moby/moby `daemon/cluster/listen_addr.go`.

extension APIError {
  private static func address(_ text: String) -> APIError { APIError(.invalidParameter, text) }

  /// The node has no address at all.
  public static let noSystemAddress = address("could not find the system's IP address")
  /// A listen address that is neither an address nor an interface.
  public static let badListenAddress = address(
    "listen address must be an IP address or network interface (with optional port number)")
  /// An advertised address that is neither.
  public static let badAdvertiseAddress = address(
    "advertise address must be a non-zero IP address or network interface (with optional port number)")
  /// A data path address that is neither.
  public static let badDataPathAddress = address(
    "data path address must be a non-zero IP address or network interface (without a port number)")
  /// The advertised address is not one of the node's, and it has several.
  public static let mustSpecifyListenAddress = address(
    "must specify a listening address because the address to advertise is not recognized as a system address, "
      + "and a system's IP address to use could not be uniquely identified")
  /// A listen address without a port that can be found.
  public static func unparsableListenAddress(_ text: String) -> APIError {
    address("could not parse listen address \(text)")
  }
  /// One interface has several addresses.
  public static func severalAddresses(on interface: String, _ first: String, _ second: String) -> APIError {
    address(
      "could not choose an IP address to advertise since this system has multiple addresses on interface "
        + "\(interface) (\(first) and \(second))")
  }
  /// Several interfaces have addresses.
  public static func severalInterfaces(
    _ first: (address: String, interface: String), _ second: (address: String, interface: String)
  ) -> APIError {
    address(
      "could not choose an IP address to advertise since this system has multiple addresses on different interfaces "
        + "(\(first.address) on \(first.interface) and \(second.address) on \(second.interface))")
  }
}
