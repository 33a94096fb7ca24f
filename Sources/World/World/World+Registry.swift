import Engine
import EngineAPI
import EngineTypes
import SimBase
import SimKernel
import SwarmNode

// Registries that run in the lab: the world carries what engines ask of them, as it is the network between containers.

/// Where a registry may listen.
private struct RegistryPlace {
  let host: HostID
  let container: ContainerID
  let port: EnginePort
}

extension World {
  /// Answers what a node's engine asks of registries, until it asks no more.
  mutating func carryRegistryCalls(from host: HostID, into out: inout Outbox<EngineOutput>) {
    while self[host].engine.hasRegistryCalls {
      for call in drainedRegistryCalls(of: host) {
        let reply = reply(to: call, from: host)
        let now = now
        sites[host].node.changeEngine(at: now, network: &network) { engine, notices in
          engine.registryReplied(call.id, reply, at: now, into: &notices)
        }
      }
      sites[host].resume(at: now, network: &network, into: &out)
    }
  }

  private mutating func reply(to call: RegistryCall, from host: HostID) -> RegistryReply {
    let parts = call.address.split(separator: ":", omittingEmptySubsequences: false)
    let name = parts.first.map(String.init) ?? ""
    let isSelf = name == "localhost" || name.hasPrefix("127.")
    let owner = plan.nodes.firstIndex { $0.ip == name || $0.name == name }.map { HostID($0) }
    guard let door = isSelf ? host : owner, let number = parts.count > 1 ? UInt16(parts[1]) : 80 else {
      return askOutside(call)
    }
    guard sites[door].node.isUp, door == host || network.canReach(host, door) else { return .refused }
    for place in places(behind: number, of: door) {
      // A registry that is not on the machine itself must speak TLS, which those of a lab do not.
      let isTrusted = self[host].engine.trusts(registry: call.address)
      if !isSelf, !isTrusted, self[place.host].engine.hasRegistry(place.container, port: place.port) {
        return .plainText
      }
      let reply = sites[place.host].node.changeEngine(at: now, network: &network) { engine, _ in
        engine.serveRegistry(place.container, port: place.port, call)
      }
      if let reply { return reply }
    }
    return .refused
  }

  /// What listens behind a port of a node: its own containers, and through the ingress those of the swarm's tasks.
  private func places(behind number: UInt16, of door: HostID) -> [RegistryPlace] {
    let own = self[door].engine.containers(behindHostPort: number).map {
      RegistryPlace(host: door, container: $0.id, port: $0.port)
    }
    if !own.isEmpty { return own }
    guard sites[door].node.nodeID != nil, let target = publisher(of: number) else { return [] }
    var found: [RegistryPlace] = []
    for host in hosts where sites[host].node.isUp && (host == door || network.canReach(door, host)) {
      for container in self[host].engine.containers where container.task?.value.serviceID == target.service {
        found.append(RegistryPlace(host: host, container: container.id, port: target.port))
      }
    }
    return found
  }

  /// The service that has published a port on the ingress network, as any manager knows.
  private func publisher(of number: UInt16) -> IngressTarget? {
    for host in hosts where sites[host].node.isUp {
      if let found = sites[host].node.publisher(ofIngressPort: number) { return found }
    }
    return nil
  }

  /// Registries out in the world keep what was made here and pushed there; of all else they have what they always had.
  private mutating func askOutside(_ call: RegistryCall) -> RegistryReply {
    if let image = call.image, !image.isOwn { return .elsewhere }
    if call.image == nil && outside.isEmpty { return .elsewhere }
    let reply = outside.answer(call)
    return reply == .absent ? .elsewhere : reply
  }

  private mutating func drainedRegistryCalls(of host: HostID) -> [RegistryCall] {
    let now = now
    return sites[host].node.changeEngine(at: now, network: &network) { engine, _ in engine.drainRegistryCalls() }
  }
}
