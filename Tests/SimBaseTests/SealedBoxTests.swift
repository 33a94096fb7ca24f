import SimBase
import Testing

@Suite struct SealedBoxTests {
  private let key = [UInt8](1...32)
  private let words = Array("what only who holds the key may read, and more than one block of it".utf8)

  @Test("what was sealed is opened by its key, whatever its length") func roundTrip() {
    for count in [0, 1, 31, 32, 33, 1_000] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
      #expect(SealedBox.open(SealedBox.seal(bytes, key: key), key: key) == bytes)
    }
  }

  @Test("another key opens nothing, and neither does the right one once a byte has changed") func refusals() {
    let sealed = SealedBox.seal(words, key: key)
    #expect(SealedBox.open(sealed, key: key.reversed()) == nil)
    for place in sealed.indices {
      var changed = sealed
      changed[place] ^= 1
      #expect(SealedBox.open(changed, key: key) == nil, "byte \(place)")
    }
    #expect(SealedBox.open(Array(sealed.dropLast()), key: key) == nil)
    #expect(SealedBox.open([], key: key) == nil)
  }

  @Test("nothing of the bytes stands in the box, and other bytes or another key make another box") func hides() {
    let sealed = SealedBox.seal(words, key: key)
    let shown = (0..<sealed.count - 8).contains { start in
      (0..<words.count - 8).contains { words[$0..<$0 + 8].elementsEqual(sealed[start..<start + 8]) }
    }
    #expect(!shown)
    #expect(SealedBox.seal(words, key: key) == sealed)
    #expect(SealedBox.seal(words.reversed(), key: key).prefix(48) != sealed.prefix(48))
    #expect(SealedBox.seal(words, key: key.reversed()).prefix(48) != sealed.prefix(48))
  }
}
