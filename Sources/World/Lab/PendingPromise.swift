import Checkers
import EngineTypes
import SimBase
import SwarmModel
import SwarmStore

/// What the answer to a request will promise if it says yes.
struct PendingPromise: Sendable {
  private enum Kind: Sendable {
    case make(collection: String)
    case given(Promise)
  }

  let cluster: ClusterID
  private let kind: Kind

  /// What the answer to a request in this cluster will promise; nil for requests whose answers promise nothing that the
  /// log can be held to. Objects that are named are looked up as they are known when the request is sent.
  init?(_ request: EngineRequest, in cluster: ClusterID, _ store: Store) {
    self.cluster = cluster
    var (path, query) = (Substring(request.target), Substring())
    if let mark = path.firstIndex(of: "?") { (path, query) = (path[..<mark], path[path.index(after: mark)...]) }
    var words = path.split(separator: "/").map(String.init)
    if let first = words.first, first.hasPrefix("v1.") { words.removeFirst() }
    switch (request.method, words.count) {
    case ("POST", 2) where words[1] == "create": kind = .make(collection: words[0])
    case ("POST", 3) where words[2] == "update":
      let version = query.split(separator: "&").first { $0.hasPrefix("version=") }.flatMap { UInt64($0.dropFirst(8)) }
      guard let version else { return nil }
      if words[0] == "nodes", let node = NodeID(words[1]) {
        kind = .given(.changedNode(node, from: version))
      } else if let object = Self.object(words[0], words[1], in: store) {
        kind = .given(.changed(object, from: version))
      } else {
        return nil
      }
    case ("DELETE", 2):
      guard let object = Self.object(words[0], words[1], in: store) else { return nil }
      kind = .given(.removed(object))
    default: return nil
    }
  }

  /// What the answer promises.
  func promise(answeredBy body: [UInt8]) -> Promise? {
    switch kind {
    case .given(let promise): return promise
    case .make(let collection):
      guard let json = try? JSON.parse(body), let id = json["ID"].string ?? json["Id"].string else { return nil }
      return Self.object(collection, id).map(Promise.made)
    }
  }

  /// Whether a request founds the cluster anew from what one manager has: what was committed may be lost then.
  static func makesNewCluster(_ request: EngineRequest) -> Bool {
    request.target.hasSuffix("/swarm/init") && (try? JSON.parse(request.body))?["ForceNewCluster"].bool == true
  }

  /// Networks of one node have longer IDs, and are none of the swarm's.
  private static func object(_ collection: String, _ id: String) -> ObjectName? {
    switch collection {
    case "services": ServiceID(id).map(ObjectName.service)
    case "networks": NetworkID(id).map(ObjectName.network)
    case "secrets": SecretID(id).map(ObjectName.secret)
    case "configs": ConfigID(id).map(ObjectName.config)
    default: nil
    }
  }

  private static func object(_ collection: String, _ text: String, in store: Store) -> ObjectName? {
    switch collection {
    case "services": (store.service(named: text)?.value.id).map(ObjectName.service) ?? object(collection, text)
    case "networks": (store.network(named: text)?.value.id).map(ObjectName.network) ?? object(collection, text)
    case "secrets": (store.secret(named: text)?.value.id).map(ObjectName.secret) ?? object(collection, text)
    case "configs": (store.config(named: text)?.value.id).map(ObjectName.config) ?? object(collection, text)
    default: nil
    }
  }
}
