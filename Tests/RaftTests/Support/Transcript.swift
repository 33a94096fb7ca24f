import Foundation
import Testing

/// A file of commands and what they printed: blocks of comment and command lines, `----`, expected lines, a blank line.
struct Transcript {
  struct Block {
    /// Where the block begins, from 1.
    var line: Int
    /// Comments and commands, as they stand.
    var input: [String]
    var expected: [String]
  }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Testdata")

  /// The transcripts' names, sorted.
  static var names: [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".txt") }.sorted()
  }

  /// Whether expectations are to be rewritten rather than met.
  static var isUpdating: Bool { ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" }

  let name: String
  var blocks: [Block] = []

  init(_ name: String) throws {
    self.name = name
    let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    var block: Block?
    var isExpecting = false
    for (number, line) in text.components(separatedBy: "\n").enumerated() {
      if line.isEmpty {
        if let block { blocks.append(block) }
        block = nil
        isExpecting = false
      } else if line == "----" {
        isExpecting = true
      } else {
        var current = block ?? Block(line: number + 1, input: [], expected: [])
        if isExpecting { current.expected.append(line) } else { current.input.append(line) }
        block = current
      }
    }
    if let block { blocks.append(block) }
  }

  /// Writes the file anew.
  func save() throws {
    let text = blocks.map { ($0.input + ["----"] + $0.expected).joined(separator: "\n") + "\n" }.joined(separator: "\n")
    try text.write(to: Self.folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
  }
}
