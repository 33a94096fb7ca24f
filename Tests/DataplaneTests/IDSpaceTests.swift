import Dataplane
import SimBase
import Testing

/// Source: moby/swarmkit `internal/idm/idm_test.go`, moby/moby `daemon/libnetwork/bitmap/sequence_test.go`.
@Suite struct IDSpaceTests {
  @Test("without a cursor the lowest free number is taken each time") func lowestFirst() throws {
    var space = IDSpace(50...52)
    #expect(try space.takeAny(isSerial: false) == 50)
    #expect(try space.takeAny(isSerial: false) == 51)
    space.release(50)
    #expect(try space.takeAny(isSerial: false) == 50)
    #expect(try space.takeAny(isSerial: false) == 52)
    #expect(throws: IDSpace.Refusal.exhausted) { try space.takeAny(isSerial: false) }
  }

  @Test("a serial pick goes on behind the last one and wraps round") func serial() throws {
    var space = IDSpace(50...55)
    for expected in UInt32(50)...54 { #expect(try space.takeAny(isSerial: true) == expected) }
    space.release(50)
    space.release(53)
    #expect(try space.takeAny(isSerial: true) == 55)
    #expect(try space.takeAny(isSerial: true) == 50)
    #expect(try space.takeAny(isSerial: true) == 53)
    #expect(throws: IDSpace.Refusal.exhausted) { try space.takeAny(isSerial: true) }
  }

  @Test("a number asked for by name leaves the cursor where it is") func namedKeepsCursor() throws {
    var space = IDSpace(0...9)
    #expect(try space.takeAny(isSerial: true) == 0)
    try space.take(7)
    #expect(try space.takeAny(isSerial: true) == 1)
  }

  @Test("a lowest pick moves the cursor too") func lowestMovesCursor() throws {
    var space = IDSpace(0...9)
    #expect(try space.takeAny(isSerial: false) == 0)
    #expect(try space.takeAny(isSerial: false) == 1)
    space.release(0)
    #expect(try space.takeAny(isSerial: true) == 2)
  }

  @Test("a number in use, or outside, is refused in the original's words") func refusals() throws {
    var space = IDSpace(10...20)
    try space.take(10)
    #expect(throws: IDSpace.Refusal.taken(10)) { try space.take(10) }
    #expect(throws: IDSpace.Refusal.outside(21)) { try space.take(21) }
    #expect("\(IDSpace.Refusal.taken(10))" == "requested bit is already allocated")
    #expect("\(IDSpace.Refusal.outside(21))" == "requested id does not belong to the set")
    #expect("\(IDSpace.Refusal.exhausted)" == "no bit available")
    space.release(10)
    space.release(10)
    #expect(space.count == 0)
    try space.take(10)
    #expect(space.count == 1)
  }

  @Test("a pick inside a part starts at the part's beginning unless the cursor is in it") func parts() throws {
    var space = IDSpace(0...255)
    #expect(try space.takeAny(in: 128...143, isSerial: true) == 128)
    #expect(try space.takeAny(in: 128...143, isSerial: true) == 129)
    #expect(try space.takeAny(in: 0...7, isSerial: true) == 0)
    #expect(try space.takeAny(in: 128...143, isSerial: true) == 130)
    for _ in 131...143 { _ = try space.takeAny(in: 128...143, isSerial: true) }
    #expect(throws: IDSpace.Refusal.exhausted) { try space.takeAny(in: 128...143, isSerial: true) }
  }

  @Test("it agrees with a set of numbers and a loop", arguments: 0..<16 as Range<UInt64>)
  func twin(seed: UInt64) throws {
    var dice = Dice(seed: seed, label: "ids")
    let lower = UInt32(dice.below(70))
    let range = lower...lower + UInt32(dice.below(200))
    var space = IDSpace(range)
    var twin = NaiveIDSpace(range: range)
    for _ in 0..<600 {
      let number = lower + UInt32(dice.below(210))
      switch dice.below(8) {
      case 0, 1, 2:
        let isSerial = dice.chance(3, in: 4)
        #expect((try? space.takeAny(isSerial: isSerial)) == twin.takeAny(in: range, isSerial: isSerial))
      case 3:
        let part = range.clamped(to: number...number + 20)
        if part.isEmpty || !range.contains(number) { continue }
        #expect((try? space.takeAny(in: part, isSerial: true)) == twin.takeAny(in: part, isSerial: true))
      case 4, 5: #expect(((try? space.take(number)) != nil) == twin.take(number))
      default:
        space.release(number)
        twin.used.remove(number)
      }
      #expect(space.count == twin.used.count)
    }
    for number in range { #expect(space.contains(number) == twin.used.contains(number)) }
  }
}

/// The same by brute force.
private struct NaiveIDSpace {
  let range: ClosedRange<UInt32>
  var used: Set<UInt32> = []
  var cursor: UInt32 = 0

  mutating func take(_ number: UInt32) -> Bool { range.contains(number) && used.insert(number).inserted }

  mutating func takeAny(in part: ClosedRange<UInt32>, isSerial: Bool) -> UInt32? {
    let order = isSerial && part.contains(cursor) ? Array(cursor...part.upperBound) + Array(part) : Array(part)
    guard let free = order.first(where: { !used.contains($0) }) else { return nil }
    used.insert(free)
    cursor = free + 1
    return free
  }
}

@Suite struct PortAndVXLANSpaceTests {
  @Test("dynamic ports go upward from 30000, pass over ports in use and are not given again at once")
  func dynamicPorts() throws {
    var ports = PortSpace()
    #expect(try ports.takeAny() == 30_000)
    try ports.take(30_001)
    try ports.take(8080)
    #expect(try ports.takeAny() == 30_002)
    ports.release(30_000)
    ports.release(30_002)
    #expect(try ports.takeAny() == 30_003)
    #expect(throws: IDSpace.Refusal.taken(8080)) { try ports.take(8080) }
    #expect(throws: IDSpace.Refusal.outside(0)) { try ports.take(0) }
    #expect(throws: IDSpace.Refusal.outside(65_536)) { try ports.take(65_536) }
  }

  @Test("after 32767 the search wraps to 30000, and 2768 dynamic ports are all there are") func wrap() throws {
    var ports = PortSpace()
    for expected in UInt32(30_000)...32_767 { #expect(try ports.takeAny() == expected) }
    #expect(throws: IDSpace.Refusal.exhausted) { try ports.takeAny() }
    ports.release(30_007)
    #expect(try ports.takeAny() == 30_007)
  }

  @Test("VXLAN ids begin at 4096, go on serially, and those of a user's list come first") func vxlan() throws {
    var ids = VXLANSpace()
    #expect(try ids.take(1, preferring: nil) == [4096])
    #expect(try ids.take(2, preferring: nil) == [4097, 4098])
    ids.release([4096])
    #expect(try ids.take(1, preferring: nil) == [4099])
    #expect(try ids.take(2, preferring: "100") == [100, 4100])
    #expect(throws: VXLANError.invalid("x")) { try ids.take(1, preferring: "x") }
    #expect(throws: VXLANError.refused(.taken(100), subnet: 1)) { try ids.take(2, preferring: "101,100") }
    #expect(try ids.take(1, preferring: "101") == [101])
  }
}
