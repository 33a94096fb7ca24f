import SimBase

/// Reads flags and arguments as `spf13/pflag` does.
///
/// Source: spf13/pflag `flag.go` (`parseArgs`, `parseLongArg`, `parseSingleShortArg`) for order and words.
struct CommandParser {
  /// What a command line came to.
  enum Outcome {
    case parsed(Flags, arguments: [String])
    /// Help is asked for, perhaps by `-h`, which is going out of use.
    case help(byShorthand: Bool, arguments: [String])
  }

  let options: [Option]
  /// Whether flags end at the first argument.
  let endsAtArgument: Bool
  let host: any CLIHost

  func parse(_ words: [String]) throws(FlagTrouble) -> Outcome {
    var flags = Flags(options)
    var arguments: [String] = []
    var rest = words[...]
    var help: Help?
    while let word = rest.popFirst() {
      if word == "--" {
        arguments += rest
        break
      }
      if word.hasPrefix("--") {
        if let asked = try long(String(word.dropFirst(2)), &rest, &flags) { help = asked ? .byName : nil }
      } else if word.hasPrefix("-"), word.count > 1 {
        if try cluster(word.dropFirst(), &rest, &flags) { help = .byShorthand }
      } else {
        arguments.append(word)
        if endsAtArgument {
          arguments += rest
          break
        }
      }
    }
    // Help is a flag like others: what is wrong with a later one is said instead.
    if let help { return .help(byShorthand: help == .byShorthand, arguments: arguments) }
    return .parsed(flags, arguments: arguments)
  }

  private enum Help { case byName, byShorthand }

  /// `--name`, `--name=value`, `--name value`; whether help is asked for, nil for any other flag.
  private func long(_ text: String, _ rest: inout ArraySlice<String>, _ flags: inout Flags) throws(FlagTrouble) -> Bool?
  {
    if text.isEmpty || text.hasPrefix("-") || text.hasPrefix("=") { throw FlagTrouble("bad flag syntax: --\(text)") }
    let (name, value) = text.cut("=").map { ($0.before, Optional($0.after)) } ?? (text, nil)
    if name == "help" {
      do throws(FlagTrouble) {
        return try goBool(value ?? "true")
      } catch {
        throw FlagTrouble("invalid argument \((value ?? "").goQuoted) for \"--help\" flag: \(error.reason)")
      }
    }
    guard let option = options.first(where: { $0.name == name }) else {
      throw FlagTrouble("unknown flag: --\(name)")
    }
    if let value {
      try set(option, value, &flags)
    } else if case .bool = option.kind {
      try set(option, "true", &flags)
    } else if let next = rest.popFirst() {
      try set(option, next, &flags)
    } else {
      throw FlagTrouble("flag needs an argument: --\(name)")
    }
    return nil
  }

  /// `-f value`, `-fvalue`, `-f=value`, `-qf value`; true asks for help.
  private func cluster(
    _ cluster: Substring, _ rest: inout ArraySlice<String>, _ flags: inout Flags
  ) throws(FlagTrouble) -> Bool {
    var letters = cluster
    var asksForHelp = false
    while let letter = letters.popFirst() {
      guard let option = options.first(where: { $0.short == letter }) else {
        if letter == "h" {
          asksForHelp = true
          continue
        }
        throw FlagTrouble("unknown shorthand flag: '\(letter)' in -\(String(letter) + letters)")
      }
      if letters.first == "=", letters.count > 1 {
        try set(option, String(letters.dropFirst()), &flags)
        return asksForHelp
      }
      if case .bool = option.kind {
        try set(option, "true", &flags)
        continue
      }
      if !letters.isEmpty {
        try set(option, String(letters), &flags)
      } else if let next = rest.popFirst() {
        try set(option, next, &flags)
      } else {
        throw FlagTrouble("flag needs an argument: '\(letter)' in -\(letter)")
      }
      return asksForHelp
    }
    return asksForHelp
  }

  private func set(_ option: Option, _ value: String, _ flags: inout Flags) throws(FlagTrouble) {
    do {
      try option.check(value, in: host)
    } catch {
      throw FlagTrouble("invalid argument \(value.goQuoted) for \"\(option.title)\" flag: \(error.reason)")
    }
    flags.add(value, to: option)
  }
}

extension Command.Arity {
  /// The complaint about a wrong number of arguments, and the word before the `--help` hint; nil where it is right.
  ///
  /// Source: docker/cli `cli/required.go`; the odd words (`See`, `SRun`) are its own.
  func complaint(_ count: Int) -> (text: String, hint: String)? {
    func arguments(_ n: Int) -> String { n == 1 ? "1 argument" : "\(n) arguments" }
    switch self {
    case .none: return count == 0 ? nil : ("accepts no arguments", "Run")
    case .exactly(let n): return count == n ? nil : ("requires \(arguments(n))", "Run")
    case .atLeast(let n): return count >= n ? nil : ("requires at least \(arguments(n))", "See")
    case .atMost(let n): return count <= n ? nil : ("requires at most \(arguments(n))", "SRun")
    case .between(let low, let high):
      return (low...high).contains(count) ? nil : ("requires at least \(low) and at most \(arguments(high))", "Run")
    case .any: return nil
    }
  }
}
