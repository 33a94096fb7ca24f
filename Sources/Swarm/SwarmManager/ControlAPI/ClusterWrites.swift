import SimBase
import SwarmModel
import SwarmStore

/// Changes of the cluster object. Tokens and keys are renewed in the transaction that writes the spec.
///
/// Source: moby/swarmkit `manager/controlapi/cluster.go`, `ca/config.go` (`GenerateJoinToken`), `manager/encryption`.
enum ClusterWrites {
  static func update(
    _ spec: ClusterSpec, version: UInt64, _ rotation: KeyRotation, in store: Store
  ) throws(APIError) -> ControlWrite {
    guard store.cluster != nil else { throw .notInSwarm }
    try relayed { () throws(ControlError) in
      if let expiry = spec.nodeCertExpiry, expiry < .hours(1) { throw .certExpiryTooShort }
      if let period = spec.heartbeatPeriod, period < .zero { throw .heartbeatNegative }
    }
    return .updateCluster(spec, version: version, rotation)
  }

  static func update(
    _ spec: ClusterSpec, version: UInt64, _ rotation: KeyRotation, in tx: inout Transaction, dice: inout Dice
  ) throws(ControlError) -> ControlReply {
    guard var cluster = tx.store.cluster?.value else { throw .clusterNotFound("default") }
    guard cluster.meta.version == version else { throw .updateOutOfSequence }
    cluster.spec = spec
    NodeWrites.dropExpired(from: &cluster.blacklist, at: tx.now)
    if rotation.workerToken { cluster.joinTokens.worker = joinToken(for: cluster.rootCA, dice: &dice) }
    if rotation.managerToken { cluster.joinTokens.manager = joinToken(for: cluster.rootCA, dice: &dice) }
    if !spec.autoLockManagers {
      cluster.unlockKey = ""
    } else if cluster.unlockKey.isEmpty || rotation.unlockKey {
      cluster.unlockKey = UnlockKey(dice: &dice).text
    }
    tx.put(cluster)
    return .done
  }

  /// A join token: the digest of the root that it leads to, and a fresh secret.
  private static func joinToken(for root: RootCA, dice: inout Dice) -> String {
    let digits = Array(root.digest.utf8)
    let digest = stride(from: 0, to: digits.count - 1, by: 2).map { place in
      UInt8(String(decoding: digits[place...place + 1], as: UTF8.self), radix: 16) ?? 0
    }
    return "SWMTKN-1-\(base36Text(digest, width: 50))-\(base36Text(dice.bytes(16), width: 25))"
  }
}
