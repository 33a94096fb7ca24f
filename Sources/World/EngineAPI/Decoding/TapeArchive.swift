import EngineTypes
import Shell
import SimBase

/// Files as `tar` packs them: `docker cp` carries them so.
///
/// **Differs from Docker:** times are told as if the world had begun with 2026, since a checksum covers them and the world
/// knows no dates; owners are root.
///
/// Source: POSIX.1-1988 `ustar`; GNU tar's long names.
struct TapeArchive {
  /// One packed thing.
  struct Item: Equatable {
    /// Its path in the archive, without a slash at the end.
    var path: String
    /// What it is.
    var entry: FileEntry
  }

  /// What is packed, in order.
  private(set) var items: [Item] = []

  /// An empty archive.
  init() {}

  /// Adds a thing.
  mutating func add(_ path: String, _ entry: FileEntry) { items.append(Item(path: path, entry: entry)) }

  // MARK: Writing

  /// The archive's bytes.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for item in items {
      let name = item.path + (item.entry.isDirectory ? "/" : "")
      if name.utf8.count > 100 {
        bytes += header("././@LongLink", "L", size: name.utf8.count + 1, mode: 0, at: .zero, target: "")
        bytes += padded(Array(name.utf8) + [0])
      }
      switch item.entry.content {
      case .directory: bytes += header(name, "5", size: 0, mode: item.entry.mode, at: item.entry.modified, target: "")
      case .link(let target):
        bytes += header(name, "2", size: 0, mode: item.entry.mode, at: item.entry.modified, target: target)
      case .file(let content):
        bytes += header(name, "0", size: content.count, mode: item.entry.mode, at: item.entry.modified, target: "")
        bytes += padded(content)
      }
    }
    return bytes + [UInt8](repeating: 0, count: 1_024)
  }

  private func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }

  private func header(
    _ name: String, _ kind: Unicode.Scalar, size: Int, mode: UInt16, at instant: Instant, target: String
  ) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int, width: Int) {
      for (index, byte) in text.utf8.prefix(width).enumerated() { block[offset + index] = byte }
    }
    func put(octal number: Int64, at offset: Int, width: Int) {
      let digits = String(max(0, number), radix: 8)
      put(String(repeating: "0", count: max(0, width - 1 - digits.count)) + digits, at: offset, width: width - 1)
    }
    put(name, at: 0, width: 100)
    put(octal: Int64(mode), at: 100, width: 8)
    put(octal: 0, at: 108, width: 8)
    put(octal: 0, at: 116, width: 8)
    put(octal: Int64(size), at: 124, width: 12)
    put(octal: Epoch.fixed.date(instant).unixNanoseconds / 1_000_000_000, at: 136, width: 12)
    put("        ", at: 148, width: 8)
    block[156] = UInt8(ascii: kind)
    put(target, at: 157, width: 100)
    put("ustar\0" + "00", at: 257, width: 8)
    put("root", at: 265, width: 32)
    put("root", at: 297, width: 32)
    let sum = block.reduce(Int64(0)) { $0 + Int64($1) }
    put(octal: sum, at: 148, width: 7)
    block[154] = 0
    return block
  }

  // MARK: Reading

  /// Reads an archive; nil if it is broken or compressed.
  init?(_ bytes: [UInt8]) {
    var offset = 0
    var longName: String?
    while offset + 512 <= bytes.count {
      let block = Array(bytes[offset..<offset + 512])
      if block.allSatisfy({ $0 == 0 }) { return }
      guard TapeArchive.number(block[148..<156]) == TapeArchive.checksum(block),
        let size = TapeArchive.number(block[124..<136]).map(Int.init), offset + 512 + size <= bytes.count
      else { return nil }
      let content = Array(bytes[(offset + 512)..<(offset + 512 + size)])
      offset += 512 + (size + 511) / 512 * 512
      let kind = Unicode.Scalar(block[156])
      if kind == "L" {
        longName = TapeArchive.text(content[...])
        continue
      }
      let name = longName ?? TapeArchive.name(of: block)
      longName = nil
      guard let entry = TapeArchive.entry(kind, block, content) else { continue }
      add(FileTree.normal("/" + name), entry)
    }
    if offset != bytes.count { return nil }
  }

  /// The thing in a block; nil for devices and the like.
  private static func entry(_ kind: Unicode.Scalar, _ block: [UInt8], _ content: [UInt8]) -> FileEntry? {
    let mode = UInt16(truncatingIfNeeded: number(block[100..<108]) ?? 0o644) & 0o7777
    let seconds = number(block[136..<148]) ?? 0
    let modified = Epoch.fixed.instant(Timestamp(unixNanoseconds: seconds * 1_000_000_000))
    switch kind {
    case "0", "\0": return FileEntry(.file(content), mode: mode, modified: modified)
    case "5": return FileEntry(.directory, mode: mode, modified: modified)
    case "2": return FileEntry(.link(text(block[157..<257])), mode: mode, modified: modified)
    default: return nil
    }
  }

  private static func name(of block: [UInt8]) -> String {
    let prefix = text(block[345..<500])
    let name = text(block[0..<100])
    let isPOSIX = Array(block[257..<263]) == Array("ustar\0".utf8)
    return isPOSIX && !prefix.isEmpty ? "\(prefix)/\(name)" : name
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int64? {
    let digits = text(bytes).trimmed()
    return digits.isEmpty ? 0 : Int64(digits, radix: 8)
  }

  private static func checksum(_ block: [UInt8]) -> Int64 {
    block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int64($1.element)) }
  }
}
