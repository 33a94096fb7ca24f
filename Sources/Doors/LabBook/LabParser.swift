import Engine
import Shell
import SimBase

/// Reads a lab's Markdown: front matter, headings, fences.
///
/// Everything outside fences is the tutorial's prose and is left alone, but for the first heading, which names a lab
/// without front matter, and a line `nodes: 4`. Fences of other kinds (`yaml`, `text`) are prose too.
struct LabParser {
  private let lines: [String]
  private var at = 0
  private var document: LabDocument
  private var prompts: [(prefix: String, place: LabPlace)] = []

  static func parse(_ text: String) throws(LabError) -> LabDocument {
    var parser = LabParser(text)
    try parser.readAll()
    return parser.document
  }

  private init(_ text: String) {
    var lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
    if lines.last == "" { lines.removeLast() }
    self.lines = lines
    document = LabDocument(title: "", nodes: .bare([]), items: [], lines: lines)
  }

  private mutating func readAll() throws(LabError) {
    let hasFrontMatter = lines.first == "---"
    if hasFrontMatter { try readFrontMatter() }
    while at < lines.count {
      let line = lines[at]
      if let fence = openingFence(line) {
        try readFence(fence)
        continue
      }
      if document.title.isEmpty, line.hasPrefix("# ") { document.title = line.dropFirst(2).trimmed() }
      if !hasFrontMatter, line.hasPrefix("nodes:") {
        document.nodes = try nodes(line.dropFirst(6).trimmed(), line: at + 1)
      }
      at += 1
    }
    try checkNames()
  }

  /// A solution must belong to a check, and a name to one check.
  private func checkNames() throws(LabError) {
    var names: [String] = []
    for check in document.checks {
      if names.contains(check.name) { throw LabError(line: check.line, "there are two checks named \(check.name)") }
      names.append(check.name)
    }
    for item in document.items {
      switch item {
      case .solution(let script), .wrong(let script):
        if !names.contains(script.name) { throw LabError(line: script.line, "there is no check named \(script.name)") }
      case .command, .file, .check: break
      }
    }
  }

  // MARK: Front matter

  private mutating func readFrontMatter() throws(LabError) {
    at = 1
    while at < lines.count, lines[at] != "---" {
      let number = at + 1
      let line = lines[at]
      at += 1
      if line.trimmed().isEmpty || line.hasPrefix("#") { continue }
      guard let (key, value) = pair(line) else { throw LabError(line: number, "not a `key: value`: \(line)") }
      var inner: [(key: String, value: String)] = []
      if value.isEmpty {
        while at < lines.count, lines[at].hasPrefix(" ") || lines[at].hasPrefix("- ") {
          let entry = lines[at].trimmed()
          if entry.hasPrefix("- ") {
            inner.append((unquoted(entry.dropFirst(2).trimmed()), ""))
          } else if let pair = pair(entry) {
            inner.append(pair)
          } else {
            throw LabError(line: at + 1, "not a `key: value`: \(entry)")
          }
          at += 1
        }
      }
      switch key {
      case "title": document.title = unquoted(value)
      case "seed":
        guard let seed = UInt64(value) else { throw LabError(line: number, "seed is not a number: \(value)") }
        document.seed = seed
      case "nodes":
        document.nodes = inner.isEmpty ? try nodes(value, line: number) : try nodes(inner, line: number)
      case "images":
        guard value == "strict" || value == "lenient" else {
          throw LabError(line: number, "images is strict or lenient: \(value)")
        }
        document.hasStrictImages = value == "strict"
      case "personas": document.personas = unquoted(value)
      case "dockerd":
        for (name, flags) in inner {
          do { document.daemons[name] = try DaemonFlags(DaemonFlags.words(flags)) } catch {
            throw LabError(line: number, "dockerd of \(name): \(error.text)")
          }
        }
      case "prompts":
        for (prefix, place) in inner { prompts.append((prefix, place == "laptop" ? .laptop : .node(place))) }
      default:
        let known = "title, nodes, dockerd, seed, images, personas, prompts"
        throw LabError(line: number, "no such setting: \(key) (there are \(known))")
      }
    }
    guard at < lines.count else { throw LabError(line: 1, "the front matter has no closing ---") }
    at += 1
  }

  /// `key: value`, where a quoted key may hold colons.
  private func pair(_ line: String) -> (key: String, value: String)? {
    if let quote = line.first, quote == "\"" || quote == "'", let end = line.dropFirst().firstIndex(of: quote) {
      let rest = line[line.index(after: end)...]
      guard rest.hasPrefix(":") else { return nil }
      return (String(line[line.index(after: line.startIndex)..<end]), unquoted(rest.dropFirst().trimmed()))
    }
    guard let colon = line.firstIndex(of: ":") else { return nil }
    return (line[..<colon].trimmed(), unquoted(line[line.index(after: colon)...].trimmed()))
  }

  private func unquoted(_ text: String) -> String {
    guard text.count > 1, let quote = text.first, quote == "\"" || quote == "'", text.last == quote else { return text }
    return String(text.dropFirst().dropLast())
  }

  /// `4`, `[manager, worker01=10.0.0.2]` or `{managers: 1, workers: 3}`.
  private func nodes(_ value: String, line: Int) throws(LabError) -> LabNodes {
    if let count = Int(value) {
      guard (0...10_000).contains(count) else { throw LabError(line: line, "not a number of nodes: \(value)") }
      return .count(count)
    }
    let inner = value.dropFirst().dropLast().split(separator: ",").map { $0.trimmed() }
    if value.hasPrefix("[") && value.hasSuffix("]") { return try nodes(inner.map { ($0, "") }, line: line) }
    if value.hasPrefix("{") && value.hasSuffix("}") {
      return try nodes(inner.map { pair($0) ?? ($0, "") }, line: line)
    }
    throw LabError(line: line, "nodes is a number, a list of names, or managers and workers: \(value)")
  }

  private func nodes(_ entries: [(key: String, value: String)], line: Int) throws(LabError) -> LabNodes {
    if entries.contains(where: { $0.key == "managers" || $0.key == "workers" }) {
      var counts = (managers: 1, workers: 0)
      for (key, value) in entries {
        guard let count = Int(value), count >= 0 else { throw LabError(line: line, "not a number: \(key): \(value)") }
        if key == "managers" { counts.managers = count } else { counts.workers = count }
      }
      return .formed(managers: counts.managers, workers: counts.workers)
    }
    return .bare(
      entries.map { key, value in
        let parts = key.split(separator: "=", maxSplits: 1).map(String.init)
        let address = parts.count > 1 ? parts[1] : value
        return LabNode(name: parts.first ?? key, address: address.isEmpty ? nil : address)
      })
  }

  // MARK: Fences

  private struct Fence {
    var marks: String
    var kind: String
    var argument: String
  }

  private func openingFence(_ line: String) -> Fence? {
    let marks = line.prefix { $0 == "`" }
    guard marks.count >= 3 else { return nil }
    let words = line.dropFirst(marks.count).trimmed().split(separator: " ", maxSplits: 1).map(String.init)
    return Fence(marks: String(marks), kind: words.first ?? "", argument: words.count > 1 ? words[1].trimmed() : "")
  }

  private mutating func readFence(_ fence: Fence) throws(LabError) {
    let first = at
    at += 1
    let start = at
    while at < lines.count, !isClosing(lines[at], fence) { at += 1 }
    guard at < lines.count else { throw LabError(line: first + 1, "the fence is never closed") }
    let range = start..<at
    at += 1
    let inside = Array(lines[range])
    switch fence.kind {
    case "console": document.items += commands(in: range).map(LabItem.command)
    case "file":
      if fence.argument.isEmpty { throw LabError(line: first + 1, "a file fence needs a path: ```file PATH") }
      document.items.append(.file(file(fence.argument, inside, line: first + 1)))
    case "check", "solution", "wrong":
      if fence.argument.isEmpty { throw LabError(line: first + 1, "a \(fence.kind) fence needs a name") }
      if fence.kind == "check" {
        document.items.append(.check(try check(fence.argument, range, line: first + 1)))
        break
      }
      let script = LabScript(line: first + 1, name: fence.argument, commands: commands(in: range))
      if script.commands.isEmpty { throw LabError(line: first + 1, "a \(fence.kind) without commands does nothing") }
      document.items.append(fence.kind == "solution" ? .solution(script) : .wrong(script))
    default: break
    }
  }

  private func isClosing(_ line: String, _ fence: Fence) -> Bool {
    line.hasPrefix(fence.marks) && line.allSatisfy { $0 == "`" || $0 == " " }
  }

  private func file(_ argument: String, _ inside: [String], line: Int) -> LabFile {
    var place = LabPlace.laptop
    var path = argument
    if let colon = argument.firstIndex(of: ":") {
      place = .node(String(argument[..<colon]))
      path = String(argument[argument.index(after: colon)...])
    }
    return LabFile(line: line, place: place, path: path, text: inside.map { $0 + "\n" }.joined())
  }

  // MARK: Consoles

  /// A check: commands with their answers, each followed by `else:` and the sentence for whoever has not got there.
  private func check(_ name: String, _ range: Range<Int>, line: Int) throws(LabError) -> LabCheck {
    var goals: [LabGoal] = []
    var start = range.lowerBound
    for place in range where lines[place].hasPrefix("else:") {
      let found = commands(in: start..<place)
      guard found.count == 1, let command = found.first else {
        throw LabError(line: place + 1, "an else: belongs to one command, but there are \(found.count) before it")
      }
      let sentence = lines[place].dropFirst(5).trimmed()
      if sentence.isEmpty { throw LabError(line: place + 1, "the sentence after else: is empty") }
      goals.append(LabGoal(command: command, sentence: sentence))
      start = place + 1
    }
    if let rest = commands(in: start..<range.upperBound).first {
      throw LabError(line: rest.line, "this goal lacks its sentence: a line `else: …` after what it must print")
    }
    if goals.isEmpty { throw LabError(line: line, "the check \(name) asks nothing") }
    return LabCheck(line: line, name: name, goals: goals)
  }

  /// The commands of these lines with what follows each.
  private func commands(in range: Range<Int>) -> [LabCommand] {
    var found: [LabCommand] = []
    var place = range.lowerBound
    while place < range.upperBound {
      guard let prompt = Prompt(lines[place], prompts) else {
        place += 1
        continue
      }
      let first = place
      var script = prompt.command
      place += 1
      while place < range.upperBound, !ShellText.isWhole(script) {
        script += "\n" + Prompt.continuation(lines[place])
        place += 1
      }
      let output = place
      while place < range.upperBound, Prompt(lines[place], prompts) == nil { place += 1 }
      let remark = Prompt.remark(script)
      found.append(
        LabCommand(
          line: first + 1, place: prompt.place, script: script, expected: Array(lines[output..<place]),
          expectedLines: output + 1..<place + 1, isUnordered: remark.includes("any order"),
          isRequired: remark.includes("always")))
    }
    return found
  }
}

/// A prompt at the beginning of a line, and the command after it.
struct Prompt: Equatable {
  var place: LabPlace
  var command: String

  /// Reads a line; nil if it shows no prompt.
  init?(_ line: String, _ prompts: [(prefix: String, place: LabPlace)] = []) {
    for (prefix, place) in prompts where line.hasPrefix(prefix) {
      self.init(place: place, command: line.dropFirst(prefix.count).trimmed())
      return
    }
    if let inner = Prompt.bracketed(line) ?? Prompt.colon(line) ?? Prompt.arrow(line) ?? Prompt.sign(line) {
      self = inner
    } else {
      return nil
    }
  }

  private init(place: LabPlace, command: String) {
    self.place = place
    self.command = command
  }

  /// `[root@manager1 ~]# docker node ls`.
  private static func bracketed(_ line: String) -> Prompt? {
    guard line.hasPrefix("["), let at = line.firstIndex(of: "@"), let end = line[at...].firstIndex(of: "]"),
      isName(line[line.index(after: line.startIndex)..<at])
    else { return nil }
    let inside = line[line.index(after: at)..<end].split(separator: " ", omittingEmptySubsequences: false)
    let rest = line[line.index(after: end)...]
    guard inside.count == 2, isName(inside[0]), rest.hasPrefix("#") || rest.hasPrefix("$") else { return nil }
    return Prompt(place: .node(String(inside[0])), command: rest.dropFirst().trimmed())
  }

  /// `docker@manager:~$ docker node ls`, perhaps after a `> `.
  private static func colon(_ line: String) -> Prompt? {
    let text = line.hasPrefix("> ") ? line.dropFirst(2) : line[...]
    guard let at = text.firstIndex(of: "@"), let colon = text[at...].firstIndex(of: ":"),
      isName(text[..<at]), isName(text[text.index(after: at)..<colon]),
      let end = text[colon...].firstIndex(where: { $0 == "$" || $0 == "#" || $0 == " " }), text[end] != " "
    else { return nil }
    let name = String(text[text.index(after: at)..<colon])
    return Prompt(place: .node(name), command: text[text.index(after: end)...].trimmed())
  }

  /// `(base) ➜ accountservice docker build .`, with or without the directory.
  private static func arrow(_ line: String) -> Prompt? {
    guard let arrow = line.firstIndex(of: "➜") else { return nil }
    let before = line[..<arrow].trimmed()
    guard before.isEmpty || (before.hasPrefix("(") && before.hasSuffix(")")) else { return nil }
    let rest = line[line.index(after: arrow)...].trimmed()
    let words = rest.split(separator: " ", maxSplits: 2).map(String.init)
    let isDirectory =
      words.count > 1
      && (words[0].hasPrefix("~") || words[0].hasPrefix("/") || (!isCommand(words[0]) && isCommand(words[1])))
    return Prompt(place: .laptop, command: isDirectory ? words.dropFirst().joined(separator: " ") : rest)
  }

  private static func isCommand(_ word: String) -> Bool {
    ["docker", "docker-machine", "docker-compose", "curl", "swarmlab", "git", "go", "ssh"].contains(word)
      || ShellText.ownCommands.contains(word)
  }

  /// `$ docker ps`, `$docker ps` and `> docker ps`.
  private static func sign(_ line: String) -> Prompt? {
    if line == "$" || line == ">" { return nil }
    if line.hasPrefix("$ ") || line.hasPrefix("> ") {
      return Prompt(place: .laptop, command: line.dropFirst(2).trimmed())
    }
    guard line.hasPrefix("$"), let next = line.dropFirst().first, next.isLowercase else { return nil }
    return Prompt(place: .laptop, command: line.dropFirst().trimmed())
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
  }

  /// A line that goes on with the command above it, without the mark that a shell puts before such lines.
  static func continuation(_ line: String) -> String {
    let mark = line.prefix { $0.isLowercase }
    let rest = line.dropFirst(mark.count)
    let isMark =
      mark.isEmpty
      || [
        "dquote", "quote", "bquote", "pipe", "heredoc", "for", "while", "if", "then", "else", "cmdsubst", "cmdand",
        "cmdor", "subsh", "braceparam", "cursh",
      ].contains(String(mark))
    if isMark, rest == ">" { return "" }
    return isMark && rest.hasPrefix("> ") ? String(rest.dropFirst(2)) : line
  }

  /// The comment at a command's end.
  static func remark(_ script: String) -> String {
    guard let last = script.split(separator: "\n").last, let mark = last.lastIndex(of: "#"), mark > last.startIndex,
      last[last.index(before: mark)] == " "
    else { return "" }
    return last[last.index(after: mark)...].trimmed()
  }
}

extension LabDocument {
  /// Reads a lab's Markdown.
  public init(_ text: String) throws(LabError) { self = try LabParser.parse(text) }
}
