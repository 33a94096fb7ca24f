import EngineTypes
import SimBase

/// The functions that docker adds to Go's own.
///
/// Source: docker/cli `templates/templates.go` (`basicFunctions`, `HeaderFunctions`).
struct DockerFunctions: TemplateFunctions {
  /// For a table's header docker's text functions return their first argument unchanged; only `pad` still pads.
  let isForHeaders: Bool

  static let rows = DockerFunctions(isForHeaders: false)
  static let headers = DockerFunctions(isForHeaders: true)

  let names = ["json", "split", "join", "title", "lower", "upper", "pad", "truncate"]

  func result(of call: TemplateCall) throws(TemplateTrouble) -> GoValue {
    switch call.name {
    case "json":
      let value = try call.one()
      // A row encodes itself, and then with HTML's characters escaped.
      if case .object = value, !isForHeaders { return .string(value.json.goText) }
      return isForHeaders ? value : .string(value.json.text)
    case "lower": return try changed(call) { $0.lowercased() }
    case "upper": return try changed(call) { $0.uppercased() }
    case "title": return try changed(call, capitalized)
    case "split":
      if isForHeaders { return call.arguments.first ?? .none }
      _ = try call.exactly(2)
      let (text, separator) = (try call.text(), try call.text(1))
      return .strings(separator.isEmpty ? text.map { String($0) } : text.pieces(separatedBy: separator))
    case "join":
      if isForHeaders { return call.arguments.first ?? .none }
      guard case .slice(.string, let list) = try call.exactly(2)[0] else { throw call.wrongType("[]string", at: 0) }
      return .string((list ?? []).compactMap(\.string).joined(separator: try call.text(1)))
    case "pad":
      _ = try call.exactly(3)
      let (text, left, right) = (try call.text(), try call.whole(1), try call.whole(2))
      if text.isEmpty { return .string("") }
      return .string(String(repeating: " ", count: left) + text + String(repeating: " ", count: right))
    default:
      if isForHeaders { return call.arguments.first ?? .none }
      _ = try call.exactly(2)
      let bytes = Array(try call.text().utf8.prefix(try call.whole(1)))
      return .string(String(decoding: bytes, as: UTF8.self))
    }
  }

  private func changed(_ call: TemplateCall, _ change: (String) -> String) throws(TemplateTrouble) -> GoValue {
    _ = try call.one()
    let text = try call.text()
    return .string(isForHeaders ? text : change(text))
  }
}

extension Template {
  /// Reads what `--format` was given.
  init(_ text: String, name: String = "") throws(TemplateError) {
    try self.init(text, name: name, functions: DockerFunctions.rows)
  }

  /// What the template prints for a table's headers: functions that change texts leave them alone.
  ///
  /// An error ends the line where it stands, as the real CLI ignores it.
  func header(on value: GoValue) -> String { prefix(on: value, functions: DockerFunctions.headers) }
}

/// Each word's first letter in upper case.
private func capitalized(_ text: String) -> String {
  var result = ""
  var atStart = true
  for character in text {
    result += atStart ? character.uppercased() : String(character)
    atStart = !(character.isLetter || character.isNumber || character == "_" || character == "'")
  }
  return result
}
