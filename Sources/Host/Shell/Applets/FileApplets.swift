import SimBase

/// Applets that change the tree.
enum FileApplets {
  static func makeDirectory(_ call: inout Applet.Call) -> Applet.Start {
    var parents = false
    var mode: UInt16 = 0o755
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "p": parents = true
      case "m": mode = reader.value().flatMap { UInt16($0, radix: 8) } ?? mode
      case "v": break
      default: return call.fail("unrecognized option: \(option)")
      }
    }
    if reader.operands.isEmpty { return call.fail("missing operand") }
    return each(reader.operands, &call) { call, word throws(FileError) in
      try call.files.makeDirectory(call.absolute(word), parents: parents, mode: mode, at: call.now)
    } complaint: {
      "can't create directory '\($0)'"
    }
  }

  static func remove(_ call: inout Applet.Call) -> Applet.Start {
    var (isRecursive, isForced) = (false, false)
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "r", "R": isRecursive = true
      case "f": isForced = true
      case "i", "v": break
      default: return call.fail("unrecognized option: \(option)")
      }
    }
    if reader.operands.isEmpty { return isForced ? .done(0) : call.fail("missing operand") }
    return each(reader.operands, &call) { call, word throws(FileError) in
      let path = call.absolute(word)
      if isForced && call.files.linkEntry(path) == nil { return }
      if call.files.linkEntry(path)?.isDirectory == true && !isRecursive { throw .isDirectory }
      try call.files.remove(path, recursive: isRecursive)
    } complaint: {
      "can't remove '\($0)'"
    }
  }

  static func removeDirectory(_ call: inout Applet.Call) -> Applet.Start {
    each(call.arguments.filter { $0 != "-p" }, &call) { call, word throws(FileError) in
      let path = call.absolute(word)
      if call.files.linkEntry(path)?.isDirectory == false { throw .notDirectory }
      try call.files.remove(path)
    } complaint: {
      "'\($0)'"
    }
  }

  static func touch(_ call: inout Applet.Call) -> Applet.Start {
    var creates = true
    var reader = OptionReader(call.arguments)
    while let option = reader.next() { if option == "c" { creates = false } }
    return each(reader.operands, &call) { call, word throws(FileError) in
      let path = call.absolute(word)
      if creates || call.files.exists(path) { try call.files.touch(path, at: call.now) }
    } complaint: {
      $0
    }
  }

  static func copy(_ call: inout Applet.Call) -> Applet.Start {
    var isRecursive = false
    var reader = OptionReader(call.arguments)
    while let option = reader.next() { if ["r", "R", "a"].contains(option) { isRecursive = true } }
    return transfer(reader.operands, &call) { call, source, target throws(FileError) in
      try copy(source, to: target, isRecursive: isRecursive, &call)
    } complaint: {
      "can't stat '\($0)'"
    }
  }

  private static func copy(
    _ source: String, to target: String, isRecursive: Bool, _ call: inout Applet.Call
  ) throws(FileError) {
    guard let entry = call.files.entry(source) else { throw .notFound }
    guard entry.isDirectory else {
      return try call.files.write(target, try call.files.read(source), mode: entry.mode, at: call.now)
    }
    if !isRecursive { throw .isDirectory }
    if target.hasPrefix(source + "/") { throw .invalid }
    if !call.files.isDirectory(target) { try call.files.makeDirectory(target, mode: entry.mode, at: call.now) }
    for name in try call.files.list(source) {
      try copy(source + "/" + name, to: target + "/" + name, isRecursive: true, &call)
    }
  }

  static func move(_ call: inout Applet.Call) -> Applet.Start {
    var reader = OptionReader(call.arguments)
    while reader.next() != nil {}
    return transfer(reader.operands, &call) { call, source, target throws(FileError) in
      try call.files.move(source, to: target)
    } complaint: {
      "can't rename '\($0)'"
    }
  }

  static func link(_ call: inout Applet.Call) -> Applet.Start {
    var (isSymbolic, isForced) = (false, false)
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      if option == "s" { isSymbolic = true }
      if option == "f" { isForced = true }
    }
    guard let source = reader.operands.first else { return call.fail("missing operand") }
    let words = reader.operands.count > 1 ? reader.operands : [source, "."]
    return transfer(words, &call, sourceIsText: true) { call, source, target throws(FileError) in
      if isForced { try? call.files.remove(target) }
      if isSymbolic {
        try call.files.link(target, to: source, at: call.now)
      } else {
        if call.files.exists(target) { throw .exists }
        try call.files.write(target, try call.files.read(call.absolute(source)), at: call.now)
      }
    } complaint: {
      $0
    }
  }

  static func chmod(_ call: inout Applet.Call) -> Applet.Start {
    var words = call.arguments
    if words.first == "-R" { words.removeFirst() }
    guard words.count > 1 else { return call.fail("missing operand") }
    let mode = words.removeFirst()
    if changed(0, mode) == nil { return call.fail("invalid mode '\(mode)'") }
    return each(words, &call) { call, word throws(FileError) in
      let path = call.absolute(word)
      guard let entry = call.files.entry(path) else { throw .notFound }
      try call.files.setMode(path, changed(entry.mode, mode) ?? entry.mode)
    } complaint: {
      $0
    }
  }

  static func chown(_ call: inout Applet.Call) -> Applet.Start {
    var words = call.arguments
    if words.first == "-R" { words.removeFirst() }
    guard words.count > 1 else { return call.fail("missing operand") }
    let names = words.removeFirst().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
      String.init)
    var user: UInt32?
    var group: UInt32?
    if !names[0].isEmpty {
      user = Accounts.number(of: names[0], in: "/etc/passwd", call.files)
      if user == nil { return call.fail("unknown user \(names[0])") }
    }
    if names.count > 1, !names[1].isEmpty {
      group = Accounts.number(of: names[1], in: "/etc/group", call.files)
      if group == nil { return call.fail("unknown group \(names[1])") }
    }
    return each(words, &call) { call, word throws(FileError) in
      let path = call.absolute(word)
      guard let entry = call.files.linkEntry(path) else { throw .notFound }
      try call.files.setOwner(path, user: user ?? entry.user, group: group ?? entry.group)
    } complaint: {
      $0
    }
  }

  /// A mode after `644`, `+x`, `u+rw,go-w`; nil for nonsense.
  private static func changed(_ mode: UInt16, _ text: String) -> UInt16? {
    if let number = UInt16(text, radix: 8) { return number }
    var result = mode
    for clause in text.split(separator: ",") {
      guard let sign = clause.firstIndex(where: { "+-=".contains($0) }) else { return nil }
      var bits: UInt16 = 0
      for letter in clause[clause.index(after: sign)...] {
        switch letter {
        case "r": bits |= 4
        case "w": bits |= 2
        case "x", "X": bits |= 1
        case "s", "t": break
        default: return nil
        }
      }
      let who = clause[..<sign].isEmpty ? "ugo" : clause[..<sign].replacing("a", with: "ugo")
      for letter in who {
        guard let shift: UInt16 = ["u": 6, "g": 3, "o": 0][letter] else { return nil }
        if clause[sign] == "=" { result &= ~(7 << shift) }
        result = clause[sign] == "-" ? result & ~(bits << shift) : result | bits << shift
      }
    }
    return result
  }

  static func makeTemporary(_ call: inout Applet.Call) -> Applet.Start {
    var isDirectory = false
    var reader = OptionReader(call.arguments)
    while let option = reader.next() { if option == "d" { isDirectory = true } }
    let template = reader.operands.first ?? "/tmp/tmp.XXXXXX"
    var stem = template
    while stem.hasSuffix("X") { stem.removeLast() }
    let width = template.count - stem.count
    // The first free number: nothing random, so that a run repeats.
    for number in 1...9_999 {
      let digits = String(number)
      let path = call.absolute(stem + String(repeating: "0", count: max(0, width - digits.count)) + digits)
      if call.files.exists(path) { continue }
      do throws(FileError) {
        if isDirectory {
          try call.files.makeDirectory(path, mode: 0o700, at: call.now)
        } else {
          try call.files.write(path, [], mode: 0o600, at: call.now)
        }
      } catch {
        return call.fail("\(template): \(error.sentence)")
      }
      call.sink.print(path)
      return .done(0)
    }
    return call.fail("\(template): File exists")
  }

  static func stat(_ call: inout Applet.Call) -> Applet.Start {
    var format = "%n: %F, %s bytes, mode %a"
    var follows = false
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      if option == "c" { format = reader.value() ?? format }
      if option == "L" { follows = true }
    }
    return each(reader.operands, &call) { call, word throws(FileError) in
      let path = call.absolute(word)
      guard let entry = follows ? call.files.entry(path) : call.files.linkEntry(path) else { throw .notFound }
      let kind: String
      var quoted = word
      switch entry.content {
      case .directory: kind = "directory"
      case .file: kind = entry.size == 0 ? "regular empty file" : "regular file"
      case .link(let target): (kind, quoted) = ("symbolic link", "'\(word)' -> '\(target)'")
      }
      let seconds = call.zeroSeconds + entry.modified.nanoseconds / 1_000_000_000
      var line = format
      for (mark, text) in [
        ("%n", word), ("%s", String(entry.size)), ("%a", String(entry.mode, radix: 8)), ("%F", kind),
        ("%U", Accounts.name(of: entry.user, in: "/etc/passwd", call.files)),
        ("%G", Accounts.name(of: entry.group, in: "/etc/group", call.files)), ("%u", String(entry.user)),
        ("%g", String(entry.group)), ("%Y", String(seconds)), ("%N", quoted),
      ] { line = line.replacing(mark, with: text) }
      call.sink.print(line)
    } complaint: {
      "can't stat '\($0)'"
    }
  }

  // MARK: What they share

  private typealias Action = (inout Applet.Call, String) throws(FileError) -> Void

  private static func each(
    _ words: [String], _ call: inout Applet.Call, _ action: Action, complaint: (String) -> String
  ) -> Applet.Start {
    var status = 0
    for word in words {
      do throws(FileError) { try action(&call, word) } catch {
        call.sink.complain("\(call.name): \(complaint(word)): \(error.sentence)")
        status = 1
      }
    }
    return .done(status)
  }

  private typealias Transfer = (inout Applet.Call, String, String) throws(FileError) -> Void

  /// `cp`, `mv` and `ln`: several sources go into a directory, one may get a new name.
  private static func transfer(
    _ words: [String], _ call: inout Applet.Call, sourceIsText: Bool = false, _ action: Transfer,
    complaint: (String) -> String
  ) -> Applet.Start {
    guard words.count > 1, let last = words.last else { return call.fail("missing operand") }
    let target = call.absolute(last)
    let goesInside = call.files.isDirectory(target)
    if words.count > 2 && !goesInside { return call.fail("\(last): Not a directory") }
    var status = 0
    for word in words.dropLast() {
      let name = word.split(separator: "/").last.map(String.init) ?? word
      let path = goesInside ? FileTree.absolute(name, from: target) : target
      do throws(FileError) { try action(&call, sourceIsText ? word : call.absolute(word), path) } catch {
        call.sink.complain("\(call.name): \(complaint(word)): \(error.sentence)")
        status = 1
      }
    }
    return .done(status)
  }
}
