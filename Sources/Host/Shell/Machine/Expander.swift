import SimBase

/// Turns words into fields: parameters, substitutions, field splitting, pathnames.
///
/// A command substitution has to run before its word can be finished, and running takes time. So an expansion that
/// meets one without its answer stops with `.ask`; the machine runs the command, adds its output to the answers and
/// expands again from the beginning, on the variables as they were. An expansion is thus a pure function of words,
/// variables and answers.
///
/// Source: POSIX.1-2017, Shell & Utilities, §2.6.
struct Expander {
  /// What an expansion needs to be told before it can go on.
  enum Question: Sendable {
    case output(of: Command)
    case random
  }

  /// Why an expansion stopped.
  enum Stop: Error {
    /// With the variables as they are at that point: `${x:=1}$(echo $x)`.
    case ask(Question, Variables)
    case failure(String)
  }

  /// What an expansion reads besides variables.
  struct Surroundings: Sendable {
    var name: String
    var positional: [String]
    var status: Int
    var processID: Int
    var lastBackground: Int?
    var flags: String
    var directory: String
    var isGlobbing = true
    var expandsBraces = false
    var failsOnUnset = false
  }

  private enum Segment {
    case text(String, isQuoted: Bool)
    /// The outcome of an expansion outside quotes: split at the separators.
    case loose(String)
    case boundary
  }

  private typealias Piece = (text: String, isQuoted: Bool)

  let surroundings: Surroundings
  /// Let go of once expanded, so that what follows changes the tree in place.
  private(set) var files: FileTree
  let answers: [String]
  private(set) var variables: Variables
  private var answered = 0

  init(_ surroundings: Surroundings, variables: Variables, files: FileTree, answers: [String]) {
    self.surroundings = surroundings
    self.variables = variables
    self.files = files
    self.answers = answers
  }

  /// Gives up its view of the files.
  mutating func forgetFiles() { files = .none }

  // MARK: What is asked of it

  /// The fields of the words: split, and pathnames looked up.
  mutating func fields(_ words: [Word]) throws(Stop) -> [String] {
    var fields: [String] = []
    for word in surroundings.expandsBraces ? words.flatMap(BraceExpansion.words) : words {
      for pieces in split(try segments(word.parts)) { fields += pathnames(pieces) }
    }
    return fields
  }

  /// The word as one text: neither split nor looked up.
  mutating func text(_ word: Word) throws(Stop) -> String {
    try pieces(word).map(\.text).joined()
  }

  /// The word as a pattern, in which quoted characters stand for themselves.
  mutating func pattern(_ word: Word) throws(Stop) -> GlobPattern { GlobPattern(try pieces(word)) }

  /// Makes an assignment.
  mutating func assign(_ assignment: Assignment) throws(Stop) {
    let value = try text(assignment.value)
    if variables.isReadOnly(assignment.name) { throw .failure("\(assignment.name): is read only") }
    variables.set(assignment.name, value)
  }

  private mutating func pieces(_ word: Word) throws(Stop) -> [Piece] {
    var pieces: [Piece] = []
    for segment in try segments(word.parts) {
      switch segment {
      case .text(let text, let isQuoted): pieces.append((text, isQuoted))
      case .loose(let text): pieces.append((text, false))
      case .boundary: pieces.append((" ", true))
      }
    }
    return pieces
  }

  // MARK: Segments

  private mutating func segments(_ parts: [WordPart]) throws(Stop) -> [Segment] {
    var found: [Segment] = []
    for part in parts {
      switch part {
      case .text(let text, let isQuoted): found.append(.text(text, isQuoted: isQuoted))
      case .tilde(let user): found.append(.text(home(of: user), isQuoted: true))
      case .command(let command, let isQuoted):
        var output = try answer(.output(of: command))
        while output.utf8.last == newlineByte { output = String(decoding: output.utf8.dropLast(), as: UTF8.self) }
        found.append(isQuoted ? .text(output, isQuoted: true) : .loose(output))
      case .arithmetic(let word, let isQuoted):
        let sum = try text(word)
        let value = String(try arithmetic(sum))
        found.append(isQuoted ? .text(value, isQuoted: true) : .loose(value))
      case .parameter(let parameter, let isQuoted): found += try segments(parameter, isQuoted: isQuoted)
      }
    }
    return found
  }

  private mutating func arithmetic(_ text: String) throws(Stop) -> Int64 {
    do throws(Arithmetic.Failure) { return try Arithmetic.value(text, &variables) } catch {
      throw .failure(error.message)
    }
  }

  private mutating func answer(_ question: Question) throws(Stop) -> String {
    guard answered < answers.count else { throw .ask(question, variables) }
    answered += 1
    return answers[answered - 1]
  }

  private func home(of user: String) -> String {
    if user.isEmpty { return variables["HOME"] ?? "~" }
    return user == "root" ? "/root" : "~" + user
  }

  private mutating func segments(_ parameter: Parameter, isQuoted: Bool) throws(Stop) -> [Segment] {
    let name = parameter.name
    if case .plain = parameter.operation, name == "@" || name == "*" { return list(name, isQuoted: isQuoted) }
    let value = try self.value(of: name)
    let isUnset = value == nil
    func other(_ colon: Bool) -> Bool { isUnset || (colon && value?.isEmpty == true) }
    var result = value ?? ""
    switch parameter.operation {
    case .plain:
      if isUnset && surroundings.failsOnUnset { throw .failure("\(name): parameter not set") }
    case .length:
      result = String(name == "@" || name == "*" ? surroundings.positional.count : result.unicodeScalars.count)
    case .orElse(let word, let colon):
      if other(colon) { return try substitute(word, isQuoted: isQuoted) }
    case .ifSet(let word, let colon):
      return try substitute(other(colon) ? Word() : word, isQuoted: isQuoted)
    case .orAssign(let word, let colon):
      if other(colon) {
        result = try text(word)
        variables.set(name, result)
      }
    case .orFail(let word, let colon):
      if other(colon) {
        let message = try text(word)
        let standard = "parameter not set" + (colon ? " or null" : "")
        throw .failure("\(name): \(message.isEmpty ? standard : message)")
      }
    case .removePrefix(let word, let longest):
      result = try pattern(word).removedPrefix(from: result, longest: longest)
    case .removeSuffix(let word, let longest):
      result = try pattern(word).removedSuffix(from: result, longest: longest)
    case .replace(let word, let replacement, let all):
      let pattern = try pattern(word)
      result = pattern.replaced(in: result, with: try text(replacement), all: all)
    case .slice(let offset, let length):
      result = try slice(result, offset, length)
    }
    return [isQuoted ? .text(result, isQuoted: true) : .loose(result)]
  }

  /// `$@` and `$*`.
  private func list(_ name: String, isQuoted: Bool) -> [Segment] {
    if isQuoted && name == "*" {
      let separator = variables["IFS"].map { String($0.prefix(1)) } ?? " "
      return [.text(surroundings.positional.joined(separator: separator), isQuoted: true)]
    }
    var found: [Segment] = []
    for (place, value) in surroundings.positional.enumerated() {
      if place > 0 { found.append(.boundary) }
      found.append(isQuoted ? .text(value, isQuoted: true) : .loose(value))
    }
    return found
  }

  /// The word of `${x:-word}`: its unquoted text is split like any expansion's outcome.
  private mutating func substitute(_ word: Word, isQuoted: Bool) throws(Stop) -> [Segment] {
    // Quotes around nothing are an empty field still.
    if word.parts.isEmpty && isQuoted { return [.text("", isQuoted: true)] }
    return try segments(word.parts).map { segment in
      switch segment {
      case .text(let text, let wasQuoted): isQuoted || wasQuoted ? .text(text, isQuoted: true) : .loose(text)
      case .loose(let text): isQuoted ? .text(text, isQuoted: true) : .loose(text)
      case .boundary: .boundary
      }
    }
  }

  private mutating func slice(_ value: String, _ offset: Word, _ length: Word?) throws(Stop) -> String {
    let characters = Array(value.unicodeScalars)
    let start = try arithmetic(try text(offset))
    let from = min(max(start < 0 ? Int64(characters.count) + start : start, 0), Int64(characters.count))
    var end = Int64(characters.count)
    if let length {
      let count = try arithmetic(try text(length))
      end = count < 0 ? end + count : min(end, from + count)
    }
    var result = String.UnicodeScalarView()
    if from < end { result.append(contentsOf: characters[Int(from)..<Int(end)]) }
    return String(result)
  }

  private mutating func value(of name: String) throws(Stop) -> String? {
    switch name {
    case "?": return String(surroundings.status)
    case "#": return String(surroundings.positional.count)
    case "$": return String(surroundings.processID)
    case "!": return surroundings.lastBackground.map(String.init)
    case "-": return surroundings.flags
    case "0": return surroundings.name
    case "@", "*": return surroundings.positional.isEmpty ? nil : surroundings.positional.joined(separator: " ")
    case "RANDOM" where variables["RANDOM"] == nil: return try answer(.random)
    default:
      guard let place = Int(name) else { return variables[name] }
      return place <= surroundings.positional.count ? surroundings.positional[place - 1] : nil
    }
  }

  // MARK: Fields

  private func split(_ segments: [Segment]) -> [[Piece]] {
    let separators = Array((variables["IFS"] ?? " \t\n").utf8)
    let blanks = separators.filter { $0 == 32 || $0 == 9 || $0 == 10 }
    var fields: [[Piece]] = []
    var current: [Piece]?
    // "a , b" is two fields with IFS=', ': a comma after a blank that ended a field belongs to that end.
    var endedByBlank = false
    for segment in segments {
      switch segment {
      case .text(let text, let isQuoted):
        if isQuoted || !text.isEmpty { current = (current ?? []) + [(text, isQuoted)] }
        endedByBlank = false
      case .boundary:
        if let field = current { fields.append(field) }
        current = nil
      case .loose(let text):
        var run: [UInt8] = []
        func endRun() {
          if !run.isEmpty { current = (current ?? []) + [(String(decoding: run, as: UTF8.self), false)] }
          run = []
        }
        for byte in text.utf8 {
          guard separators.contains(byte) else {
            run.append(byte)
            endedByBlank = false
            continue
          }
          endRun()
          if blanks.contains(byte) {
            if let field = current {
              fields.append(field)
              endedByBlank = true
            }
          } else if endedByBlank {
            endedByBlank = false
          } else {
            fields.append(current ?? [])
          }
          current = nil
        }
        endRun()
      }
    }
    if let field = current { fields.append(field) }
    return fields
  }

  /// The paths that a field stands for; the field itself where it is no pattern or nothing fits.
  private func pathnames(_ pieces: [Piece]) -> [String] {
    let literal = pieces.map(\.text).joined()
    guard surroundings.isGlobbing, pieces.contains(where: { !$0.isQuoted && GlobPattern.isPattern($0.text) }) else {
      return [literal]
    }
    var components: [[Piece]] = [[]]
    for piece in pieces {
      let parts = piece.text.split(separator: "/", omittingEmptySubsequences: false)
      for (place, part) in parts.enumerated() {
        if place > 0 { components.append([]) }
        components[components.count - 1].append((String(part), piece.isQuoted))
      }
    }
    var found = [""]
    for (place, component) in components.enumerated() {
      let isLast = place == components.count - 1
      let text = component.map(\.text).joined()
      if !component.contains(where: { !$0.isQuoted && GlobPattern.isPattern($0.text) }) {
        found = found.map { $0 + text + (isLast ? "" : "/") }
        if isLast { found = found.filter { files.exists(FileTree.absolute($0, from: surroundings.directory)) } }
        continue
      }
      let pattern = GlobPattern(component)
      found = found.flatMap { prefix -> [String] in
        let directory = FileTree.absolute(prefix.isEmpty ? "." : prefix, from: surroundings.directory)
        let names = (try? files.list(directory)) ?? []
        return names.filter { name in
          (!name.hasPrefix(".") || text.hasPrefix(".")) && pattern.matches(name)
            && (isLast || files.isDirectory(FileTree.absolute(name, from: directory)))
        }
        .map { prefix + $0 + (isLast ? "" : "/") }
      }
    }
    return found.isEmpty ? [literal] : found
  }
}

extension GlobPattern {
  /// The text without the shortest or longest beginning that fits.
  func removedPrefix(from text: String, longest: Bool) -> String {
    let bytes = Array(text.utf8)
    let lengths = longest ? Array((0...bytes.count).reversed()) : Array(0...bytes.count)
    for length in lengths where matches(bytes[..<length]) {
      return String(decoding: bytes[length...], as: UTF8.self)
    }
    return text
  }

  /// The text without the shortest or longest end that fits.
  func removedSuffix(from text: String, longest: Bool) -> String {
    let bytes = Array(text.utf8)
    let starts = longest ? Array(0...bytes.count) : Array((0...bytes.count).reversed())
    for start in starts where matches(bytes[start...]) {
      return String(decoding: bytes[..<start], as: UTF8.self)
    }
    return text
  }

  /// The text with the first, or every, longest stretch that fits replaced.
  func replaced(in text: String, with other: String, all: Bool) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var at = 0
    while at < bytes.count {
      let end = (at + 1...bytes.count).reversed().first { matches(bytes[at..<$0]) }
      guard let end else {
        result.append(bytes[at])
        at += 1
        continue
      }
      result += Array(other.utf8)
      at = end
      if !all { break }
    }
    return String(decoding: result + bytes[at...], as: UTF8.self)
  }
}
