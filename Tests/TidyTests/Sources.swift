import Foundation

/// A file of the repository.
struct SourceFile: CustomStringConvertible {
  /// Its path from the repository's root.
  let path: String
  /// Its lines as they stand.
  let lines: [String]
  /// The lines with comments and texts blanked, so that a name in them is no use of it.
  let code: [String]

  init(_ path: String, _ text: String) {
    self.path = path
    lines = text.components(separatedBy: "\n")
    code = path.hasSuffix(".swift") ? Blanking.code(of: text).components(separatedBy: "\n") : []
  }

  var description: String { path }

  /// `Sources/<Floor>/<Room>/…`
  private var parts: [String] { path.components(separatedBy: "/") }
  var floor: String { parts.count > 3 ? parts[1] : "" }
  var room: String { parts.count > 3 ? parts[2] : "" }
  /// All floors but the doors are simulated.
  var isSimulated: Bool { parts.first == "Sources" && floor != "Doors" }

  /// The modules that the file imports.
  var imports: [String] { code.compactMap(SourceFile.module) }

  /// The module that a line imports: `@testable import A`, `internal import struct B.C`.
  private static func module(_ line: String) -> String? {
    if !line.contains("import ") { return nil }
    let words = line.split(separator: " ")
    guard let place = words.firstIndex(of: "import"), words.count > place + 1 else { return nil }
    let isImport = words[..<place].allSatisfy {
      $0.hasPrefix("@") || ["public", "package", "internal", "fileprivate", "private"].contains($0)
    }
    let kinds = ["struct", "class", "enum", "protocol", "func", "typealias", "var", "let"]
    let name = kinds.contains(String(words[place + 1])) ? words.dropFirst(place + 2).first : words[place + 1]
    return isImport ? name.map { String($0.prefix { $0 != "." }) } : nil
  }
}

/// The repository that these tests were built from.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Files under a folder whose names end in one of these.
  static func files(_ folders: [String], _ endings: [String]) -> [SourceFile] {
    folders.flatMap { folder -> [SourceFile] in
      let base = root + "/" + folder
      let found = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
      return found.sorted().filter { name in endings.contains { name.hasSuffix($0) } }.compactMap { name in
        text("\(folder)/\(name)").map { SourceFile("\(folder)/\(name)", $0) }
      }
    }
  }

  static let swift = files(["Sources"], [".swift"])

  static func text(_ path: String) -> String? { try? String(contentsOfFile: root + "/" + path, encoding: .utf8) }
}

/// Blanks comments and the texts of literals, keeping lines; what is interpolated stays code.
struct Blanking {
  private let bytes: [UInt8]
  private var place = 0
  private var result: [UInt8] = []

  static func code(of text: String) -> String {
    var blanking = Blanking(bytes: Array(text.utf8))
    while blanking.place < blanking.bytes.count { blanking.step() }
    return String(decoding: blanking.result, as: UTF8.self)
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func isAt(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    return place + count <= bytes.count
      && bytes.withUnsafeBytes { $0.baseAddress.map { memcmp($0 + place, text.utf8Start, count) } == 0 }
  }

  private func isAt(_ text: [UInt8]) -> Bool {
    place + text.count <= bytes.count && bytes[place..<place + text.count].elementsEqual(text)
  }

  private mutating func step() {
    let byte = bytes[place]
    if byte == UInt8(ascii: "/") && isAt("//") {
      place = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    } else if byte == UInt8(ascii: "/") && isAt("/*") {
      blankComment()
    } else if let hashes = literalStart {
      blankLiteral(hashes)
    } else {
      let end = max(place + 1, endOfPlain)
      result.append(contentsOf: bytes[place..<end])
      place = end
    }
  }

  /// Where the next byte stands that could begin something: most bytes begin nothing, and this is a test in debug.
  private var endOfPlain: Int {
    bytes.withUnsafeBufferPointer { bytes in
      var end = place
      while end < bytes.count {
        switch bytes[end] {
        case UInt8(ascii: "/"), UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "("), UInt8(ascii: ")"): return end
        default: end += 1
        }
      }
      return end
    }
  }

  private mutating func blankComment() {
    while place < bytes.count && !isAt("*/") { skip() }
    place += 2
  }

  /// Passes over a byte, and keeps the line's end.
  private mutating func skip() {
    if bytes[place] == UInt8(ascii: "\n") { result.append(UInt8(ascii: "\n")) }
    place += 1
  }

  /// How many `#` stand before the quote that begins here; nil where no literal does.
  private var literalStart: Int? {
    var end = place
    while end < bytes.count && bytes[end] == UInt8(ascii: "#") { end += 1 }
    return end < bytes.count && bytes[end] == UInt8(ascii: "\"") ? end - place : nil
  }

  private mutating func blankLiteral(_ hashes: Int) {
    place += hashes
    let quotes = isAt("\"\"\"") ? "\"\"\"" : "\""
    place += quotes.utf8.count
    let marks = String(repeating: "#", count: hashes)
    let (end, escape) = (Array((quotes + marks).utf8), Array(("\\" + marks).utf8))
    result.append(contentsOf: "\"\"".utf8)
    while place < bytes.count && !isAt(end) {
      if !isAt(escape) {
        skip()
        continue
      }
      place += escape.count
      if place < bytes.count && bytes[place] == UInt8(ascii: "(") { copyInterpolation() } else { skip() }
    }
    place += end.count
  }

  private mutating func copyInterpolation() {
    var depth = 0
    result.append(UInt8(ascii: " "))
    while place < bytes.count {
      let byte = bytes[place]
      if byte == UInt8(ascii: "(") { depth += 1 }
      if byte == UInt8(ascii: ")") { depth -= 1 }
      step()
      if depth == 0 { break }
    }
    result.append(UInt8(ascii: " "))
  }
}
