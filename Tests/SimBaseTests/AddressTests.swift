import SimBase
import Testing

@Suite struct AddressTests {
  private enum Thing {}

  @Test("an address is read as it is written, and nothing else is") func addresses() {
    #expect(IPv4Address("10.0.1.4")?.description == "10.0.1.4")
    #expect(IPv4Address("10.0.1.4")?.macAddress == "02:42:0a:00:01:04")
    for bad in ["10.0.1", "10.0.1.256", "10.0.01.4", "10.0.1.+4", "a.b.c.d", ""] { #expect(IPv4Address(bad) == nil) }
  }

  @Test("a block knows its last address, what it holds and what it overlaps") func blocks() throws {
    let block = try #require(IPv4Subnet("172.20.0.0/14"))
    #expect(block.last == IPv4Address(172, 23, 255, 255))
    #expect(block.contains(IPv4Address(172, 22, 0, 1)))
    #expect(!block.contains(IPv4Address(172, 24, 0, 0)))
    #expect(block.overlaps(try #require(IPv4Subnet("172.21.5.0/24"))))
    #expect(!block.overlaps(try #require(IPv4Subnet("172.19.0.0/16"))))
    #expect(IPv4Subnet("172.20.0.5/14") == nil)
    #expect(IPv4Subnet.parse("172.30.0.5/16")?.subnet.description == "172.30.0.0/16")
    #expect(IPv4Subnet("0.0.0.0/0")?.last == IPv4Address(255, 255, 255, 255))
  }

  @Test("hexadecimal IDs order as their texts, and prefixes find their place") func hexIDs() throws {
    var dice = Dice(seed: 7, label: "ids")
    var ids: [HexID<Thing>] = []
    for _ in 0..<50 { ids.append(HexID(drawnFrom: &dice)) }
    #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
    for id in ids {
      #expect(HexID<Thing>(id.description) == id)
      let lowest = try #require(HexID<Thing>(lowestWithPrefix: id.short))
      #expect(lowest <= id && lowest.short == id.short)
      #expect(HexID<Thing>(archived: id.archived()) == id)
    }
    #expect(HexID<Thing>("ABC") == nil)
    #expect(HexID<Thing>(lowestWithPrefix: "+1") == nil)
  }
}
