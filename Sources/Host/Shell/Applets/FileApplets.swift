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
    var reader = OptionReader(call.arguments)
    while let option = reader.next() { if option == "c" { format = reader.value() ?? format } }
    return each(reader.operands, &call) { call, word throws(FileError) in
      guard let entry = call.files.entry(call.absolute(word)) else { throw .notFound }
      let kind = entry.isDirectory ? "directory" : entry.size == 0 ? "regular empty file" : "regular file"
      let seconds = call.zeroSeconds + entry.modified.nanoseconds / 1_000_000_000
      var line = format
      for (mark, text) in [
        ("%n", word), ("%s", String(entry.size)), ("%a", String(entry.mode, radix: 8)), ("%F", kind),
        ("%U", "root"), ("%G", "root"), ("%u", "0"), ("%g", "0"), ("%Y", String(seconds)),
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

/// `ls`.
enum ListApplet {
  private struct Options {
    var isLong = false
    var showsHidden = false
    var showsDots = false
    var isRecursive = false
    var isReversed = false
    var byTime = false
    var bySize = false
    var listsDirectories = true
    var marks = false
    var isHuman = false
  }

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var options = Options()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "l", "n", "g", "o": options.isLong = true
      case "a":
        options.showsHidden = true
        options.showsDots = true
      case "A": options.showsHidden = true
      case "R": options.isRecursive = true
      case "r": options.isReversed = true
      case "t": options.byTime = true
      case "S": options.bySize = true
      case "d": options.listsDirectories = false
      case "p", "F": options.marks = true
      case "h": options.isHuman = true
      case "1", "i", "s", "c", "C", "x": break
      default:
        if !option.hasPrefix("--color") { return call.fail("unrecognized option: \(option)") }
      }
    }
    let words = reader.operands.isEmpty ? ["."] : reader.operands
    var status = 0
    var files: [String] = []
    var directories: [String] = []
    for word in words {
      guard let entry = call.files.entry(call.absolute(word)) ?? call.files.linkEntry(call.absolute(word)) else {
        call.sink.complain("ls: \(word): No such file or directory")
        status = 1
        continue
      }
      if entry.isDirectory && options.listsDirectories { directories.append(word) } else { files.append(word) }
    }
    show(files.map { ($0, call.absolute($0)) }, options, &call)
    let showsNames = words.count > 1 || options.isRecursive
    var isFirst = files.isEmpty
    for word in directories { list(word, options, showsNames: showsNames, &isFirst, &call) }
    return .done(status)
  }

  private static func list(
    _ word: String, _ options: Options, showsNames: Bool, _ isFirst: inout Bool, _ call: inout Applet.Call
  ) {
    let path = call.absolute(word)
    if showsNames {
      call.sink.print((isFirst ? "" : "\n") + "\(word):")
      isFirst = false
    }
    let names = ((try? call.files.list(path)) ?? []).filter { options.showsHidden || !$0.hasPrefix(".") }
    var rows = names.map { ($0, FileTree.absolute($0, from: path)) }
    if options.isLong {
      call.sink.print(
        "total \(names.reduce(0) { $0 + blocks(call.files.linkEntry(FileTree.absolute($1, from: path))) })")
    }
    if options.showsDots { rows = [(".", path), ("..", FileTree.absolute("..", from: path))] + rows }
    show(rows, options, &call)
    guard options.isRecursive else { return }
    for name in names where call.files.linkEntry(FileTree.absolute(name, from: path))?.isDirectory == true {
      list(word + "/" + name, options, showsNames: true, &isFirst, &call)
    }
  }

  private static func blocks(_ entry: FileEntry?) -> Int {
    guard let entry, !entry.isLink else { return 0 }
    return (entry.size + 4095) / 4096 * 4
  }

  private static func show(_ rows: [(name: String, path: String)], _ options: Options, _ call: inout Applet.Call) {
    var sorted = rows.compactMap { row in call.files.linkEntry(row.path).map { (row.name, $0) } }
    if options.byTime { sorted.sort { ($1.1.modified, $0.0) < ($0.1.modified, $1.0) } }
    if options.bySize { sorted.sort { ($1.1.size, $0.0) < ($0.1.size, $1.0) } }
    if options.isReversed { sorted.reverse() }
    let sizes = sorted.map { options.isHuman ? human($0.1.size) : String($0.1.size) }
    let width = max(9, sizes.map(\.count).max() ?? 0)
    for (place, (name, entry)) in sorted.enumerated() {
      let shown = name + (options.marks && entry.isDirectory ? "/" : "")
      guard options.isLong else {
        call.sink.print(shown)
        continue
      }
      var target = ""
      if case .link(let path) = entry.content { target = " -> " + path }
      let size = String(repeating: " ", count: max(0, width - sizes[place].count)) + sizes[place]
      let links = entry.isDirectory ? 2 : 1
      call.sink.print(
        "\(permissions(entry))   \(padded(links, 2)) root     root     \(size) \(date(entry, call)) \(shown)\(target)")
    }
  }

  /// Recent times with the hour, older ones with the year.
  private static func date(_ entry: FileEntry, _ call: Applet.Call) -> String {
    let seconds = call.zeroSeconds + entry.modified.nanoseconds / 1_000_000_000
    let age = (call.now - entry.modified).seconds
    let moment = Calendar(unixSeconds: seconds, nanosecond: 0)
    return moment.formatted(age > 15_552_000 ? "%b %e  %Y" : "%b %e %H:%M")
  }

  private static func permissions(_ entry: FileEntry) -> String {
    var text = entry.isDirectory ? "d" : entry.isLink ? "l" : "-"
    for shift in [6, 3, 0] as [UInt16] {
      let bits = entry.mode >> shift & 7
      text += (bits & 4 != 0 ? "r" : "-") + (bits & 2 != 0 ? "w" : "-") + (bits & 1 != 0 ? "x" : "-")
    }
    return text
  }

  private static func human(_ size: Int) -> String {
    var value = Double(size)
    var unit = ""
    for next in ["K", "M", "G"] where value >= 1024 {
      value /= 1024
      unit = next
    }
    if unit.isEmpty { return String(size) }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)\(unit)"
  }
}

/// `find`, with names, kinds and depths.
enum FindApplet {
  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var words = call.arguments[...]
    var roots: [String] = []
    while let word = words.first, !word.hasPrefix("-") { _ = (words.removeFirst(), roots.append(word)) }
    var name: GlobPattern?
    var path: GlobPattern?
    var kind: String?
    var depths = 0...Int.max
    while let word = words.popFirst() {
      if word == "-print" { continue }
      guard let value = words.popFirst() else { return call.fail("missing argument to '\(word)'") }
      switch word {
      case "-name": name = GlobPattern(value)
      case "-path": path = GlobPattern(value)
      case "-type": kind = value
      case "-maxdepth": depths = depths.lowerBound...max(depths.lowerBound, Int(value) ?? 0)
      case "-mindepth": depths = min(Int(value) ?? 0, depths.upperBound)...depths.upperBound
      default: return call.fail("unrecognized: \(word)")
      }
    }
    var status = 0
    var waiting = (roots.isEmpty ? ["."] : roots).map { ($0, 0) }
    while !waiting.isEmpty {
      let (word, depth) = waiting.removeFirst()
      let absolute = call.absolute(word)
      guard let entry = call.files.linkEntry(absolute) else {
        call.sink.complain("find: \(word): No such file or directory")
        status = 1
        continue
      }
      let base = word.split(separator: "/").last.map(String.init) ?? word
      let letter = entry.isDirectory ? "d" : entry.isLink ? "l" : "f"
      if depths.contains(depth), name?.matches(base) ?? true, path?.matches(word) ?? true,
        kind.map({ $0 == letter }) ?? true
      {
        call.sink.print(word)
      }
      if entry.isDirectory && depth < depths.upperBound {
        let names = (try? call.files.list(absolute)) ?? []
        waiting = names.map { ((word.hasSuffix("/") ? word : word + "/") + $0, depth + 1) } + waiting
      }
    }
    return .done(status)
  }
}
