import SimBase

/// Why an engine refuses something about a network.
///
/// Source: a real 28.5.2 engine, each text measured through its API.
public enum NetworkFault: Sendable, Hashable {
  /// A network without a name.
  case emptyName
  /// One of the names that Docker keeps for itself.
  case predefinedName(String)
  /// The name is taken.
  case nameInUse(String)
  /// Everything that is wrong with the addresses asked for.
  case badConfig([String])
  /// A bridge has one subnet.
  case severalSubnets
  /// The subnet overlaps another network's.
  case poolOverlap
  /// No subnet is left.
  case poolsUsedUp
  /// There is no such driver.
  case noSuchDriver(String)
  /// One of a kind.
  case onlyOne(driver: String)
  /// A template with settings that only networks have.
  case operatorFields
  /// A template made from a template.
  case nestedConfiguration
  /// Settings beside a template; with true, options of the driver.
  case settingsBesideConfiguration(isOption: Bool)
  /// There is no such template.
  case noConfiguration(String)
  /// A template that networks are made from.
  case configurationInUse(String)
  /// An overlay that is to be the engine's own.
  case downgradedScope(driver: String)
  /// Neither IPv4 nor IPv6.
  case noFamily
  /// An ingress network that is not the swarm's.
  case localIngress
  /// A prefix that begins several IDs.
  case ambiguous(String, count: Int)
  /// Docker's own network.
  case removePredefined(String)
  /// It has endpoints.
  case activeEndpoints(String, endpoints: [String])
  /// All addresses are taken.
  case addressesUsedUp(name: String, id: String)
  /// The address asked for is taken.
  case addressInUse
  /// A container is on it already.
  case endpointExists(container: String, network: String)
  /// A container is not on it.
  case notConnected(ContainerID, network: String, isRunning: Bool)
  /// The network of the machine.
  case connectToHost
  /// Out of the network of the machine.
  case disconnectFromHost
  /// The network `none` goes with no other.
  case severalWithNone
  /// A container that has another's network.
  case sharedNamespace
  /// A hardware address that is none.
  case badMACAddress(String)
  /// What is wrong with the endpoint's settings; with a network's name when a container is made.
  case badEndpoint([String], network: String?)
  /// The port is another container's.
  case portAllocated(endpoint: String, EndpointID, address: String, port: UInt16)
  /// Neither the engine nor its swarm has a network of this name.
  case couldNotAttach(String)
  /// A swarm's network has been told of the endpoint under its container's first name.
  case endpointAnnounced(newName: String, network: String, EndpointID)
  /// The container whose network is to be shared is not there.
  case joinMissing(String)
  /// A container that is to share its own network.
  case joinSelf
  /// The container whose network is to be shared does not run.
  case joinStopped(name: String, status: String)

  /// The HTTP status's meaning.
  public var kind: EngineError.Kind {
    switch self {
    case .emptyName, .badConfig, .poolsUsedUp, .noFamily, .ambiguous, .connectToHost, .disconnectFromHost,
      .severalWithNone,
      .sharedNamespace, .badMACAddress, .badEndpoint:
      .invalid
    case .predefinedName, .operatorFields, .nestedConfiguration, .settingsBesideConfiguration, .configurationInUse,
      .downgradedScope, .severalSubnets, .poolOverlap, .onlyOne, .localIngress, .removePredefined, .activeEndpoints,
      .addressInUse, .endpointExists:
      .forbidden
    case .nameInUse, .joinStopped: .conflict
    case .noSuchDriver, .noConfiguration: .notFound
    case .addressesUsedUp, .notConnected, .portAllocated, .joinMissing, .joinSelf, .couldNotAttach, .endpointAnnounced:
      .system
    }
  }

  /// Docker's words.
  public var message: String {
    switch self {
    case .emptyName: "invalid name: name is empty"
    case .predefinedName(let name): "operation is not permitted on predefined \(name) network "
    case .nameInUse(let name): "network with name \(name) already exists"
    case .badConfig(let reasons): "invalid network config:\n" + NetworkFault.list(reasons)
    case .severalSubnets: "bridge driver doesn't support multiple subnets"
    case .poolOverlap: "invalid pool request: Pool overlaps with other one on this address space"
    case .poolsUsedUp: "all predefined address pools have been fully subnetted"
    case .noSuchDriver(let name): "plugin \"\(name)\" not found"
    case .onlyOne(let driver): "only one instance of \"\(driver)\" network is allowed"
    case .operatorFields:
      "configuration network can only contain network specific fields. Network operator fields like "
        + "[ ingress | internal | attachable | scope ] are not supported."
    case .nestedConfiguration: "a configuration network cannot depend on another configuration network"
    case .settingsBesideConfiguration(isOption: false):
      "user specified configurations are not supported if the network depends on a configuration network"
    case .settingsBesideConfiguration(isOption: true):
      "network driver options are not supported if the network depends on a configuration network"
    case .noConfiguration(let name): "configuration network \"\(name)\" does not exist"
    case .configurationInUse(let name):
      "error while removing network: configuration network \"\(name)\" is in use"
    case .downgradedScope(let driver): "cannot downgrade network scope for \(driver) networks"
    case .noFamily: "IPv4 or IPv6 must be enabled"
    case .localIngress: "Ingress network can only be global scope network"
    case .ambiguous(let text, let count): "network \(text) is ambiguous (\(count) matches found based on ID prefix)"
    case .removePredefined(let name): "\(name) is a pre-defined network and cannot be removed"
    case .activeEndpoints(let name, let endpoints):
      "error while removing network: network \(name) has active endpoints (\(endpoints.joined(separator: ", ")))"
    case .addressesUsedUp(let name, let id):
      "no available IPv4 addresses on this network's address pools: \(name) (\(id))"
    case .addressInUse: "Address already in use"
    case .endpointExists(let container, let network):
      "endpoint with name \(container) already exists in network \(network)"
    case .notConnected(let id, let network, true): "container \(id) is not connected to network \(network)"
    case .notConnected(let id, let network, false): "container \(id) is not connected to the network \(network)"
    case .connectToHost:
      "cannot connect container to host network - container must be created in host network mode"
    case .disconnectFromHost:
      "cannot disconnect container from host network - container was created in host network mode"
    case .severalWithNone:
      "container cannot be connected to multiple networks with one of the networks in private (none) mode"
    case .sharedNamespace:
      "container sharing network namespace with another container or host cannot be connected to any other network"
    case .badMACAddress(let text): "invalid MAC address \(text)"
    case .badEndpoint(let reasons, let network):
      (network.map { "invalid config for network \($0): " } ?? "") + "invalid endpoint settings:\n"
        + NetworkFault.list(reasons)
    case .portAllocated(let endpoint, let id, let address, let port):
      "driver failed programming external connectivity on endpoint \(endpoint) (\(id)): "
        + "Bind for \(address):\(port) failed: port is already allocated"
    case .couldNotAttach(let name):
      "Could not attach to network \(name): rpc error: code = NotFound desc = network \(name) not found"
    case .endpointAnnounced(let name, let network, let id):
      "could not add service state for endpoint \(name) to cluster on UpdateDNSNames: cannot create entry in table "
        + "endpoint_table with network id \(network) and key \(id), already exists"
    case .joinMissing(let name): "joining network namespace of container: No such container: \(name)"
    case .joinSelf: "cannot join own network namespace"
    case .joinStopped(let name, let status):
      "cannot join network namespace of a non running container: container \(name) is \(status)"
    }
  }

  /// One reason stands alone, several get a star each.
  private static func list(_ reasons: [String]) -> String {
    reasons.count == 1 ? reasons[0] : reasons.map { "* " + $0 }.joined(separator: "\n")
  }
}
