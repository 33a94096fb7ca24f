import SimBase

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
