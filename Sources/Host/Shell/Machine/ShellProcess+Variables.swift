import SimBase

/// The builtins that set, mark and read variables.
extension ShellProcess {
  mutating func set(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) -> Int {
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

  mutating func mark(
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

  mutating func declareLocal(_ arguments: [String], _ strand: inout Strand) {
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

  func unset(_ arguments: [String], _ strand: inout Strand) {
    for name in arguments where name != "-v" {
      if arguments.first == "-f" {
        strand.functions[name] = nil
      } else {
        strand.variables.unset(name)
      }
    }
  }

  // MARK: Reading

  mutating func beginRead(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
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
  func assign(_ read: ReadCommand, _ line: [UInt8], _ strand: inout Strand) {
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

}
