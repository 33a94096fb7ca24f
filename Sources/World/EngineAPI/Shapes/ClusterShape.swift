import EngineTypes
import SimBase
import SwarmModel

extension JSONWriter {
  /// The cluster as `GET /swarm` gives it. Source: moby/moby `daemon/cluster/convert/swarm.go`.
  mutating func swarm(_ cluster: Cluster) {
    object { writer in
      writer.clusterInfo(cluster)
      writer.object("JoinTokens") { writer in
        writer.field("Worker", cluster.joinTokens.worker)
        writer.field("Manager", cluster.joinTokens.manager)
      }
    }
  }

  /// The fields of a cluster that `docker info` shows too: all but the tokens.
  mutating func clusterInfo(_ cluster: Cluster) {
    head(cluster.id, cluster.meta)
    object("Spec") { $0.clusterSpec(cluster.spec) }
    object("TLSInfo") { writer in
      writer.trust(TrustInfo(root: cluster.rootCA.certificate, issuer: cluster.signingCA))
    }
    field("RootRotationInProgress", cluster.nextRootCA != nil)
    if cluster.defaultAddressPool.isEmpty {
      null("DefaultAddrPool")
    } else {
      field("DefaultAddrPool", cluster.defaultAddressPool)
    }
    field("SubnetSize", UInt64(cluster.subnetSize))
    field("DataPathPort", UInt64(cluster.dataPathPort == 0 ? 4789 : cluster.dataPathPort))
  }

  private mutating func clusterSpec(_ spec: ClusterSpec) {
    annotations(spec.annotations)
    object("Orchestration") { $0.field("TaskHistoryRetentionLimit", spec.taskHistoryRetentionLimit) }
    object("Raft") { writer in
      writer.unlessZero("SnapshotInterval", spec.snapshotInterval)
      writer.field("KeepOldSnapshots", spec.keepOldSnapshots)
      writer.unlessZero("LogEntriesForSlowFollowers", spec.logEntriesForSlowFollowers)
      writer.field("ElectionTick", spec.electionTick)
      writer.field("HeartbeatTick", spec.heartbeatTick)
    }
    object("Dispatcher") { $0.unlessZero("HeartbeatPeriod", spec.heartbeatPeriod ?? .zero) }
    object("CAConfig") { writer in
      writer.unlessZero("NodeCertExpiry", spec.nodeCertExpiry ?? .zero)
      if !spec.externalCAs.isEmpty { writer.field("ExternalCAs") { $0.raw(spec.externalCAs) } }
      writer.unlessZero("ForceRotate", spec.forceRotate)
    }
    object("TaskDefaults") { $0.ifPresent("LogDriver", spec.taskLogDriver) { $0.driver($1) } }
    object("EncryptionConfig") { $0.field("AutoLockManagers", spec.autoLockManagers) }
  }
}
