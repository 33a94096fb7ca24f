import EngineTypes
import SimBase

/// A flag of a command, declared once: help, parsing and reading all go by it.
struct Option: Sendable {
  /// What a flag's values are: the word in the help, and the check when one is given.
  enum Kind: Sendable {
    case bool
    case string
    case int
    case uint
    case uint16
    case uint32
    case float
    case duration
    /// A duration that may not be negative.
    case positiveDuration
    /// Repeatable, order kept.
    case list
    /// Repeatable and split at commas.
    case strings
    /// A value of its own syntax; the word is the help's. Some name files, which are read when the flag is.
    case custom(String, Repeats, check: @Sendable (String, any CLIHost) throws(FlagTrouble) -> Void)

    enum Repeats: Sendable { case once, many }
  }

  var name: String
  var short: Character?
  var kind: Kind
  var usage: String
  /// The value where the flag is not given.
  var initial: String
  /// What the help states as the default; nil leaves it to `initial`.
  var shownDefault: String?
  var isHidden: Bool
  /// The flag that it is an older word for.
  var target: String?
  /// What the engine must be for the help to show the flag.
  var need: SwarmStanding.Need?

  init(
    _ name: String, _ short: Character?, _ kind: Kind, default initial: String = "",
    shows shownDefault: String? = nil, hidden isHidden: Bool = false, _ usage: String
  ) {
    self.name = name
    self.short = short
    self.kind = kind
    self.usage = usage
    self.initial = initial
    self.shownDefault = shownDefault
    self.isHidden = isHidden
  }

  /// A flag whose values are any text.
  init(
    _ name: String, _ short: Character?, default initial: String = "", hidden isHidden: Bool = false, _ usage: String
  ) {
    self.init(name, short, .string, default: initial, hidden: isHidden, usage)
  }

  /// The flag, whose values are another's.
  func standing(for name: String) -> Option {
    var option = self
    option.target = name
    return option
  }

  /// The flag, shown by the help only where the engine is what it needs.
  func needing(_ need: SwarmStanding.Need) -> Option {
    var option = self
    option.need = need
    return option
  }

  /// Whether the help shows the flag for an engine of this standing; nil if the engine did not tell.
  func isShown(to standing: SwarmStanding?) -> Bool {
    guard !isHidden, let need, let standing else { return !isHidden }
    return standing.meets(need)
  }

  /// The type's word in the help; empty for a switch.
  var word: String {
    switch kind {
    case .bool: ""
    case .string: "string"
    case .int: "int"
    case .uint: "uint"
    case .uint16: "uint16"
    case .uint32: "uint32"
    case .float: "float"
    case .duration, .positiveDuration: "duration"
    case .list: "list"
    case .strings: "strings"
    case .custom(let word, _, _): word
    }
  }

  /// Whether a second value joins the first; otherwise it takes its place.
  var isRepeatable: Bool {
    switch kind {
    case .list, .strings, .custom(_, .many, _): true
    default: false
    }
  }

  /// `-p, --publish` or `--publish`: how errors name the flag.
  var title: String { (short.map { "-\($0), " } ?? "") + "--" + name }

  /// What the help adds to the usage.
  var defaultNote: String {
    if let shownDefault { return shownDefault.isEmpty ? "" : " (default \(shownDefault))" }
    if ["", "false", "0", "0s", "[]"].contains(initial) { return "" }
    if case .string = kind { return " (default \(initial.goQuoted))" }
    return " (default \(initial))"
  }

  /// Checks a value when it is given; throws Go's complaint.
  func check(_ text: String, in host: any CLIHost) throws(FlagTrouble) {
    switch kind {
    case .bool: _ = try goBool(text)
    case .int: _ = try goInteger(text)
    case .uint: _ = try goUnsigned(text, bits: 64)
    case .uint16: _ = try goUnsigned(text, bits: 16)
    case .uint32: _ = try goUnsigned(text, bits: 32)
    case .float:
      guard Double(text) != nil else {
        throw FlagTrouble("strconv.ParseFloat: parsing \(text.goQuoted): invalid syntax")
      }
    case .duration: _ = try goDuration(text)
    case .positiveDuration:
      if try goDuration(text) < .zero { throw FlagTrouble("duration cannot be negative") }
    case .string, .list: break
    case .strings: if !text.isEmpty { _ = try csvFields(text) }
    case .custom(_, _, let check): try check(text, host)
    }
  }
}

extension Option.Kind {
  /// `name=value` filters of a listing.
  static let filter = Option.Kind.custom("filter", .many) { (text, _) throws(FlagTrouble) in
    guard text.contains("=") || text.isEmpty else { throw FlagTrouble("bad format of filter (expected name=value)") }
  }
  /// `key=value` pairs, later ones of a key replacing earlier ones.
  static let map = Option.Kind.custom("map", .many) { (_, _) throws(FlagTrouble) in }
  /// `key=value` pairs in one value, separated by commas.
  static let pairs = Option.Kind.custom("stringToString", .once) { (text, _) throws(FlagTrouble) in
    for field in try csvFields(text) where !field.contains("=") {
      throw FlagTrouble("\(field) must be formatted as key=value")
    }
  }
  /// A size in bytes with a unit.
  static let bytes = Option.Kind.custom("bytes", .once) { (text, _) throws(FlagTrouble) in _ = try parsedSize(text) }
}

/// Go's `strconv.ParseBool`.
func goBool(_ text: String) throws(FlagTrouble) -> Bool {
  switch text {
  case "1", "t", "T", "true", "TRUE", "True": return true
  case "0", "f", "F", "false", "FALSE", "False": return false
  default: throw FlagTrouble("strconv.ParseBool: parsing \(text.goQuoted): invalid syntax")
  }
}

/// Go's `strconv.ParseInt` with base 0.
func goInteger(_ text: String) throws(FlagTrouble) -> Int64 {
  if let value = Int64(text), text.first != "+" || text.count > 1 { return value }
  if text.hasPrefix("0x"), let value = Int64(text.dropFirst(2), radix: 16) { return value }
  throw FlagTrouble("strconv.ParseInt: parsing \(text.goQuoted): \(rangeOrSyntax(text, signed: true))")
}

/// Go's `strconv.ParseUint` with base 0.
func goUnsigned(_ text: String, bits: Int) throws(FlagTrouble) -> UInt64 {
  let isPlain = text.first != "+" && text.first != "-"
  let value = text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  if isPlain, let value, bits == 64 || value < 1 << bits { return value }
  let reason = isPlain && value != nil ? "value out of range" : rangeOrSyntax(text, signed: false)
  throw FlagTrouble("strconv.ParseUint: parsing \(text.goQuoted): \(reason)")
}

private func rangeOrSyntax(_ text: String, signed: Bool) -> String {
  let digits = signed && text.hasPrefix("-") ? text.dropFirst() : text[...]
  let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (48...57).contains($0) }
  return isNumber ? "value out of range" : "invalid syntax"
}

/// Go's `time.ParseDuration`.
func goDuration(_ text: String) throws(FlagTrouble) -> Duration {
  if let span = Duration(go: text) { return span }
  throw FlagTrouble(Duration.goFault(of: text))
}
