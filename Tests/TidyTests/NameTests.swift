import Foundation
import Testing

/// A name that simulated rooms may not use, and what to write instead.
struct Ban: Sendable, CustomStringConvertible {
  let pattern: String
  let instead: String
  /// Texts of which a line must hold one to be worth a look: a regular expression takes a hundred times as long.
  let needles: [String]

  init(_ needles: String..., pattern: String, instead: String) {
    self.needles = needles
    self.pattern = pattern
    self.instead = instead
  }

  /// Tells whether a line has the name. Made once: to compile an expression takes longer than to match it.
  func finder() throws -> (String) -> Bool {
    // Simple word boundaries: Unicode's own see none in `x.hashValue`.
    let regex = try Regex(pattern).wordBoundaryKind(.simple)
    return { line in needles.contains { line.contains($0) } && line.firstMatch(of: regex) != nil }
  }

  var description: String { pattern }

  /// Names that bring in what a seed does not decide.
  static let inSimulatedRooms = [
    Ban(
      "import Foundation",
      pattern: #"^\s*(@\w+ )*(public |internal )?import Foundation"#,
      instead: "SimBase's text helpers, or add one there"),
    Ban("Date(", pattern: #"\bDate\("#, instead: "an Instant; the door writes dates"),
    Ban("UUID(", pattern: #"\bUUID\("#, instead: "ID(drawnFrom: &dice)"),
    Ban("SystemRandomNumberGenerator", pattern: #"\bSystemRandomNumberGenerator\b"#, instead: "a Dice passed inout"),
    Ban(".random(", pattern: #"\.random\("#, instead: "dice.int(in:), dice.below(_:)"),
    Ban(".randomElement", pattern: #"\.randomElement\b"#, instead: "dice.pick(_:)"),
    Ban(".shuffle", pattern: #"\.shuffled?\(\)|\.shuffled\("#, instead: "dice.shuffle(&_)"),
    Ban("Task", pattern: #"(^|[=({]|\bawait)\s*Task\s*[.{(<]"#, instead: "a machine with a deadline"),
    Ban("async", "await", pattern: #"\b(async|await)\b"#, instead: "a machine: inputs come in, orders go out"),
    Ban("actor", pattern: #"^\s*(public |package )?(final )?actor\s"#, instead: "a struct with mutating functions"),
    Ban("Clock", pattern: #"\b(ContinuousClock|SuspendingClock)\b"#, instead: "the Instant that is passed in"),
    Ban("hashValue", "Hasher(", pattern: #"\.hashValue\b|\bHasher\("#, instead: "FNV.hash or a TraceHasher"),
    Ban("ProcessInfo", "getenv(", pattern: #"\bProcessInfo\b|\bgetenv\("#, instead: "a field of the world's plan"),
    Ban(
      "NSLock", "Mutex", "Atomic", "DispatchQueue", "Thread",
      pattern: #"\b(NSLock|Mutex|Atomic|DispatchQueue|Thread)\b"#, instead: "nothing: the world has one thread"),
    Ban("try!", "as!", pattern: #"\btry!|\bas!"#, instead: "an error, or a precondition that says what was wrong"),
  ]
}

@Suite struct NameTests {
  @Test("simulated rooms use no name that a seed does not decide", arguments: Ban.inSimulatedRooms)
  func bans(ban: Ban) throws {
    let isFound = try ban.finder()
    for file in Repository.swift where file.isSimulated {
      for (number, line) in file.code.enumerated() where isFound(line) {
        Issue.record("\(file):\(number + 1): \(line.trimmed): write \(ban.instead) instead")
      }
    }
  }

  @Test("simulated rooms walk no Dictionary or Set, whose order changes from process to process")
  func unorderedWalks() throws {
    for file in Repository.swift where file.isSimulated {
      for finding in try UnorderedWalks.find(in: file) {
        Issue.record(
          "\(finding): use a Table, an array, or .sorted() first; if no order can show, say `unordered:` why")
      }
    }
  }

  @Test("every ban finds what it is for, and lets comments, texts and its replacement pass")
  func bansBite() throws {
    let bad = [
      "import Foundation", "let d = Date()", "let u = UUID()", "var g = SystemRandomNumberGenerator()",
      "Int.random(in: 0..<3)", "list.randomElement()", "list.shuffled()", "Task { }", "func f() async {}", "actor A {}",
      "ContinuousClock.now", "x.hashValue", "ProcessInfo.processInfo", "let m = Mutex(0)", "try! f()",
    ]
    #expect(bad.count == Ban.inSimulatedRooms.count)
    for (ban, line) in zip(Ban.inSimulatedRooms, bad) {
      let isFound = try ban.finder()
      #expect(isFound(Blanking.code(of: line)), "\(ban) misses \(line)")
      for harmless in ["// \(line)", "/* \(line) */", "let text = \"\(line)\"", "let task = SwarmTask()"] {
        #expect(!isFound(Blanking.code(of: harmless)), "\(ban) takes \(harmless) for a use")
      }
    }
  }

  @Test(
    "a walk over an unordered collection is seen where it is declared in the same file",
    arguments: [
      ("var a: [String: Int] = [:]\nfor (k, v) in a { }", 1), ("let s: Set<Int> = []\nfor x in s where x > 1 {}", 1),
      ("var a = [String: Int]()\n_ = a.map { $0 }", 1), ("var a: [Int: Int]\nfor k in self.a.keys { }", 1),
      ("var a: [Int: Int]\nfor k in a.keys.sorted() { }", 0), ("var a: [Int: Int]\nif a.contains(where: f) {}", 0),
      ("var a: [Int]\nfor x in a { }", 0), ("var a: [(n: Int, m: Int)]\nfor x in a { }", 0),
      ("var a: Table<Int, Int>\nfor x in a { }", 0),
      ("var s: Set<Int>\nfor x in s.sorted() { }", 0), ("var a: [Int: Int]\nlet n = a.values.reduce(0, +)", 1),
      ("var a: [Int: Int]\nlet n = a.values.reduce(0, +)  // unordered: a sum", 0),
      ("var s: Set<Int>\nlet l = Array(s)", 1), ("let s = Set(a).sorted()\nfor x in s {}", 0),
    ])
  func walks(text: String, count: Int) throws {
    #expect(try UnorderedWalks.find(in: SourceFile("Sources/Base/SimBase/X.swift", text)).count == count)
  }
}

/// Finds walks over dictionaries and sets, as far as one file shows them.
enum UnorderedWalks {
  static func find(in file: SourceFile) throws -> [String] {
    let declaration =
      /\b(?:var|let)\s+(\w+)\s*(?::\s*(?:\[[^\[\]:(]+:[^\]]+\]|Set<|Dictionary<)|=\s*(?:\[[^\[\]:(]+:[^\]]+\]\(|Set<[^>]*>\(|Set\())/
      .wordBoundaryKind(.simple)
    var names: Set<String> = []
    for line in file.code where line.contains("var ") || line.contains("let ") {
      if !line.contains("[") && !line.contains("Set") && !line.contains("Dictionary") { continue }
      if line.contains(".sorted(") { continue }
      for match in line.matches(of: declaration) { names.insert(String(match.1)) }
    }
    if names.isEmpty { return [] }
    let any = "(?:self\\.)?(?:\(names.sorted().joined(separator: "|")))"
    let tail = "(?:\\.(?:keys|values))?"
    let walks = try [
      "\\bin\\s+\(any)\(tail)\\s*(?:\\{|where\\b|$)",
      "(?:^|[^\\w.])\(any)\(tail)\\.(?:map|flatMap|compactMap|forEach|reduce|filter|first|enumerated|prefix|joined|mapValues)\\b",
      "\\bArray\\(\(any)\(tail)\\)",
    ].map { try Regex($0).wordBoundaryKind(.simple) }
    var found: [String] = []
    for (number, line) in file.code.enumerated() where names.contains(where: { line.contains($0) }) {
      let isExcused = file.lines[number].contains("// unordered:")
      let isWalk = walks.contains { line.firstMatch(of: $0) != nil }
      if isWalk && !isExcused { found.append("\(file):\(number + 1): \(line.trimmed)") }
    }
    return found
  }
}

extension String {
  var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
