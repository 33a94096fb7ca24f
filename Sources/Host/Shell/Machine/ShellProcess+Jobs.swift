import SimBase

/// The builtins that deal with scripts, jobs and signals, and those that look for commands.
extension ShellProcess {
  mutating func source(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
    guard let path = arguments.first else {
      complain(".: filename argument required", strand, &turn)
      return complete(&strand, 2, &turn)
    }
    let absolute = strand.absolute(path)
    guard let text = absolute == "/dev/null" ? "" : turn.files.text(absolute) else {
      complain(".: can't open '\(path)': No such file or directory", strand, &turn)
      return complete(&strand, 2, &turn)
    }
    let (commands, error) = ShellParser.script(text)
    strand.frames.append(.sourced(positional: arguments.count > 1 ? strand.positional : nil))
    if arguments.count > 1 { strand.positional = Array(arguments.dropFirst()) }
    strand.status = 0
    strand.frames.append(.script(commands, next: 0, error: error))
  }

  mutating func wait(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
    var children: [Int] = []
    for word in arguments {
      guard let child = job(word, strand) else {
        complain("wait: \(word): no such job", strand, &turn)
        return complete(&strand, 127, &turn)
      }
      children.append(child)
    }
    if arguments.isEmpty { children = strand.running }
    strand.wait = .waitBuiltin(children, isForAll: arguments.isEmpty)
  }

  /// The child that a word means: a process ID or `%1`.
  func job(_ word: String, _ strand: Strand) -> Int? {
    if word.hasPrefix("%") {
      if ["%%", "%+", "%-"].contains(word) { return strand.lastBackground }
      return Int(word.dropFirst()).flatMap { (1...max(1, strand.running.count)).contains($0) ? $0 : nil }
        .flatMap { strand.running.isEmpty ? nil : strand.running[$0 - 1] }
    }
    return Int(word).flatMap { strand.running.contains($0) || strand.ended.contains($0) ? $0 : nil }
  }

  mutating func trap(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) -> Int {
    var rest = arguments[...]
    if rest.first == "--" { rest.removeFirst() }
    if rest.isEmpty {
      for (signal, command) in strand.traps {
        print("trap -- \(shellQuoted(command)) \(Signal.name(signal))", &strand, &turn)
      }
      return 0
    }
    let isReset = rest.first == "-" || rest.first.flatMap { Int($0) } != nil
    let command = rest.first == "-" || !isReset ? rest.removeFirst() : "-"
    for word in rest {
      guard let signal = Signal.number(word) else {
        complain("trap: \(word): invalid signal specification", strand, &turn)
        return 1
      }
      strand.traps[signal] = isReset ? nil : command
    }
    return 0
  }

  /// `kill`: signals go to the shell's own processes here; those of others are the host's.
  mutating func kill(_ words: [String], _ strand: inout Strand, _ turn: inout Turn) {
    var rest = words.dropFirst()
    var signal = 15
    if let option = rest.first, option.hasPrefix("-"), option.count > 1, option != "--" {
      rest.removeFirst()
      if option == "-l" {
        print(Signal.all.map { "\($0.number)) SIG\($0.name)" }.joined(separator: "\n"), &strand, &turn)
        return complete(&strand, 0, &turn)
      }
      let name = option == "-s" ? rest.popFirst() ?? "" : String(option.dropFirst())
      guard let number = Signal.number(name) else {
        complain("kill: bad signal name '\(name)'", strand, &turn)
        return complete(&strand, 1, &turn)
      }
      signal = number
    }
    if rest.isEmpty {
      complain("kill: you need to specify whom to kill", strand, &turn)
      return complete(&strand, 1, &turn)
    }
    var targets: [Int] = []
    for word in rest where word != "--" {
      let own = Int(word).flatMap { strands.contains($0) || $0 == strand.processID ? $0 : nil }
      guard let target = own ?? (word.hasPrefix("%") ? job(word, strand) : nil) else {
        return runExternal(words, &strand, &turn)
      }
      targets.append(target)
    }
    // Nothing inside a container can kill its first process.
    let isShielded = configuration.isFirstProcess && signal == Signal.kill
    for target in targets where signal != 0 && !(isShielded && target == configuration.processID) {
      signals.append((target, signal))
    }
    complete(&strand, 0, &turn)
  }

  mutating func runCommand(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
    guard let first = arguments.first else { return complete(&strand, 0, &turn) }
    if first == "-v" || first == "-V" {
      let kind: Builtin = first == "-v" ? .command : .type
      return complete(&strand, locate(kind, Array(arguments.dropFirst()), &strand, &turn), &turn)
    }
    let words = first == "-p" || first == "--" ? Array(arguments.dropFirst()) : arguments
    if words.isEmpty { return complete(&strand, 0, &turn) }
    dispatch(words, &strand, &turn, skippingFunctions: true)
  }

  /// `type`, `which` and `command -v`: where a command would be found.
  mutating func locate(
    _ asker: Builtin, _ names: [String], _ strand: inout Strand, _ turn: inout Turn
  ) -> Int {
    var status = 0
    for name in names where name != "-a" {
      let builtin = Builtin(rawValue: name)
      var path: String?
      if name.contains("/") {
        path = turn.files.exists(strand.absolute(name)) ? name : nil
      } else if configuration.programs.contains(name) {
        path = "/usr/local/bin/\(name)"
      } else if Applet.names.contains(name) || builtin?.isAlsoAFile == true {
        path = "/bin/\(name)"
      }
      switch asker {
      case .which: if let path { print(path, &strand, &turn) } else { status = 1 }
      case .command:
        if strand.functions.contains(name) || builtin != nil {
          print(name, &strand, &turn)
        } else if let path {
          print(path, &strand, &turn)
        } else {
          status = 127
        }
      default:
        let what =
          strand.functions.contains(name)
          ? "a shell function" : builtin != nil ? "a shell builtin" : path.map { "\($0)" }
        if let what {
          print("\(name) is \(what)", &strand, &turn)
        } else {
          print("\(name): not found", &strand, &turn)
          status = 127
        }
      }
    }
    return status
  }

  mutating func nextOption(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) -> Int {
    guard arguments.count >= 2 else { return 2 }
    let words = arguments.count > 2 ? Array(arguments.dropFirst(2)) : strand.positional
    var index = strand.variables["OPTIND"].flatMap { Int($0) } ?? 1
    let name = arguments[1]
    strand.variables.unset("OPTARG")
    guard index <= words.count, words[index - 1].hasPrefix("-"), words[index - 1].count > 1, words[index - 1] != "--"
    else {
      if index <= words.count, words[index - 1] == "--" { index += 1 }
      strand.variables.set("OPTIND", String(index))
      strand.variables.set(name, "?")
      strand.optionPlace = 0
      return 1
    }
    let word = Array(words[index - 1])
    let place = max(1, strand.optionPlace)
    let letter = word[place]
    let known = Array(arguments[0])
    let isLastLetter = place + 1 == word.count
    strand.optionPlace = isLastLetter ? 0 : place + 1
    if isLastLetter { index += 1 }
    let found = known.firstIndex(of: letter)
    if let found, letter != ":" {
      strand.variables.set(name, String(letter))
      if found + 1 < known.count, known[found + 1] == ":" {
        if !isLastLetter {
          strand.variables.set("OPTARG", String(word[(place + 1)...]))
          index += 1
        } else if index <= words.count {
          strand.variables.set("OPTARG", words[index - 1])
          index += 1
        } else {
          if known.first != ":" { complain("option requires an argument -- \(letter)", strand, &turn) }
          strand.variables.set(name, known.first == ":" ? ":" : "?")
          if known.first == ":" { strand.variables.set("OPTARG", String(letter)) }
        }
        strand.optionPlace = 0
      }
    } else {
      strand.variables.set(name, "?")
      if known.first == ":" {
        strand.variables.set("OPTARG", String(letter))
      } else {
        complain("illegal option -- \(letter)", strand, &turn)
      }
    }
    strand.variables.set("OPTIND", String(index))
    return 0
  }

  /// When `timeout` will end a program that runs outside; nil where nothing limits it.
  public func limit(of id: ExternalID) -> Instant? {
    guard var current = externals[id.number]?.strand else { return nil }
    var earliest: Instant?
    while let parent = strands.first(where: { $0.value.running.contains(current) }) {
      for case .limited(let child, let until, _) in parent.value.frames where child == current {
        earliest = min(earliest ?? until, until)
      }
      current = parent.key
    }
    return earliest
  }

  /// `timeout`: the command and a watchman run side by side; whoever ends first ends the other.
  mutating func runWithLimit(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
    var rest = arguments[...]
    var signal = 15
    while let word = rest.first, word.hasPrefix("-") {
      rest.removeFirst()
      if word == "-s" { signal = Signal.number(rest.popFirst() ?? "") ?? 15 }
      if word == "-k" { rest = rest.dropFirst() }
    }
    guard let text = rest.popFirst(), let limit = Applet.duration(text), !rest.isEmpty else {
      complain("timeout: usage: timeout [-s SIG] SECS PROG ARGS", strand, &turn)
      return complete(&strand, 1, &turn)
    }
    let child = spawn(below: &strand, [.leave, .dispatch(Array(rest))], title: rest.joined(separator: " "))
    strand.frames.append(.limited(child: child, until: turn.now + limit, signal: signal))
  }
}
