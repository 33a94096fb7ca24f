import SimBase

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
    var showsNumbers = false
  }

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var options = Options()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "l", "g", "o": options.isLong = true
      case "n": (options.isLong, options.showsNumbers) = (true, true)
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
    let words = reader.operands.isEmpty ? ["."] : reader.operands.sorted()
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
      let owners = [(entry.user, "/etc/passwd"), (entry.group, "/etc/group")].map { number, path in
        (options.showsNumbers ? String(number) : Accounts.name(of: number, in: path, call.files)).padded(to: 8)
      }.joined(separator: " ")
      call.sink.print(
        "\(permissions(entry))   \(padded(links, 2)) \(owners) \(size) \(date(entry, call)) \(shown)\(target)")
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
