import SimBase

// Which blocks of addresses networks of an engine get, and what is wrong with the ones that are asked for.

extension Engine {
  /// The pools of local networks, in the order of their use: 15 blocks of /16, then 16 of /20.
  ///
  /// Source: moby/moby `daemon/libnetwork/ipamutils/utils.go`.
  static let localPools: [IPv4Subnet] = {
    let large = (17...31).map { IPv4Subnet(containing: IPv4Address(172, $0, 0, 0), prefixLength: 16) }
    let small = (0...15).map { IPv4Subnet(containing: IPv4Address(192, 168, $0 * 16, 0), prefixLength: 20) }
    return large + small
  }()

  /// Whether a block overlaps one of a network that is here, the swarm's included.
  func overlaps(_ subnet: IPv4Subnet) -> Bool {
    disk.networks.values.contains { record in
      !record.isConfigOnly && record.subnet.map { $0.overlaps(subnet) } ?? false
    }
  }

  /// Gives a network its block and its gateway: as asked, else the lowest free block and its first address. The gateway of
  /// a block that was asked for does not become a part of what was asked.
  func allocate(_ asked: [SubnetConfig], for record: inout NetworkRecord) throws(EngineError) {
    var configs = asked
    var isOwnChoice = true
    if configs.isEmpty {
      guard let free = Engine.localPools.first(where: { !overlaps($0) }) else { throw .network(.poolsUsedUp) }
      configs = [SubnetConfig(subnet: free.description)]
    } else if record.hasIPv4, !configs.contains(where: { IPv4Subnet($0.subnet) != nil }) {
      // Blocks of IPv6 alone: one of IPv4 is added.
      guard let free = Engine.localPools.first(where: { !overlaps($0) }) else { throw .network(.poolsUsedUp) }
      configs.append(SubnetConfig(subnet: free.description))
    } else {
      for config in configs {
        guard let subnet = IPv4Subnet(config.subnet) else { continue }
        if overlaps(subnet) { throw .network(.poolOverlap) }
        isOwnChoice = false
      }
    }
    record.subnets = configs
    for text in configs.flatMap({ $0.auxiliary.values }) {
      if let address = IPv4Address(text) { _ = record.take(address) }
    }
    if let gateway = record.gateway {
      _ = record.take(gateway)
    } else if let index = record.subnets.firstIndex(where: { IPv4Subnet($0.subnet) != nil }), record.driver == "bridge"
    {
      record.impliedGateway = record.takeAddress()
      if isOwnChoice { record.subnets[index].gateway = record.impliedGateway?.description ?? "" }
    }
  }

  /// Checks a network that is asked for as far as every engine does, also one that it then leaves to the swarm.
  ///
  /// Source: moby/moby `daemon/network.go` (`createNetwork`), `daemon/libnetwork/controller.go` (`NewNetwork`),
  /// `daemon/libnetwork/network.go` (`validateConfiguration`); the texts are measured.
  public func check(_ spec: NetworkSpec) throws(EngineError) {
    if Engine.predefinedNetworkNames.contains(spec.name) { throw .network(.predefinedName(spec.name)) }
    let faults = spec.subnets.flatMap { $0.faults }
    if !faults.isEmpty { throw .network(.badConfig(faults)) }
    if spec.name.trimmed().isEmpty { throw .network(.emptyName) }
    if networks.contains(where: { $0.name == spec.name }) { throw .network(.nameInUse(spec.name)) }
    try checkTemplate(spec)
    if spec.isConfigOnly { return }
    if !["bridge", "macvlan", "ipvlan", "host", "null", "overlay"].contains(spec.driver) {
      throw .network(.noSuchDriver(spec.driver))
    }
    if spec.scope == "local" && spec.driver == "overlay" { throw .network(.downgradedScope(driver: spec.driver)) }
    if spec.isIngress && spec.driver != "overlay" { throw .network(.localIngress) }
    if !spec.configFrom.isEmpty, !networks.contains(where: { $0.isConfigOnly && $0.name == spec.configFrom }) {
      throw .network(.noConfiguration(spec.configFrom))
    }
  }

  /// A template has nothing but a configuration, and a network that is made from one has none of its own.
  private func checkTemplate(_ spec: NetworkSpec) throws(EngineError) {
    if spec.isConfigOnly, spec.isIngress || spec.isInternal || spec.isAttachable || !spec.scope.isEmpty {
      throw .network(.operatorFields)
    }
    if spec.configFrom.isEmpty { return }
    if spec.isConfigOnly { throw .network(.nestedConfiguration) }
    let hasSettings =
      !spec.hasIPv4 || spec.hasIPv6 || !spec.labels.isEmpty || !(spec.ipamOptions ?? [:]).isEmpty
      || !spec.subnets.isEmpty
    if hasSettings { throw .network(.settingsBesideConfiguration(isOption: false)) }
    if !spec.options.isEmpty { throw .network(.settingsBesideConfiguration(isOption: true)) }
  }

  /// What an engine's own drivers refuse.
  func checkDriver(_ spec: NetworkSpec) throws(EngineError) {
    if ["host", "null"].contains(spec.driver) { throw .network(.onlyOne(driver: spec.driver)) }
    if !["bridge", "macvlan", "ipvlan"].contains(spec.driver) { throw .network(.noSuchDriver(spec.driver)) }
    if !spec.hasIPv4 && !spec.hasIPv6 { throw .network(.noFamily) }
    if spec.driver == "bridge" && spec.subnets.count(where: { IPv4Subnet($0.subnet) != nil }) > 1 {
      throw .network(.severalSubnets)
    }
  }
}

extension SubnetConfig {
  /// Everything that is wrong with it, in Docker's words and order.
  var faults: [String] {
    // Blocks of IPv6 are kept as they are written. A block without a subnet is refused, whatever else it says.
    if subnet.contains(":") { return [] }
    guard let (address, block) = IPv4Subnet.parse(subnet) else {
      return ["invalid subnet \(subnet): invalid CIDR block notation"]
    }
    var faults: [String] = []
    if address != block.base { faults.append("invalid subnet \(subnet): it should be \(block)") }
    if !range.isEmpty { faults += rangeFaults(in: block) }
    if !gateway.isEmpty { faults += fault(of: gateway, as: "gateway \(gateway)", in: block) }
    for (name, address) in auxiliary { faults += fault(of: address, as: "auxiliary address \(name)", in: block) }
    return faults
  }

  private func rangeFaults(in block: IPv4Subnet) -> [String] {
    if range.contains(":") { return ["invalid ip-range \(range): parent subnet is an IPv4 block"] }
    guard let (start, part) = IPv4Subnet.parse(range) else {
      return ["invalid ip-range \(range): invalid CIDR block notation"]
    }
    var faults: [String] = []
    if part.prefixLength < block.prefixLength {
      faults.append("invalid ip-range \(range): CIDR block is bigger than its parent subnet \(subnet)")
    }
    if start != part.base { faults.append("invalid ip-range \(range): it should be \(part)") }
    if !block.overlaps(part) {
      faults.append("invalid ip-range \(range): parent subnet \(subnet) doesn't contain ip-range")
    }
    return faults
  }

  private func fault(of text: String, as what: String, in block: IPv4Subnet) -> [String] {
    if text.contains(":") { return ["invalid \(what): parent subnet is an IPv4 block"] }
    guard let address = IPv4Address(text) else { return ["invalid \(what): invalid address"] }
    return block.contains(address) ? [] : ["invalid \(what): parent subnet \(subnet) doesn't contain this address"]
  }
}
