import SimBase
import SwarmModel
import SwarmStore

/// What the answer to a request tells its client, as far as the log can be held to it.
public enum Promise: Sendable, Equatable {
  /// This object was made.
  case made(ObjectName)
  /// This object was changed; before it had this version.
  case changed(ObjectName, from: UInt64)
  /// This node was changed; before it had this version.
  case changedNode(NodeID, from: UInt64)
  /// This object was removed.
  case removed(ObjectName)
}

/// Acknowledged writes: an answer that says that something is done is compared with what is committed. What is committed
/// stays so by another law.
extension Watch {
  /// A client was told this.
  public mutating func heard(_ promise: Promise, in cluster: ClusterID, at now: Instant) {
    guard let fault = fault(of: promise, in: cluster) else { return }
    report(.acknowledged, now, fault)
  }

  private func fault(of promise: Promise, in cluster: ClusterID) -> String? {
    switch promise {
    case .made(let object):
      hasEverHad(object, in: cluster) ? nil : "\(object) was acknowledged and never committed"
    case .changed(let object, let version):
      stillHas(committedStore(of: cluster)?.version(of: object), atMost: version)
        ? "a change of \(object) from version \(version) was acknowledged and is not there" : nil
    case .changedNode(let node, let version):
      stillHas(committedStore(of: cluster)?.nodes[node]?.value.meta.version, atMost: version)
        ? "a change of node \(node) from version \(version) was acknowledged and is not there" : nil
    case .removed(let object):
      committedStore(of: cluster)?.version(of: object) == nil
        ? nil : "the removal of \(object) was acknowledged, and it is still there"
    }
  }

  private func stillHas(_ version: UInt64?, atMost known: UInt64) -> Bool { version.map { $0 <= known } ?? false }
}

extension Store {
  /// The version of an object; nil if there is none.
  func version(of object: ObjectName) -> UInt64? {
    switch object {
    case .service(let id): services[id]?.value.meta.version
    case .network(let id): networks[id]?.value.meta.version
    case .secret(let id): secrets[id]?.value.meta.version
    case .config(let id): configs[id]?.value.meta.version
    }
  }
}
