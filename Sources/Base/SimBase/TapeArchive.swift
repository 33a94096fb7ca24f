/// Files as `tar` packs them: `docker cp` carries them so, and an image's layers are such archives.
///
/// Source: POSIX.1-1988 `ustar`; POSIX.1-2001 `pax` records; GNU tar's long names.
public struct TapeArchive: Sendable {
  /// One packed thing.
  public struct Item: Sendable, Equatable {
    /// What a thing is.
    public enum Kind: Sendable, Equatable {
      /// A file with its bytes.
      case file([UInt8])
      /// A directory.
      case directory
      /// A symbolic link to a path.
      case link(String)
      /// Another name of the file at a path of the archive.
      case hardLink(String)
    }

    /// Its path in the archive, without a slash at the end; one that was read begins with a slash.
    public var path: String
    /// What it is.
    public var kind: Kind
    /// Permission bits.
    public var mode: UInt16
    /// When it was last changed, in seconds since 1970.
    public var seconds: Int64
    /// The number of the user who owns it.
    public var user: UInt32 = 0
    /// The number of the group that owns it.
    public var group: UInt32 = 0

    /// A thing to pack, owned by root.
    public init(path: String, kind: Kind, mode: UInt16, seconds: Int64 = 0) {
      self.path = path
      self.kind = kind
      self.mode = mode
      self.seconds = seconds
    }

    /// Whether it is a directory.
    public var isDirectory: Bool { kind == .directory }
  }

  /// What is packed, in order.
  public private(set) var items: [Item] = []

  /// An empty archive.
  public init() {}

  /// Adds a thing.
  public mutating func add(_ item: Item) { items.append(item) }

  // MARK: Writing

  /// The archive's bytes.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for item in items {
      let name = item.path + (item.isDirectory ? "/" : "")
      bytes += long(name, "L")
      switch item.kind {
      case .directory: bytes += header(name, "5", item, size: 0)
      case .link(let target): bytes += long(target, "K") + header(name, "2", item, size: 0, target: target)
      case .hardLink(let target): bytes += long(target, "K") + header(name, "1", item, size: 0, target: target)
      case .file(let content): bytes += header(name, "0", item, size: content.count) + padded(content)
      }
    }
    return bytes + [UInt8](repeating: 0, count: 1_024)
  }

  /// A name that is too long for a header, in a block of its own before it.
  private func long(_ name: String, _ kind: Unicode.Scalar) -> [UInt8] {
    if name.utf8.count <= 100 { return [] }
    let item = Item(path: "", kind: .directory, mode: 0)
    return header("././@LongLink", kind, item, size: name.utf8.count + 1) + padded(Array(name.utf8) + [0])
  }

  private func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }

  private func header(
    _ name: String, _ kind: Unicode.Scalar, _ item: Item, size: Int, target: String = ""
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
    put(octal: Int64(item.mode), at: 100, width: 8)
    put(octal: Int64(item.user), at: 108, width: 8)
    put(octal: Int64(item.group), at: 116, width: 8)
    put(octal: Int64(size), at: 124, width: 12)
    put(octal: item.seconds, at: 136, width: 12)
    put("        ", at: 148, width: 8)
    block[156] = UInt8(ascii: kind)
    put(target, at: 157, width: 100)
    put("ustar\0" + "00", at: 257, width: 8)
    if item.user == 0 { put("root", at: 265, width: 32) }
    if item.group == 0 { put("root", at: 297, width: 32) }
    let sum = block.reduce(Int64(0)) { $0 + Int64($1) }
    put(octal: sum, at: 148, width: 7)
    block[154] = 0
    return block
  }

  // MARK: Reading

  /// Reads an archive; nil if it is broken or compressed.
  public init?(_ bytes: [UInt8]) {
    var offset = 0
    var records = Records()
    while offset + 512 <= bytes.count {
      let block = Array(bytes[offset..<offset + 512])
      if block.allSatisfy({ $0 == 0 }) { return }
      guard TapeArchive.number(block[148..<156]) == TapeArchive.checksum(block),
        let size = TapeArchive.number(block[124..<136]).map(Int.init), size >= 0, offset + 512 + size <= bytes.count
      else { return nil }
      let content = Array(bytes[(offset + 512)..<(offset + 512 + size)])
      offset += 512 + (size + 511) / 512 * 512
      let kind = Unicode.Scalar(block[156])
      switch kind {
      case "L": records.path = TapeArchive.text(content[...])
      case "K": records.target = TapeArchive.text(content[...])
      case "x": records.read(content)
      case "g": break
      default:
        if let item = TapeArchive.item(records, kind, block, content) { add(item) }
        records = Records()
      }
    }
    if offset != bytes.count { return nil }
  }

  /// What has been said of the next thing ahead of it.
  private struct Records {
    var path: String?
    var target: String?

    /// Reads `12 path=some/file` and the like, a line each.
    mutating func read(_ content: [UInt8]) {
      var rest = content[...]
      while let space = rest.firstIndex(of: UInt8(ascii: " ")) {
        guard let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length <= rest.count,
          length > space - rest.startIndex + 1
        else { return }
        let line = rest[(space + 1)..<(rest.startIndex + length - 1)]
        rest = rest[(rest.startIndex + length)...]
        let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count < 2 { continue }
        switch String(decoding: parts[0], as: UTF8.self) {
        case "path": path = String(decoding: parts[1], as: UTF8.self)
        case "linkpath": target = String(decoding: parts[1], as: UTF8.self)
        default: break
        }
      }
    }
  }

  /// The thing in a block; nil for devices and the like.
  private static func item(
    _ records: Records, _ kind: Unicode.Scalar, _ block: [UInt8], _ content: [UInt8]
  ) -> Item? {
    let path = normal(records.path ?? name(of: block))
    let target = records.target ?? text(block[157..<257])
    let mode = UInt16(truncatingIfNeeded: number(block[100..<108]) ?? 0o644) & 0o7777
    var item = Item(path: path, kind: .directory, mode: mode, seconds: number(block[136..<148]) ?? 0)
    item.user = UInt32(truncatingIfNeeded: number(block[108..<116]) ?? 0)
    item.group = UInt32(truncatingIfNeeded: number(block[116..<124]) ?? 0)
    switch kind {
    case "0", "\0": item.kind = .file(content)
    case "1": item.kind = .hardLink(normal(target))
    case "2": item.kind = .link(target)
    case "5": break
    default: return nil
    }
    return item
  }

  /// The path from the archive's root, without `.` and `..`, which lead nowhere above it.
  private static func normal(_ name: String) -> String {
    var parts: [Substring] = []
    for part in name.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
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
