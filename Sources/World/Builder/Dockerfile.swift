import EngineTypes
import SimBase

/// A Dockerfile: its instructions with the lines that they stand on, and what is to be said about its form.
///
/// **Differs from Docker:** here-documents are read over, which is what the classic builder makes of them.
///
/// Source: moby/buildkit `frontend/dockerfile/parser/parser.go`, `directives.go`.
public struct Dockerfile: Sendable {
  /// One instruction as it is written.
  public struct Line: Sendable, Hashable {
    /// The number of its first line.
    public var number: Int
    /// All of its lines as one.
    public var text: String
    /// Its here-documents' names.
    var documents: [String] = []
  }

  /// The instructions as written.
  public private(set) var lines: [Line] = []
  /// What they say.
  public private(set) var instructions: [Instruction] = []
  /// Warnings about their form.
  public private(set) var warnings: [String] = []

  /// Reads a file.
  public init(_ text: String) throws(DockerfileFault) {
    let escape = try Dockerfile.escape(in: text)
    read(text, escape)
    if lines.isEmpty { throw DockerfileFault("file with no instructions") }
    // Words are told apart in the whole file before any instruction is looked at.
    var words: [InstructionWords] = []
    for line in lines { words.append(try InstructionWords(line.text, escape: escape)) }
    for (line, words) in zip(lines, words) {
      do throws(DockerfileFault) { instructions.append(try Instruction(words)) } catch {
        throw DockerfileFault(error.reason, line: line.number)
      }
    }
  }

  /// What ends a line that goes on in the next: a backslash, unless a directive at the top says otherwise.
  private static func escape(in text: String) throws(DockerfileFault) -> Character {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let bare = line.trimmed()
      guard bare.hasPrefix("#") else { break }
      let parts = bare.dropFirst().split(separator: "=", maxSplits: 1).map { $0.trimmed() }
      guard parts.count == 2, !parts[0].contains(" ") else { break }
      if parts[0].lowercased() != "escape" { continue }
      guard parts[1] == "`" || parts[1] == "\\" else {
        throw DockerfileFault("invalid ESCAPE '\(parts[1])'. Must be ` or \\")
      }
      return Character(parts[1])
    }
    return "\\"
  }

  private mutating func read(_ text: String, _ escape: Character) {
    var open: Line?
    var hasEmptyContinuation = false
    var documents: [String] = []
    for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = raw.hasSuffix("\r") ? raw.dropLast() : raw
      if let name = documents.first {
        if line.drop(while: { $0 == "\t" }) == name { documents.removeFirst() }
        continue
      }
      let bare = line.drop { $0 == " " || $0 == "\t" }
      if bare.hasPrefix("#") { continue }
      if bare.trimmed().isEmpty {
        if open != nil { hasEmptyContinuation = true }
        continue
      }
      let (content, goesOn) = Dockerfile.continued(open == nil ? bare : line, escape)
      if open == nil { open = Line(number: index + 1, text: "") }
      open?.text += content
      if goesOn { continue }
      documents = close(&open, &hasEmptyContinuation)
    }
    _ = close(&open, &hasEmptyContinuation)
    if !warnings.isEmpty {
      warnings.append("[WARNING]: Empty continuation lines will become errors in a future release.\n")
    }
  }

  /// Keeps a whole instruction; the names of the here-documents that follow it come back.
  private mutating func close(_ open: inout Line?, _ hasEmptyContinuation: inout Bool) -> [String] {
    guard var line = open else { return [] }
    open = nil
    line.text = line.text.trimmed()
    if hasEmptyContinuation {
      warnings.append("[WARNING]: Empty continuation line found in: \(line.text)\n")
      hasEmptyContinuation = false
    }
    if line.text.isEmpty { return [] }
    lines.append(line)
    let word = line.text.prefix { $0 != " " && $0 != "\t" }.uppercased()
    return ["RUN", "COPY", "ADD"].contains(word) ? Dockerfile.documents(in: line.text) : []
  }

  private static func continued(_ line: Substring, _ escape: Character) -> (String, Bool) {
    var end = line[...]
    while end.last == " " || end.last == "\t" { end.removeLast() }
    return end.last == escape ? (String(end.dropLast()), true) : (String(line), false)
  }

  /// The names after `<<` in an instruction: `EOF` in `<<EOF`, `<<-EOF`, `<<"EOF"`.
  private static func documents(in text: String) -> [String] {
    var names: [String] = []
    for word in text.split(separator: " ") {
      var rest = word.drop { $0.isNumber }
      if !rest.hasPrefix("<<") || rest.hasPrefix("<<<") { continue }
      rest = rest.dropFirst(2)
      if rest.first == "-" { rest = rest.dropFirst() }
      let name = rest.filter { $0 != "\"" && $0 != "'" }
      if !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) { names.append(name) }
    }
    return names
  }
}
