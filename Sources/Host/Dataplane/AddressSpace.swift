import SimBase

/// Why address management refused. The words are Docker's own.
///
/// Source: moby/moby `daemon/libnetwork/ipamapi/contract.go`.
public enum IPAMError: Error, Sendable, Equatable {
  /// The subnet shares addresses with one in use.
  case poolOverlaps
  /// All predefined pools are used up.
  case noMoreSubnets
  /// The subnet's text makes no sense, or no pool can give one of that size.
  case invalidPool
  /// The range's text makes no sense, or it came without a subnet.
  case invalidSubPool
  /// No such subnet is in use.
  case unknownPool
  /// The subnet is full.
  case noAvailableAddresses
  /// This address is in use.
  case addressInUse
  /// This address is not of the subnet.
  case addressOutOfRange
}

extension IPAMError: CustomStringConvertible {
  /// Docker's words.
  public var description: String {
    switch self {
    case .poolOverlaps: "invalid pool request: Pool overlaps with other one on this address space"
    case .noMoreSubnets: "all predefined address pools have been fully subnetted"
    case .invalidPool: "invalid address pool"
    case .invalidSubPool: "invalid address subpool"
    case .unknownPool: "address space does not contain specified address pool"
    case .noAvailableAddresses: "no available addresses on this pool"
    case .addressInUse: "Address already in use"
    case .addressOutOfRange: "requested address is out of range"
    }
  }
}

/// A large block that subnets of one size are cut from.
public struct PredefinedPool: Sendable, Equatable {
  /// The whole block.
  public var block: IPv4Subnet
  /// The prefix length of the subnets.
  public var subnetLength: Int

  /// A block to be cut. Precondition: the subnets are not larger than the block.
  public init(_ block: IPv4Subnet, subnetLength: Int) {
    precondition(block.prefixLength <= subnetLength && subnetLength <= 32, "\(block) has no /\(subnetLength)")
    self.block = block
    self.subnetLength = subnetLength
  }

  /// What an engine cuts its local networks from: 15 subnets of /16, then 16 of /20.
  ///
  /// Source: moby/moby `daemon/libnetwork/ipamutils/utils.go`.
  public static let local: [PredefinedPool] = [
    (172, 17, 16, 16), (172, 18, 16, 16), (172, 19, 16, 16), (172, 20, 14, 16), (172, 24, 14, 16), (172, 28, 14, 16),
    (192, 168, 16, 20),
  ].map { first, second, length, cut in
    let base = IPv4Address(raw: UInt32(first) << 24 | UInt32(second) << 16)
    return PredefinedPool(IPv4Subnet(containing: base, prefixLength: length), subnetLength: cut)
  }

  /// What a swarm cuts its overlays from unless told otherwise: 10.0.0.0/8 in subnets of /24.
  public static let swarm = [
    PredefinedPool(IPv4Subnet(containing: IPv4Address(raw: 10 << 24), prefixLength: 8), subnetLength: 24)
  ]
}

/// What names a pool in use: its subnet, and the range in it that addresses are picked from.
public struct PoolID: Hashable, Sendable {
  /// The subnet.
  public let subnet: IPv4Subnet
  /// The range (`--ip-range`); nil for the whole subnet.
  public let range: IPv4Subnet?
}

/// The subnets and addresses of one scope: a swarm has one, and each engine has one for its local networks.
///
/// It decides which subnet a network gets (the **lowest free** one of the predefined pools, or the one asked for unless it
/// overlaps) and which address in it an endpoint gets (the lowest free one, or the next after the last). The network and the
/// broadcast address are never given out, except in a /31 or /32.
///
/// Docker's quirks are kept: a subnet with a range is not checked for overlaps, several ranges may share one subnet, and a
/// range's first address is given out like any other.
///
/// **Differs from Docker**: IPv4 only. A subnet between two overlapping ones is never handed out twice, which the original's
/// walk does not exclude.
///
/// Source: moby/moby `daemon/libnetwork/ipams/defaultipam/address_space.go`, `allocator.go`.
public struct AddressSpace: Sendable {
  private struct Pool: Sendable {
    var addresses: IDSpace
    /// Ranges in use; the pool goes with the last of them if it was made for one.
    var ranges: [IPv4Subnet] = []
    var goesWithLastRange = false
  }

  private let predefined: [PredefinedPool]
  private var pools = Table<IPv4Subnet, Pool>()

  /// A space that cuts subnets from these pools, in the order of their addresses. A pool inside another one is dropped.
  public init(_ pools: [PredefinedPool]) {
    var kept: [PredefinedPool] = []
    for pool in pools.sorted(by: { $0.block < $1.block })
    where kept.last.map({ !$0.block.overlaps(pool.block) }) ?? true {
      kept.append(pool)
    }
    predefined = kept
  }

  /// The subnets in use, ascending.
  public var subnets: [IPv4Subnet] { pools.keys }

  /// How many addresses of a subnet are in use, reserved ones included; 0 for an unknown subnet.
  public func addressesInUse(in subnet: IPv4Subnet) -> Int { pools[subnet]?.addresses.count ?? 0 }

  /// Takes a subnet as a request words it.
  ///
  /// - Parameters:
  ///   - subnet: a CIDR; empty leaves the choice to the space, `0.0.0.0/N` asks for any of that size.
  ///   - range: a CIDR in it that addresses are to be picked from; empty for all of it.
  ///   - avoiding: subnets that must not be chosen freely, such as the host's routes.
  public mutating func requestPool(
    subnet: String, range: String = "", avoiding: [IPv4Subnet] = []
  ) throws(IPAMError) -> PoolID {
    if subnet.isEmpty {
      if !range.isEmpty { throw .invalidSubPool }
      return try takeSubnet(length: nil, avoiding: avoiding)
    }
    guard let wanted = IPv4Interface(subnet) else { throw .invalidPool }
    if wanted.address.raw == 0 {
      if !range.isEmpty { throw .invalidSubPool }
      return try takeSubnet(length: wanted.prefixLength == 0 ? nil : wanted.prefixLength, avoiding: avoiding)
    }
    if range.isEmpty { return try take(wanted.subnet, range: nil) }
    guard let part = IPv4Interface(range)?.subnet else { throw .invalidSubPool }
    // A range larger than its subnet counts as the whole of it.
    return try take(wanted.subnet, range: part.prefixLength < wanted.prefixLength ? wanted.subnet : part)
  }

  /// Gives a subnet back, or its range; the subnet goes when nobody uses it any more. Nothing happens to an unknown one.
  public mutating func releasePool(_ id: PoolID) {
    guard pools.contains(id.subnet) else { return }
    let isUnused = pools.update(id.subnet) { pool in
      if let range = id.range { pool.ranges.removeAll { $0 == range } } else { pool.goesWithLastRange = true }
      return pool.ranges.isEmpty && pool.goesWithLastRange
    }
    if isUnused == true { pools[id.subnet] = nil }
  }

  /// Takes an address of a pool: the one asked for, or a free one.
  public mutating func requestAddress(
    in id: PoolID, preferring wanted: IPv4Address? = nil, isSerial: Bool
  ) throws(IPAMError) -> IPv4Interface {
    guard pools.contains(id.subnet) else { throw .unknownPool }
    if let wanted, !id.subnet.contains(wanted) { throw .addressOutOfRange }
    do {
      if let wanted {
        try pools[existing: id.subnet].addresses.take(wanted.raw)
        return IPv4Interface(wanted, prefixLength: id.subnet.prefixLength)
      }
      let raw = try pools[existing: id.subnet].addresses.takeAny(in: id.range?.range, isSerial: isSerial)
      return IPv4Interface(IPv4Address(raw: raw), prefixLength: id.subnet.prefixLength)
    } catch {
      switch error {
      case .taken: throw .addressInUse
      case .exhausted: throw .noAvailableAddresses
      case .outside: throw .addressOutOfRange
      }
    }
  }

  /// Gives an address back; nothing happens if it was free or of another subnet.
  public mutating func releaseAddress(_ address: IPv4Address, in id: PoolID) {
    pools.update(id.subnet) { $0.addresses.release(address.raw) }
  }

  private mutating func take(_ subnet: IPv4Subnet, range: IPv4Subnet?) throws(IPAMError) -> PoolID {
    if let range {
      if pools[subnet]?.ranges.contains(range) == true { throw .poolOverlaps }
      if !pools.contains(subnet) {
        pools[subnet] = AddressSpace.freshPool(subnet)
        pools[existing: subnet].goesWithLastRange = true
      }
      pools[existing: subnet].ranges.append(range)
    } else {
      if pools.keys.contains(where: subnet.overlaps) { throw .poolOverlaps }
      pools[subnet] = AddressSpace.freshPool(subnet)
    }
    return PoolID(subnet: subnet, range: range)
  }

  private mutating func takeSubnet(length: Int?, avoiding: [IPv4Subnet]) throws(IPAMError) -> PoolID {
    var usable = predefined
    if let length {
      usable = predefined.filter { $0.block.prefixLength <= length }
        .map { PredefinedPool($0.block, subnetLength: length) }
    }
    if usable.isEmpty { throw .invalidPool }
    let blocked = avoiding.isEmpty ? pools.keys : (pools.keys + avoiding).sorted()
    for pool in usable {
      guard let free = AddressSpace.lowestFree(in: pool, besides: blocked) else { continue }
      pools[free] = AddressSpace.freshPool(free)
      return PoolID(subnet: free, range: nil)
    }
    throw .noMoreSubnets
  }

  /// The lowest subnet of a pool that overlaps none of `blocked`, which ascend.
  private static func lowestFree(in pool: PredefinedPool, besides blocked: [IPv4Subnet]) -> IPv4Subnet? {
    var candidate = IPv4Subnet(containing: pool.block.base, prefixLength: pool.subnetLength)
    for used in blocked where used.last >= candidate.base {
      if used.base > candidate.last { break }
      // The end of the numbers is the end of any pool.
      let next = UInt64(max(used.last.raw, candidate.last.raw)) + 1
      guard next <= UInt64(pool.block.last.raw) else { return nil }
      candidate = IPv4Subnet(containing: IPv4Address(raw: UInt32(next)), prefixLength: pool.subnetLength)
    }
    return pool.block.contains(candidate) ? candidate : nil
  }

  private static func freshPool(_ subnet: IPv4Subnet) -> Pool {
    var addresses = IDSpace(subnet.range)
    if subnet.prefixLength < 31 {
      for edge in [subnet.base, subnet.last] { try? addresses.take(edge.raw) }
    }
    return Pool(addresses: addresses)
  }
}
