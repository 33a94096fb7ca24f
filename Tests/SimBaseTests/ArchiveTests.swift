import SimBase
import Testing

@Suite struct ArchiveTests {
  private let few = Array("a few".utf8)
  private let many = (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

  private func archive(of lists: [[UInt8]]) -> Archive {
    var archive = Archive()
    var number: UInt64 = 300
    for var list in lists {
      archive.field(&number)
      archive.field(sharing: &list)
    }
    return archive
  }

  @Test("bytes that are shared are written as any others, whether few or many") func sharing() {
    let lists = [few, many, [], many, few]
    let written = archive(of: lists).exactBytes
    var plain = Archive()
    var number: UInt64 = 300
    for var list in lists {
      plain.field(&number)
      plain.field(&list)
    }
    #expect(written == plain.exactBytes)
    var reading = Archive(reading: written)
    for list in lists {
      var (number, found) = (UInt64(0), [UInt8]())
      reading.field(&number)
      reading.field(sharing: &found)
      #expect(number == 300 && found == list)
    }
    #expect(reading.isWhole && reading.isAtEnd)
  }

  @Test("the pieces are the bytes, and many shared bytes are a piece of their own") func pieces() {
    let archive = archive(of: [few, many, few])
    #expect(archive.exactPieces.flatMap { $0 } == archive.exactBytes)
    #expect(archive.exactPieces.contains(many))
    #expect(self.archive(of: [few, few]).exactPieces.count == 1)
    #expect(Archive().exactPieces.isEmpty)
  }

  @Test("an archive added to another one stands there as it was") func appending() {
    var whole = archive(of: [few])
    let more = archive(of: [many, few])
    for piece in more.exactPieces { whole.append(piece) }
    #expect(whole.exactBytes == archive(of: [few]).exactBytes + more.exactBytes)
  }
}
