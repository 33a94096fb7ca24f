/// The structs of the Engine API, read from a declaration in text.
///
/// A line `pkg.Name` begins a struct; an indented line declares fields: names, then the type. `+pkg.Name` embeds,
/// `Name=key` gives another JSON key, a `?` after the type is `omitempty`. A line `string pkg.A pkg.B` gives names of
/// their own to a plain type.
struct GoSchema: Sendable {
  private var structs: [String: GoStruct] = [:]
  private var names: [String: GoType] = [:]

  /// Reads the declarations, one text after the other; a struct is declared before it is used.
  init(_ texts: String...) {
    var name = ""
    var fields: [GoStruct.Field] = []
    for line in texts.flatMap({ $0.split(separator: "\n") }) {
      let words = line.split(separator: " ").map(String.init)
      guard let first = words.first else { continue }
      if !line.hasPrefix(" "), words.count > 1 {
        for alias in words.dropFirst() { names[alias] = .named(alias, type(first)) }
      } else if !line.hasPrefix(" ") {
        if !name.isEmpty { structs[name] = GoStruct(name: name, fields: fields) }
        name = first
        fields = []
      } else if first.hasPrefix("+") {
        let embedded = String(first.dropFirst())
        let plain = embedded.split(separator: ".").last.map(String.init) ?? embedded
        fields.append(.init(plain, key: "", type(embedded), isEmbedded: true))
      } else {
        let last = words[words.count - 1]
        let omits = last.hasSuffix("?")
        let fieldType = type(omits ? String(last.dropLast()) : last)
        for word in words.dropLast() {
          let parts = word.split(separator: "=").map(String.init)
          fields.append(
            .init(parts[0], key: parts[parts.count - 1], fieldType, omitsEmpty: omits))
        }
      }
    }
    structs[name] = GoStruct(name: name, fields: fields)
  }

  /// The struct of this name; it must have been declared.
  subscript(name: String) -> GoStruct {
    guard let found = structs[name] else { preconditionFailure("no struct \(name) in the schema") }
    return found
  }

  private func type(_ text: String) -> GoType {
    if text.hasPrefix("*") { return .pointer(type(String(text.dropFirst()))) }
    if text == "[]byte" { return .bytes }
    if text.hasPrefix("[]") { return .slice(type(String(text.dropFirst(2)))) }
    if text.hasPrefix("map:") { return .map(type(String(text.dropFirst(4)))) }
    switch text {
    case "bool": return .bool
    case "string": return .string
    case "int": return .int
    case "uint": return .uint
    case "float": return .float
    case "time": return .time
    case "duration": return .duration
    case "fileMode": return .fileMode
    case "any": return .any
    default: return names[text] ?? .structure(self[text])
    }
  }
}
