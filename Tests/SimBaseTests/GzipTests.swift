import SimBase
import Testing

@Suite struct GzipTests {
  @Test("what gzip has packed is unpacked, whichever kind of block it chose") func unpacking() throws {
    let packed = try #require(
      Base64.bytes(
        "H4sIAAAAAAACA8tIzcnJV0ivyixQyMDG5MoYVTCqYFTBqIKRrQAAmXrU+SgFAAA="))
    let line = "hello gzip hello gzip hello gzip\n"
    #expect(Gzip.unpacked(packed) == Array(String(repeating: line, count: 40).utf8))
    // Too short to be worth packing: a stored block.
    let stored: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 0, 0xFD, 0xFF, 104, 105, 0, 0, 0, 0, 2, 0, 0, 0]
    #expect(Gzip.unpacked(stored) == Array("hi".utf8))
  }

  @Test("a broken file is told from a whole one") func broken() {
    #expect(Gzip.unpacked(Array("plain text that is longer than a header".utf8)) == nil)
    #expect(Gzip.unpacked([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]) == nil)
  }

  @Test("records of a pax archive count before the header's own names") func pax() throws {
    var archive = TapeArchive()
    archive.add(TapeArchive.Item(path: "short", kind: .file([65]), mode: 0o644))
    var bytes = archive.bytes
    // A header of kind x before the file, with one record in it.
    let record = Array("22 path=a/longer/name\n".utf8)
    var head = TapeArchive()
    head.add(TapeArchive.Item(path: "pax", kind: .file(record), mode: 0o644))
    var front = Array(head.bytes.prefix(1_024))
    front[156] = UInt8(ascii: "x")
    let sum = front[..<512].enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
    let digits = Array(String(sum, radix: 8).utf8)
    for place in 0..<6 { front[148 + place] = place < 6 - digits.count ? 48 : digits[place - (6 - digits.count)] }
    bytes = front + bytes
    #expect(try #require(TapeArchive(bytes)).items.map(\.path) == ["/a/longer/name"])
  }
}
