import SimBase

/// What the builtins do.
extension ShellProcess {
  mutating func run(_ builtin: Builtin, _ words: [String], _ strand: inout Strand, _ turn: inout Turn) {
    let arguments = Array(words.dropFirst())
    var status = 0
    switch builtin {
    case .colon, .true, .alias, .unalias, .hash, .times, .ulimit: break
    case .false: status = 1
    case .cd: status = changeDirectory(arguments, &strand, &turn)
    case .pwd: print(strand.directory, &strand, &turn)
    case .exit:
      if let word = arguments.first, Int(word) == nil {
        complain("exit: Illegal number: \(word)", strand, &turn)
        strand.status = 2
      } else {
        strand.status = (arguments.first.flatMap { Int($0) } ?? strand.status) & 0xFF
      }
      unwind(&strand, to: 0)
      return leave(&strand, &turn)
    case .return: return giveBack(arguments, &strand, &turn)
    case .break, .continue: return jump(builtin, arguments, &strand)
    case .shift:
      let count = arguments.first.flatMap { Int($0) } ?? 1
      if count > strand.positional.count { status = 1 } else { strand.positional.removeFirst(count) }
    case .set: status = set(arguments, &strand, &turn)
    case .export, .readonly: status = mark(builtin, arguments, &strand, &turn)
    case .local: declareLocal(arguments, &strand)
    case .unset: unset(arguments, &strand)
    case .read: return beginRead(arguments, &strand, &turn)
    case .eval:
      let (commands, error) = ShellParser.script(arguments.joined(separator: " "))
      strand.status = 0
      strand.frames.append(.script(commands, next: 0, error: error))
      return
    case .dot, .source: return source(arguments, &strand, &turn)
    case .wait: return wait(arguments, &strand, &turn)
    case .trap: status = trap(arguments, &strand, &turn)
    case .type, .which: status = locate(builtin, arguments, &strand, &turn)
    case .command, .builtin: return runCommand(arguments, &strand, &turn)
    case .kill: return kill(words, &strand, &turn)
    case .getopts: status = nextOption(arguments, &strand, &turn)
    case .let:
      for text in arguments {
        do throws(Arithmetic.Failure) {
          status = try Arithmetic.value(text, &strand.variables) == 0 ? 1 : 0
        } catch {
          complain("let: \(error.message)", strand, &turn)
          status = 1
        }
      }
    case .umask: if arguments.isEmpty { print("0022", &strand, &turn) }
    case .jobs:
      for (place, job) in strand.running.enumerated() {
        let title = strands[job]?.title ?? ""
        print(
          "[\(place + 1)]\(job == strand.lastBackground ? "+" : " ") Running                 \(title)", &strand, &turn)
      }
    case .exec: return exec(arguments, [], &strand, &turn)
    case .nohup, .time, .busybox:
      if arguments.isEmpty { break }
      return dispatch(arguments, &strand, &turn)
    case .timeout: return runWithLimit(arguments, &strand, &turn)
    case .sh, .ash, .bash: return runShell(words, &strand, &turn)
    }
    complete(&strand, status, &turn)
  }

  mutating func print(_ line: String, _ strand: inout Strand, _ turn: inout Turn) {
    write(Array((line + "\n").utf8), to: 1, &strand, &turn)
  }

  private mutating func changeDirectory(
    _ arguments: [String], _ strand: inout Strand, _ turn: inout Turn
  ) -> Int {
    var target = arguments.first { !["-L", "-P", "--"].contains($0) } ?? strand.variables["HOME"] ?? "/"
    let isBack = target == "-"
    if isBack { target = strand.variables["OLDPWD"] ?? strand.directory }
    let path = strand.absolute(target)
    guard turn.files.isDirectory(path) else {
      let error: FileError = turn.files.exists(path) ? .notDirectory : .notFound
      complain("cd: can't cd to \(target): \(error.sentence)", strand, &turn)
      return 1
    }
    strand.variables.set("OLDPWD", strand.directory)
    strand.variables.set("PWD", path)
    strand.directory = path
    if isBack { print(path, &strand, &turn) }
    return 0
  }

  // MARK: Ways out

  private mutating func giveBack(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
    strand.status = (arguments.first.flatMap { Int($0) } ?? strand.status) & 0xFF
    let end = strand.frames.lastIndex { frame in
      switch frame {
      case .call, .sourced: true
      default: false
      }
    }
    unwind(&strand, to: end ?? 0)
    if end == nil { leave(&strand, &turn) }
  }

  private mutating func jump(_ builtin: Builtin, _ arguments: [String], _ strand: inout Strand) {
    var levels = max(1, arguments.first.flatMap { Int($0) } ?? 1)
    var target: Int?
    for place in strand.frames.indices.reversed() where levels > 0 {
      if case .call = strand.frames[place] { break }
      if strand.frames[place].isLoop {
        target = place
        levels -= 1
      }
    }
    strand.status = 0
    guard let target else { return }
    unwind(&strand, to: target + (builtin == .continue ? 1 : 0))
    // `continue` in a loop's condition: the next round starts with that condition.
    if builtin == .continue, case .loopCondition(let loop, let status)? = strand.frames.last {
      strand.frames.removeLast()
      strand.frames += [.loopCondition(loop, status: status), .begin(loop.condition)]
    }
  }

  // MARK: Variables

  private mutating func set(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) -> Int {
    if arguments.isEmpty {
      for (name, value) in strand.variables.all { print("\(name)=\(shellQuoted(value))", &strand, &turn) }
      return 0
    }
    var rest = arguments[...]
    while let word = rest.first, word.hasPrefix("-") || word.hasPrefix("+"), word.count > 1 {
      rest.removeFirst()
      let isOn = word.hasPrefix("-")
      if word == "--" {
        strand.positional = Array(rest)
        return 0
      }
      for letter in word.dropFirst() {
        let isKnown =
          letter == "o" ? strand.options.set(named: rest.popFirst() ?? "", isOn) : strand.options.set(letter, isOn)
        if !isKnown {
          complain("set: illegal option \(word)", strand, &turn)
          return 2
        }
      }
    }
    if !rest.isEmpty { strand.positional = Array(rest) }
    return 0
  }

  private mutating func mark(
    _ builtin: Builtin, _ arguments: [String], _ strand: inout Strand, _ turn: inout Turn
  ) -> Int {
    let isExport = builtin == .export
    var names = arguments
    let takesBack = names.first == "-n"
    if names.first == "-p" || takesBack { names.removeFirst() }
    if names.isEmpty {
      let listed = isExport ? strand.variables.environment.keys : strand.variables.readOnlyNames
      for name in listed {
        print("\(builtin.rawValue) \(name)=\(shellQuoted(strand.variables[name] ?? ""))", &strand, &turn)
      }
      return 0
    }
    for word in names {
      let (name, value) = splitAssignment(word)
      guard isName(name) else {
        complain("\(builtin.rawValue): \(word): bad variable name", strand, &turn)
        return 2
      }
      if let value {
        if strand.variables.isReadOnly(name) {
          complain("\(builtin.rawValue): \(name): is read only", strand, &turn)
          return 2
        }
        strand.variables.set(name, value)
      }
      if isExport {
        if takesBack { strand.variables.unexport(name) } else { strand.variables.export(name) }
      } else {
        strand.variables.makeReadOnly(name)
      }
    }
    return 0
  }

  private mutating func declareLocal(_ arguments: [String], _ strand: inout Strand) {
    let place = strand.frames.lastIndex { if case .call = $0 { true } else { false } }
    for word in arguments {
      let (name, value) = splitAssignment(word)
      if let place, case .call(let positional, let locals) = strand.frames[place] {
        let saved = SavedVariable(name: name, variable: strand.variables.saved(name))
        strand.frames[place] = .call(positional: positional, locals: [saved] + locals)
      }
      if let value { strand.variables.set(name, value) } else if place != nil { strand.variables.unset(name) }
    }
  }

  private func unset(_ arguments: [String], _ strand: inout Strand) {
    for name in arguments where name != "-v" {
      if arguments.first == "-f" {
        strand.functions[name] = nil
      } else {
        strand.variables.unset(name)
      }
    }
  }

  // MARK: Reading

  private mutating func beginRead(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
    var read = ReadCommand(names: [])
    var rest = arguments[...]
    while let word = rest.first, word.hasPrefix("-"), word.count > 1 {
      rest.removeFirst()
      if word.contains("r") { read.isRaw = true }
      if word.hasSuffix("p"), let prompt = rest.popFirst() { write(Array(prompt.utf8), to: 2, &strand, &turn) }
      if word.hasSuffix("t") || word.hasSuffix("n") { rest = rest.dropFirst() }
    }
    read.names = rest.isEmpty ? ["REPLY"] : Array(rest)
    strand.frames.append(.read(read))
  }

  mutating func continueRead(_ read: ReadCommand, _ strand: inout Strand, _ turn: inout Turn) {
    guard let file = strand.descriptors[0] else { return complete(&strand, 1, &turn) }
    switch plumbing.readLine(file, files: turn.files, dice: &turn.dice) {
    case .nothingYet:
      strand.frames.append(.read(read))
      strand.wait = .readable(file)
    case .end:
      assign(read, read.text, &strand)
      complete(&strand, 1, &turn)
    case .bytes(var line):
      let isWhole = line.last == newlineByte
      if isWhole { line.removeLast() }
      let trailing = line.reversed().prefix { $0 == UInt8(ascii: "\\") }.count
      if !read.isRaw, isWhole, trailing % 2 == 1 {
        var more = read
        more.text += line.dropLast()
        strand.frames.append(.read(more))
        return
      }
      assign(read, read.text + line, &strand)
      complete(&strand, isWhole ? 0 : 1, &turn)
    }
  }

  /// Splits a line among the names; the last one takes the rest.
  private func assign(_ read: ReadCommand, _ line: [UInt8], _ strand: inout Strand) {
    let separators = Array((strand.variables["IFS"] ?? " \t\n").utf8)
    func isBlank(_ byte: UInt8) -> Bool { separators.contains(byte) && (byte == 32 || byte == 9 || byte == 10) }
    var rest = line[...]
    for (place, name) in read.names.enumerated() {
      rest = rest.drop(while: isBlank)
      var value: [UInt8] = []
      let isLast = place == read.names.count - 1
      while let byte = rest.first {
        if !read.isRaw, byte == UInt8(ascii: "\\"), rest.count > 1 {
          value.append(rest[rest.startIndex + 1])
          rest = rest.dropFirst(2)
          continue
        }
        if !isLast && separators.contains(byte) {
          rest = rest.drop(while: isBlank)
          if let next = rest.first, separators.contains(next) { rest = rest.dropFirst() }
          break
        }
        value.append(byte)
        rest = rest.dropFirst()
      }
      if isLast { while let last = value.last, isBlank(last) { value.removeLast() } }
      strand.variables.set(name, String(decoding: value, as: UTF8.self))
    }
  }

  // MARK: Scripts, jobs, signals

  private mutating func source(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
    guard let path = arguments.first else {
      complain(".: filename argument required", strand, &turn)
      return complete(&strand, 2, &turn)
    }
    guard let text = turn.files.text(strand.absolute(path)) else {
      complain(".: can't open '\(path)': No such file or directory", strand, &turn)
      return complete(&strand, 2, &turn)
    }
    let (commands, error) = ShellParser.script(text)
    strand.frames.append(.sourced(positional: arguments.count > 1 ? strand.positional : nil))
    if arguments.count > 1 { strand.positional = Array(arguments.dropFirst()) }
    strand.status = 0
    strand.frames.append(.script(commands, next: 0, error: error))
  }

  private mutating func wait(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
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
  private func job(_ word: String, _ strand: Strand) -> Int? {
    if word.hasPrefix("%") {
      if ["%%", "%+", "%-"].contains(word) { return strand.lastBackground }
      return Int(word.dropFirst()).flatMap { (1...max(1, strand.running.count)).contains($0) ? $0 : nil }
        .flatMap { strand.running.isEmpty ? nil : strand.running[$0 - 1] }
    }
    return Int(word).flatMap { strand.running.contains($0) || strand.ended.contains($0) ? $0 : nil }
  }

  private mutating func trap(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) -> Int {
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
  private mutating func kill(_ words: [String], _ strand: inout Strand, _ turn: inout Turn) {
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
    if signal != 0 { for target in targets { signals.append((target, signal)) } }
    complete(&strand, 0, &turn)
  }

  private mutating func runCommand(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
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
  private mutating func locate(
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

  private mutating func nextOption(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) -> Int {
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

  /// `timeout`: the command and a watchman run side by side; whoever ends first ends the other.
  private mutating func runWithLimit(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
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

/// A word of the form `name=value`, taken apart.
func splitAssignment(_ word: String) -> (name: String, value: String?) {
  guard let sign = word.firstIndex(of: "=") else { return (word, nil) }
  return (String(word[..<sign]), String(word[word.index(after: sign)...]))
}

func isName(_ text: String) -> Bool {
  let bytes = Array(text.utf8)
  return bytes.first.map(isNameStart) == true && bytes.allSatisfy(isNameByte)
}
