import SimBase

/// Applets that only print.
enum Texts {
  static func constant(_ text: String, _ call: inout Applet.Call, status: Int = 0) -> Applet.Start {
    call.sink.print(text)
    return .done(status)
  }

  static func echo(_ call: inout Applet.Call) -> Applet.Start {
    var words = call.arguments[...]
    var endsLine = true
    var resolves = false
    while let word = words.first, word.count > 1, word.hasPrefix("-"),
      word.dropFirst().allSatisfy({ "neE".contains($0) })
    {
      words.removeFirst()
      if word.contains("n") { endsLine = false }
      if word.contains("e") { resolves = true }
      if word.contains("E") { resolves = false }
    }
    var bytes = Array(words.joined(separator: " ").utf8)
    if resolves {
      let resolved = Escapes.resolved(bytes, octalNeedsZero: true)
      bytes = resolved.bytes
      if resolved.isCut { endsLine = false }
    }
    call.sink.out += bytes
    if endsLine { call.sink.out.append(newlineByte) }
    return .done(0)
  }

  static func env(_ call: inout Applet.Call) -> Applet.Start {
    var reader = OptionReader(call.arguments, permutes: false)
    var variables = call.variables
    while let option = reader.next() {
      switch option {
      case "i": variables = Variables()
      case "u": variables.unset(reader.value() ?? "")
      default: return call.fail("invalid option -- '\(option)'", 125)
      }
    }
    var words = reader.operands[...]
    while let word = words.first, let value = splitAssignment(word).value {
      words.removeFirst()
      variables.set(splitAssignment(word).name, value)
      variables.export(splitAssignment(word).name)
    }
    if !words.isEmpty { return .run(Array(words), variables) }
    for (name, value) in variables.environment { call.sink.print("\(name)=\(value)") }
    return .done(0)
  }

  static func printenv(_ call: inout Applet.Call) -> Applet.Start {
    let environment = call.variables.environment
    if call.arguments.isEmpty { for (name, value) in environment { call.sink.print("\(name)=\(value)") } }
    var status = 0
    for name in call.arguments {
      if let value = environment[name] { call.sink.print(value) } else { status = 1 }
    }
    return .done(status)
  }

  static func id(_ call: inout Applet.Call) -> Applet.Start {
    let (users, groups) = (AccountFile.users(call.files), AccountFile.groups(call.files))
    let user = call.user
    let all = [user.groupID] + user.groups.filter { $0 != user.groupID }
    func full(_ number: Int, in file: AccountFile) -> String {
      "\(number)" + (file.name(of: number).map { "(\($0.name))" } ?? "")
    }
    func name(_ number: Int, in file: AccountFile) -> String { file.name(of: number)?.name ?? String(number) }
    switch call.arguments.joined().filter({ $0 != "-" }) {
    case "u": call.sink.print("\(user.userID)")
    case "g": call.sink.print("\(user.groupID)")
    case "G": call.sink.print(all.map { "\($0)" }.joined(separator: " "))
    case "un", "nu": call.sink.print(name(user.userID, in: users))
    case "gn", "ng": call.sink.print(name(user.groupID, in: groups))
    case "Gn", "nG": call.sink.print(all.map { name($0, in: groups) }.joined(separator: " "))
    default:
      call.sink.print(
        "uid=\(full(user.userID, in: users)) gid=\(full(user.groupID, in: groups)) "
          + "groups=\(all.map { full($0, in: groups) }.joined(separator: ","))")
    }
    return .done(0)
  }

  static func whoami(_ call: inout Applet.Call) -> Applet.Start {
    guard let name = AccountFile.users(call.files).name(of: call.user.userID)?.name else {
      return call.fail("unknown uid \(call.user.userID)")
    }
    return constant(name, &call)
  }

  static func uname(_ call: inout Applet.Call) -> Applet.Start {
    let host = call.variables["HOSTNAME"] ?? call.files.text("/etc/hostname")?.trimmed() ?? "localhost"
    let fields = ["s": "Linux", "n": host, "r": "6.8.0-swarmlab", "v": "#1 SMP", "m": "x86_64", "o": "GNU/Linux"]
    var letters: [String] = []
    var reader = OptionReader(call.arguments)
    while let option = reader.next() { letters.append(option) }
    let order = ["s", "n", "r", "v", "m", "o"]
    let chosen = letters.contains("a") ? order : letters.isEmpty ? ["s"] : order.filter(letters.contains)
    call.sink.print(chosen.compactMap { fields[$0] }.joined(separator: " "))
    return .done(0)
  }

  static func sequence(_ call: inout Applet.Call) -> Applet.Start {
    var words = call.arguments
    var separator = "\n"
    var isPadded = false
    while let first = words.first, first.hasPrefix("-"), Int(first) == nil {
      words.removeFirst()
      if first == "-w" { isPadded = true }
      if first.hasPrefix("-s") {
        separator = first.count > 2 ? String(first.dropFirst(2)) : words.isEmpty ? "" : words.removeFirst()
      }
    }
    let numbers = words.compactMap { Int($0) }
    guard numbers.count == words.count, (1...3).contains(numbers.count) else {
      let bad = words.first { Int($0) == nil }
      return bad.map { call.fail("invalid number '\($0)'") } ?? call.fail("missing operand")
    }
    let first = numbers.count > 1 ? numbers[0] : 1
    let step = numbers.count == 3 ? numbers[1] : 1
    let last = numbers[numbers.count - 1]
    if step == 0 { return call.fail("increment is 0") }
    var texts: [String] = []
    var value = first
    while step > 0 ? value <= last : value >= last {
      // A bound, so that no slip fills the memory.
      if texts.count == 1_000_000 { return call.fail("more than a million numbers") }
      texts.append(String(value))
      value += step
    }
    let width = isPadded ? texts.map(\.count).max() ?? 0 : 0
    texts = texts.map { String(repeating: "0", count: max(0, width - $0.count)) + $0 }
    if !texts.isEmpty { call.sink.print(texts.joined(separator: separator)) }
    return .done(0)
  }
}

/// Applets that take paths apart.
enum Names {
  static func basename(_ call: inout Applet.Call) -> Applet.Start {
    guard let path = call.arguments.first else { return call.fail("missing operand") }
    var name = path.split(separator: "/").last.map(String.init) ?? (path.hasPrefix("/") ? "/" : "")
    if call.arguments.count > 1, name != call.arguments[1], name.hasSuffix(call.arguments[1]) {
      name.removeLast(call.arguments[1].count)
    }
    call.sink.print(name)
    return .done(0)
  }

  static func dirname(_ call: inout Applet.Call) -> Applet.Start {
    guard let path = call.arguments.first else { return call.fail("missing operand") }
    var parts = path.split(separator: "/").map(String.init)
    _ = parts.popLast()
    let isRooted = path.hasPrefix("/")
    call.sink.print(parts.isEmpty ? (isRooted ? "/" : ".") : (isRooted ? "/" : "") + parts.joined(separator: "/"))
    return .done(0)
  }

  static func realpath(_ call: inout Applet.Call) -> Applet.Start {
    var status = 0
    for word in call.arguments where !word.hasPrefix("-") {
      let path = call.absolute(word)
      if call.name == "readlink", !call.arguments.contains("-f") {
        guard case .link(let target)? = call.files.linkEntry(path)?.content else {
          status = 1
          continue
        }
        call.sink.print(target)
      } else if let real = call.files.realPath(path) {
        call.sink.print(real)
      } else {
        call.sink.complain("\(call.name): \(word): No such file or directory")
        status = 1
      }
    }
    return .done(status)
  }
}
