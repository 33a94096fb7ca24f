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
    let known = cluster.meta.version
    cluster.spec = spec
    NodeWrites.dropExpired(from: &cluster.blacklist, at: tx.now)
    if rotation.workerToken { cluster.joinTokens.worker = cluster.rootCA.joinToken(dice: &dice) }
    if rotation.managerToken { cluster.joinTokens.manager = cluster.rootCA.joinToken(dice: &dice) }
    try RootRotation.apply(to: &cluster, at: tx.now, dice: &dice)
    guard known == version else { throw .updateOutOfSequence }
    if !spec.autoLockManagers {
      cluster.unlockKey = ""
    } else if cluster.unlockKey.isEmpty || rotation.unlockKey {
      cluster.unlockKey = UnlockKey(dice: &dice).text
    }
    tx.put(cluster)
    return .done
  }
}
