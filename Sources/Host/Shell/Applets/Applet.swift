import SimBase

/// The programs that the shell brings along, as busybox does.
enum Applet: String, CaseIterable, Sendable {
  case awk, base64, basename, cat, chmod, chown, cp, cut, date, dirname, echo, egrep, env, expr, fgrep, find, grep,
    head, ln
  case ls, md5sum, mkdir, mktemp, mv, nl, nproc, paste, printenv, printf, readlink, realpath, rev, rm, rmdir, sed, seq
  case sha256sum, sleep, sort, stat, sync, tac, tail, tee, test, touch, tr, tty, uname, uniq, usleep, wc, whoami, id,
    xargs, yes
  case bracket = "["

  static let names: [String] = allCases.map(\.rawValue)

  /// What an applet is started with.
  struct Call {
    var name: String
    /// What follows the name.
    var arguments: [String]
    var directory: String
    var variables: Variables
    var now: Instant
    var zeroSeconds: Int64
    var user: UserIdentity
    var files: FileTree
    /// Which of its descriptors lead to a terminal.
    var terminals: Set<Int> = []
    var sink = Sink()

    func absolute(_ path: String) -> String { FileTree.absolute(path, from: directory) }

    /// Complains after the applet's name; the status for it.
    mutating func fail(_ message: String, _ status: Int = 1) -> Start {
      sink.complain("\(name): \(message)")
      return .done(status)
    }
  }

  /// What becomes of a call.
  enum Start {
    /// It is over already.
    case done(Int)
    case filter(any Filter, [String])
    case sleep(Duration)
    case yes([UInt8])
    /// Another command takes its place, perhaps with other variables: `env`.
    case run([String], Variables?)
  }

  func start(_ call: inout Call) -> Start {
    switch self {
    case .awk: Awk.start(&call)
    case .base64: Base64Filter.start(&call)
    case .basename: Names.basename(&call)
    case .bracket, .test: Test.start(&call)
    case .cat: CatFilter.start(&call)
    case .chmod: FileApplets.chmod(&call)
    case .chown: FileApplets.chown(&call)
    case .sync: .done(0)
    case .cp: FileApplets.copy(&call)
    case .cut: CutFilter.start(&call)
    case .date: DateApplet.start(&call)
    case .dirname: Names.dirname(&call)
    case .echo: Texts.echo(&call)
    case .egrep, .fgrep, .grep: GrepFilter.start(&call)
    case .env: Texts.env(&call)
    case .expr: Expr.start(&call)
    case .find: FindApplet.start(&call)
    case .head: HeadFilter.start(&call)
    case .id: Texts.id(&call)
    case .ln: FileApplets.link(&call)
    case .ls: ListApplet.start(&call)
    case .md5sum: call.fail("not simulated; use sha256sum")
    case .mkdir: FileApplets.makeDirectory(&call)
    case .mktemp: FileApplets.makeTemporary(&call)
    case .mv: FileApplets.move(&call)
    case .nl: NumberFilter.start(&call)
    case .nproc: Texts.constant("2", &call)
    case .paste: PasteFilter.start(&call)
    case .printenv: Texts.printenv(&call)
    case .printf: Printf.start(&call)
    case .readlink, .realpath: Names.realpath(&call)
    case .rev: .filter(ReverseFilter(), call.arguments)
    case .rm: FileApplets.remove(&call)
    case .rmdir: FileApplets.removeDirectory(&call)
    case .sed: Sed.start(&call)
    case .seq: Texts.sequence(&call)
    case .sha256sum: .filter(DigestFilter(), call.arguments)
    case .sleep: Applet.sleep(&call)
    case .sort: SortFilter.start(&call)
    case .stat: FileApplets.stat(&call)
    case .tac: .filter(TacFilter(), call.arguments)
    case .tail: TailFilter.start(&call)
    case .tee: TeeFilter.start(&call)
    case .touch: FileApplets.touch(&call)
    case .tr: TranslateFilter.start(&call)
    case .tty:
      call.terminals.contains(0)
        ? Texts.constant("/dev/pts/0", &call) : Texts.constant("not a tty", &call, status: 1)
    case .uname: Texts.uname(&call)
    case .uniq: UniqFilter.start(&call)
    case .usleep: Applet.microsleep(&call)
    case .wc: CountFilter.start(&call)
    case .whoami: Texts.whoami(&call)
    case .xargs: XargsFilter.start(&call)
    case .yes: .yes(Array(((call.arguments.isEmpty ? "y" : call.arguments.joined(separator: " ")) + "\n").utf8))
    }
  }

  private static func sleep(_ call: inout Call) -> Start {
    if call.arguments.isEmpty { return call.fail("missing operand") }
    var total = Duration.zero
    for word in call.arguments {
      guard let span = duration(word) else { return call.fail("invalid number '\(word)'") }
      if span == .forever { return .sleep(.forever) }
      total += span
    }
    return .sleep(total)
  }

  private static func microsleep(_ call: inout Call) -> Start {
    guard let word = call.arguments.first else { return .sleep(.zero) }
    guard let count = Int64(word), count >= 0, count < 4_294_967_296 else {
      return call.fail("invalid number '\(word)'")
    }
    return .sleep(.microseconds(count))
  }

  /// A span as `sleep` reads it: seconds, or with `s`, `m`, `h` or `d`; fractions are allowed.
  static func duration(_ text: String) -> Duration? {
    if text == "infinity" || text == "inf" { return .forever }
    let bare = text.last.map { "smhd".contains($0) } == true ? String(text.dropLast()) : text
    let scale: Int64 =
      switch text.last {
      case "m": 60
      case "h": 3_600
      case "d": 86_400
      default: 1
      }
    let parts = bare.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count > 1 ? String((parts[1] + "000000000").prefix(9)) : "0"
    guard let first = parts.first, let whole = first.isEmpty ? 0 : Int64(first), whole >= 0, whole < 4_000_000_000,
      let nanoseconds = Int64(fraction), !bare.isEmpty, bare != "."
    else { return nil }
    return (.seconds(whole) + .nanoseconds(nanoseconds)) * scale
  }
}

/// The options at the beginning of an applet's words, taken apart one letter at a time.
struct OptionReader {
  private var words: ArraySlice<String>
  private var letters: Substring = ""
  private let permutes: Bool
  private var operandsSoFar: [String] = []
  private var hasEnded = false

  /// Reads these words; options after the first operand count too, unless that is forbidden, as for `env` and `xargs`.
  init(_ words: [String], permutes: Bool = true) {
    self.words = words[...]
    self.permutes = permutes
  }

  /// The next option: a letter, or a long name with its dashes. Nil when only operands are left.
  mutating func next() -> String? {
    if let letter = letters.popFirst() { return String(letter) }
    while !hasEnded, let word = words.popFirst() {
      if word == "--" { break }
      if word.hasPrefix("--") { return word }
      if word.hasPrefix("-") && word != "-" {
        letters = word.dropFirst()
        return String(letters.removeFirst())
      }
      operandsSoFar.append(word)
      if !permutes { break }
    }
    hasEnded = true
    return nil
  }

  /// The value of the option just read: the rest of its word, or the next word.
  mutating func value() -> String? {
    if !letters.isEmpty {
      defer { letters = "" }
      return String(letters)
    }
    return words.popFirst()
  }

  /// What is no option. To be asked for after the last option.
  var operands: [String] { operandsSoFar + words }
}
