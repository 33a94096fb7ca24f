import EngineTypes
import SimBase

/// Writes a document as go-yaml v3 does: two blanks a level, lists indented below their key.
enum YAMLWriter {
  static func text(_ json: JSON) -> String { lines(json, indent: 0).map { $0 + "\n" }.joined() }

  private static func lines(_ json: JSON, indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    switch json {
    case .object(let fields):
      return fields.flatMap { field in
        let key = margin + scalar(.string(field.key)) + ":"
        if let inline = inline(field.value) { return [key + " " + inline] }
        if case .string(let text) = field.value { return block(text, after: key, indent: indent + 2) }
        return [key] + lines(field.value, indent: indent + 2)
      }
    case .array(let elements):
      return elements.flatMap { element in
        if let inline = inline(element) { return [margin + "- " + inline] }
        if case .string(let text) = element { return block(text, after: margin + "-", indent: indent + 2) }
        var nested = lines(element, indent: indent + 2)
        if let first = nested.first { nested[0] = margin + "- " + first.dropFirst(indent + 2) }
        return nested
      }
    default: return [margin + scalar(json)]
    }
  }

  /// What fits behind a key; nil for what goes on lines of its own.
  private static func inline(_ json: JSON) -> String? {
    switch json {
    case .object(let fields): fields.isEmpty ? "{}" : nil
    case .array(let elements): elements.isEmpty ? "[]" : nil
    case .string(let text): text.contains("\n") ? nil : scalar(json)
    default: scalar(json)
    }
  }

  private static func block(_ text: String, after key: String, indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    let endsWithNewline = text.hasSuffix("\n")
    let body = (endsWithNewline ? String(text.dropLast()) : text).split(
      separator: "\n", omittingEmptySubsequences: false)
    return ["\(key) |\(endsWithNewline ? "" : "-")"] + body.map { $0.isEmpty ? "" : margin + $0 }
  }

  private static func scalar(_ json: JSON) -> String {
    guard case .string(let text) = json else {
      if case .double(let number) = json { return goFloat(number) }
      return json.text
    }
    if case .string = YAMLScalar.resolve(text), !["y", "n", "yes", "no", "on", "off"].contains(text.lowercased()) {
      let first = text.first ?? " "
      let needsQuotes =
        "!&*{}[]|>@`%#'\",".contains(first) || text.includes(": ") || text.includes(" #") || text.hasSuffix(":")
        || first == " " || text.hasSuffix(" ") || text == "-" || text.hasPrefix("- ") || text.hasPrefix("? ")
      return needsQuotes ? "'" + text.replacing("'", with: "''") + "'" : text
    }
    return text.goQuoted
  }
}
