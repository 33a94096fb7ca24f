import Dataplane
import SimBase
import Testing

@Suite struct IPv4InterfaceTests {
  @Test("an interface keeps the bits that its subnet forgets") func bits() throws {
    let interface = try #require(IPv4Interface("10.0.1.77/24"))
    #expect(interface.description == "10.0.1.77/24")
    #expect(interface.subnet.description == "10.0.1.0/24")
    #expect(interface.address.description == "10.0.1.77")
  }

  @Test(
    "an address without a prefix, or with a bad one, is no interface",
    arguments: ["", "10.0.1.0", "10.0.1.0/33", "10.0.1.0/", "10.0.1.0/x", "10.0.1.0/-1", "10.0.1/24", "fd00::/64"])
  func refused(text: String) { #expect(IPv4Interface(text) == nil) }
}

/// Source: moby/moby `daemon/libnetwork/ipams/defaultipam/address_space_test.go`, `allocator_test.go`; measured examples.
@Suite struct AddressSpaceTests {
  @Test("a swarm's subnets are the lowest free ones, and a freed one is given out again at once") func lowestFree()
    throws
  {
    var space = AddressSpace(PredefinedPool.swarm)
    let ids = try (0..<3).map { _ in try space.requestPool(subnet: "") }
    #expect(ids.map(\.subnet.description) == ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"])
    space.releasePool(ids[1])
    #expect(try space.requestPool(subnet: "").subnet.description == "10.0.1.0/24")
    #expect(try space.requestPool(subnet: "").subnet.description == "10.0.3.0/24")
  }

  @Test("an engine cuts 31 local networks, then has no more") func localPools() throws {
    var space = AddressSpace(PredefinedPool.local)
    var subnets: [String] = []
    while let id = try? space.requestPool(subnet: "") { subnets.append(id.subnet.description) }
    #expect(subnets.count == 31)
    #expect(subnets[0...2] == ["172.17.0.0/16", "172.18.0.0/16", "172.19.0.0/16"])
    #expect(subnets[14...15] == ["172.31.0.0/16", "192.168.0.0/20"])
    #expect(subnets.last == "192.168.240.0/20")
    #expect(throws: IPAMError.noMoreSubnets) { try space.requestPool(subnet: "") }
    #expect("\(IPAMError.noMoreSubnets)" == "all predefined address pools have been fully subnetted")
  }

  @Test("a choice avoids the host's own subnets, a request does not") func avoiding() throws {
    var space = AddressSpace(PredefinedPool.local)
    let taken = try ["172.17.5.0/24", "172.18.0.0/15"].map { try #require(IPv4Subnet($0)) }
    #expect(try space.requestPool(subnet: "", avoiding: taken).subnet.description == "172.20.0.0/16")
    #expect(try space.requestPool(subnet: "172.17.5.0/24", avoiding: taken).subnet.description == "172.17.5.0/24")
  }

  @Test("overlapping a subnet in use is refused, except with a range") func overlaps() throws {
    var space = AddressSpace(PredefinedPool.swarm)
    _ = try space.requestPool(subnet: "10.0.0.0/16")
    #expect(throws: IPAMError.poolOverlaps) { try space.requestPool(subnet: "10.0.3.0/24") }
    #expect(throws: IPAMError.poolOverlaps) { try space.requestPool(subnet: "10.0.0.0/16") }
    #expect(throws: IPAMError.poolOverlaps) { try space.requestPool(subnet: "10.0.0.0/9") }
    #expect(try space.requestPool(subnet: "").subnet.description == "10.1.0.0/24")
    let ranged = try space.requestPool(subnet: "10.0.3.0/24", range: "10.0.3.128/25")
    #expect(ranged.range?.description == "10.0.3.128/25")
    #expect(throws: IPAMError.poolOverlaps) { try space.requestPool(subnet: "10.0.3.0/24", range: "10.0.3.128/25") }
    let other = try space.requestPool(subnet: "10.0.3.0/24", range: "10.0.3.0/25")
    space.releasePool(ranged)
    #expect(space.subnets.contains(other.subnet))
    space.releasePool(other)
    #expect(!space.subnets.contains(other.subnet))
  }

  @Test("a request for a size alone is cut from the pools") func sizeOnly() throws {
    var space = AddressSpace(PredefinedPool.swarm)
    #expect(try space.requestPool(subnet: "0.0.0.0/20").subnet.description == "10.0.0.0/20")
    #expect(try space.requestPool(subnet: "").subnet.description == "10.0.16.0/24")
    #expect(throws: IPAMError.invalidPool) { try space.requestPool(subnet: "0.0.0.0/4") }
    #expect(throws: IPAMError.invalidPool) { try space.requestPool(subnet: "fd00::/64") }
    #expect(throws: IPAMError.invalidSubPool) { try space.requestPool(subnet: "", range: "10.0.0.0/25") }
  }

  @Test("of overlapping pools the inner one is dropped, and several pools are used in order") func pools() throws {
    var space = AddressSpace(
      try [("20.0.0.0/23", 24), ("10.9.0.0/16", 24), ("10.9.4.0/22", 24), ("10.8.0.0/24", 24)].map {
        PredefinedPool(try #require(IPv4Subnet($0.0)), subnetLength: $0.1)
      })
    #expect(try space.requestPool(subnet: "").subnet.description == "10.8.0.0/24")
    for index in 0..<256 { #expect(try space.requestPool(subnet: "").subnet.description == "10.9.\(index).0/24") }
    #expect(try space.requestPool(subnet: "").subnet.description == "20.0.0.0/24")
    #expect(try space.requestPool(subnet: "").subnet.description == "20.0.1.0/24")
    #expect(throws: IPAMError.noMoreSubnets) { try space.requestPool(subnet: "") }
  }

  @Test("a serial choice hands out .1, .2 … and comes back to freed addresses only after the end") func serial() throws
  {
    var space = AddressSpace(PredefinedPool.swarm)
    let id = try space.requestPool(subnet: "10.0.9.0/29")
    let next = { (space: inout AddressSpace) in try space.requestAddress(in: id, isSerial: true).description }
    for host in 1...4 { #expect(try next(&space) == "10.0.9.\(host)/29") }
    space.releaseAddress(try #require(IPv4Address("10.0.9.2")), in: id)
    #expect(try next(&space) == "10.0.9.5/29")
    #expect(try next(&space) == "10.0.9.6/29")
    #expect(try next(&space) == "10.0.9.2/29")
    #expect(throws: IPAMError.noAvailableAddresses) { try next(&space) }
  }

  @Test("a local choice takes the lowest free address") func lowestAddress() throws {
    var space = AddressSpace(PredefinedPool.local)
    let id = try space.requestPool(subnet: "")
    for host in 1...3 {
      #expect(try space.requestAddress(in: id, isSerial: false).description == "172.17.0.\(host)/16")
    }
    space.releaseAddress(try #require(IPv4Address("172.17.0.2")), in: id)
    #expect(try space.requestAddress(in: id, isSerial: false).description == "172.17.0.2/16")
  }

  @Test("the first address of a range is given out like any other, the gateway may lie outside") func range() throws {
    var space = AddressSpace(PredefinedPool.swarm)
    let id = try space.requestPool(subnet: "10.50.0.0/24", range: "10.50.0.128/28")
    _ = try space.requestAddress(in: id, preferring: IPv4Address("10.50.0.254"), isSerial: true)
    #expect(try space.requestAddress(in: id, isSerial: true).description == "10.50.0.128/24")
    #expect(try space.requestAddress(in: id, isSerial: true).description == "10.50.0.129/24")
    #expect(throws: IPAMError.addressInUse) {
      try space.requestAddress(in: id, preferring: IPv4Address("10.50.0.254"), isSerial: true)
    }
    #expect(throws: IPAMError.addressOutOfRange) {
      try space.requestAddress(in: id, preferring: IPv4Address("10.51.0.1"), isSerial: true)
    }
  }

  @Test("network and broadcast address are never given out, except in a /31 or /32") func edges() throws {
    var space = AddressSpace(PredefinedPool.swarm)
    let usable = [("10.1.0.0/30", 2), ("10.2.0.0/31", 2), ("10.3.0.0/32", 1), ("10.4.0.0/24", 254)]
    for (subnet, count) in usable {
      let id = try space.requestPool(subnet: subnet)
      for _ in 0..<count { _ = try space.requestAddress(in: id, isSerial: true) }
      #expect(throws: IPAMError.noAvailableAddresses) { try space.requestAddress(in: id, isSerial: true) }
    }
  }

  @Test("the lowest free subnet is the one that trying all of them finds", arguments: 0..<24 as Range<UInt64>)
  func twin(seed: UInt64) throws {
    var dice = Dice(seed: seed, label: "subnets")
    let blocks = try [("10.0.0.0/21", 24), ("10.1.0.0/24", 26)].map {
      PredefinedPool(try #require(IPv4Subnet($0.0)), subnetLength: $0.1)
    }
    var space = AddressSpace(blocks)
    var held: [PoolID] = []
    for _ in 0..<80 {
      switch dice.below(3) {
      case 0 where !held.isEmpty: space.releasePool(held.remove(at: dice.int(in: 0..<held.count)))
      case 1:
        let base = IPv4Address(raw: 10 << 24 | UInt32(dice.below(4)) << 15 | UInt32(dice.below(16)) << 7)
        let wanted = IPv4Subnet(containing: base, prefixLength: 20 + Int(dice.below(8)))
        let fits = !held.contains { $0.subnet.overlaps(wanted) }
        let got = base.raw == 10 << 24 ? nil : try? space.requestPool(subnet: wanted.description)
        if base.raw != 10 << 24 { #expect((got != nil) == fits) }
        if let got { held.append(got) }
      default:
        let expected = blocks.flatMap { pool in
          stride(from: pool.block.base.raw, through: pool.block.last.raw, by: 1 << (32 - pool.subnetLength)).map {
            IPv4Subnet(containing: IPv4Address(raw: $0), prefixLength: pool.subnetLength)
          }
        }.first { candidate in !held.contains { $0.subnet.overlaps(candidate) } }
        let got = try? space.requestPool(subnet: "")
        #expect(got?.subnet == expected)
        if let got { held.append(got) }
      }
      #expect(space.subnets == held.map(\.subnet).sorted())
    }
  }
}
