import SimBase
import SwarmModel
import SwarmStore

/// Changes of networks. Whether a subnet is free is the allocator's business: a network whose subnet is taken is made, and
/// stays without addresses.
///
/// Source: moby/swarmkit `manager/controlapi/network.go`; moby/moby `daemon/libnetwork/cnmallocator/provider.go`.
enum NetworkWrites {
  static func creation(of spec: NetworkSpec, in store: Store, dice: inout Dice) throws(APIError) -> ControlWrite {
    // The engine looks for the very name before it asks for the network.
    let name = spec.annotations.name
    if store.network(named: name)?.value.spec.annotations.name == name {
      throw APIError(.conflict, "network with name \(name) already exists")
    }
    try relayed { () throws(ControlError) in try check(spec) }
    var network = Network()
    network.id = NetworkID(drawnFrom: &dice)
    network.spec = spec
    return .createNetwork(network)
  }

  private static func check(_ spec: NetworkSpec) throws(ControlError) {
    if spec.isIngress && spec.isAttachable { throw .ingressAttachable }
    try NameRules.checkDNS(spec.annotations.name)
    if spec.annotations.labels.contains(Network.predefinedLabel) { throw .predefinedLabelReserved }
    if let driver = spec.driver {
      if spec.isIngress {
        if !driver.name.isEmpty && driver.name != "overlay" { throw .ingressDriver }
      } else if driver.name.isEmpty {
        throw .driverWithoutName
      } else if driver.name != "overlay" && !Network.nodeLocalDrivers.contains(driver.name) {
        throw .noPlugin(driver.name)
      }
    }
    // No plugin manages addresses here.
    if let manager = spec.ipam?.driver.name, !["", "default"].contains(manager.lowercased()) {
      throw .noPlugin(manager)
    }
    for config in spec.ipam?.configs ?? [] { try check(config) }
  }

  private static func check(_ config: IPAMConfig) throws(ControlError) {
    guard let subnet = NetworkPrefix(config.subnet) else { throw .ipam("invalid subnet \(config.subnet)") }
    if !config.range.isEmpty {
      let address = config.range.split(separator: "/").first.flatMap { NetworkAddress(String($0)) }
      guard let address, NetworkPrefix(config.range) != nil else { throw .ipam("invalid range \(config.range)") }
      if !subnet.contains(address) {
        throw .ipam("subnet \(config.subnet) does not contain range \(config.range)")
      }
    }
    if !config.gateway.isEmpty {
      guard let address = NetworkAddress(config.gateway) else { throw .ipam("invalid gateway \(config.gateway)") }
      if !subnet.contains(address) {
        throw .ipam("subnet \(config.subnet) does not contain gateway \(config.gateway)")
      }
    }
  }

  static func create(_ network: Network, in tx: inout Transaction) throws(ControlError) -> ControlReply {
    if network.spec.isIngress, let present = tx.store.ingressNetwork { throw .ingressPresent(present.value.id) }
    if tx.store.network(named: network.spec.annotations.name) != nil { throw .nameConflict }
    tx.put(network)
    return .created(id: network.id.description, warnings: [])
  }

  static func checkRemovable(_ network: Network) throws(ControlError) {
    if network.spec.annotations.labels[Network.predefinedLabel] == "true" { throw .networkPredefined(network) }
  }

  static func remove(_ id: NetworkID, in tx: inout Transaction) throws(ControlError) -> ControlReply {
    guard let network = tx.store.networks[id]?.value else { throw .networkNotFound(id.description) }
    if network.spec.isIngress {
      for (service, object) in tx.store.services where object.value.spec.value.publishesByMesh {
        throw .ingressNeeded(by: service)
      }
    } else {
      try checkUnused(id, in: tx.store)
    }
    tx.remove(id)
    return .done
  }

  private static func checkUnused(_ id: NetworkID, in store: Store) throws(ControlError) {
    let text = id.description
    for (service, object) in store.services
    where object.value.spec.value.joinedNetworks.contains(where: { $0.target == text }) {
      throw .networkInUse(id, byService: service)
    }
    for (task, object) in store.tasks
    where object.value.desiredState <= .running && object.value.status.state <= .running
      && object.value.networks.contains(where: { $0.network.value.id == id })
    {
      throw .networkInUse(id, byTask: task)
    }
  }
}
