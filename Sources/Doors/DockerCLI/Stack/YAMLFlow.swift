import EngineTypes
import SimBase

/// Collections in brackets and quoted texts.
struct YAMLFlow {
  private var rest: Substring
  private let line: Int
  private let anchors: [String: JSON]

  init(text: String, line: Int, anchors: [String: JSON]) {
    rest = text[...]
    self.line = line
    self.anchors = anchors
  }

  mutating func document() throws(YAMLTrouble) -> JSON {
    let value = try value()
    skipBlanks()
    if let next = rest.first, next != "#" { throw YAMLTrouble(line: line, "did not find expected key") }
    return value
  }

  private mutating func skipBlanks() {
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
    if rest.first == "#" {
      rest = rest.drop { $0 != "\n" }
      if !rest.isEmpty { skipBlanks() }
    }
  }

  private mutating func value() throws(YAMLTrouble) -> JSON {
    skipBlanks()
    switch rest.first {
    case "[": return try list()
    case "{": return try map()
    case "\"": return .string(try doubleQuoted())
    case "'": return .string(singleQuoted())
    case "*": return anchors[plain().dropFirst().description] ?? .null
    default: return YAMLScalar.resolve(plain())
    }
  }

  private mutating func list() throws(YAMLTrouble) -> JSON {
    rest.removeFirst()
    var elements: [JSON] = []
    while true {
      skipBlanks()
      if rest.first == "]" { break }
      elements.append(try value())
      skipBlanks()
      if rest.first == "," {
        rest.removeFirst()
      } else if rest.first != "]" {
        throw YAMLTrouble(line: line, "did not find expected ',' or ']'")
      }
    }
    rest.removeFirst()
    return .array(elements)
  }

  private mutating func map() throws(YAMLTrouble) -> JSON {
    rest.removeFirst()
    var fields: [JSON.Field] = []
    var merged: [JSON.Field] = []
    while true {
      skipBlanks()
      if rest.first == "}" { break }
      let key: String
      switch rest.first {
      case "\"": key = try doubleQuoted()
      case "'": key = singleQuoted()
      default: key = plain()
      }
      skipBlanks()
      var held = JSON.null
      if rest.first == ":" {
        rest.removeFirst()
        skipBlanks()
        if rest.first != ",", rest.first != "}" { held = try value() }
      }
      if key == "<<" {
        for source in held.array ?? [held] { merged += source.fields ?? [] }
      } else {
        fields.append(.init(key, held))
      }
      skipBlanks()
      if rest.first == "," {
        rest.removeFirst()
      } else if rest.first != "}" {
        throw YAMLTrouble(line: line, "did not find expected ',' or '}'")
      }
    }
    rest.removeFirst()
    for field in merged where !fields.contains(where: { $0.key == field.key }) { fields.append(field) }
    return .object(fields)
  }

  private mutating func plain() -> String {
    var text = ""
    while let next = rest.first, !",[]{}".contains(next) {
      if next == ":" {
        let after = rest.dropFirst().first
        if after == nil || after?.isWhitespace == true || after == "," || after == "}" { break }
      }
      text.append(next == "\n" ? " " : next)
      rest.removeFirst()
    }
    return text.trimmed()
  }

  private mutating func singleQuoted() -> String {
    rest.removeFirst()
    var text = ""
    while let next = rest.popFirst() {
      if next == "'" {
        guard rest.first == "'" else { break }
        rest.removeFirst()
      }
      text.append(next == "\n" ? " " : next)
    }
    return text
  }

  private mutating func doubleQuoted() throws(YAMLTrouble) -> String {
    rest.removeFirst()
    var text = ""
    while let next = rest.popFirst(), next != "\"" {
      guard next == "\\" else {
        text.append(next == "\n" ? " " : next)
        continue
      }
      guard let escape = rest.popFirst() else { break }
      let plain: [Character: String] = [
        "n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", "\"": "\"", "/": "/", " ": " ", "\n": "",
        "e": "\u{1B}", "a": "\u{07}", "b": "\u{08}",
      ]
      if let meaning = plain[escape] {
        text += meaning
      } else if let count = ["x": 2, "u": 4, "U": 8][escape], let code = UInt32(rest.prefix(count), radix: 16) {
        rest = rest.dropFirst(count)
        text += String(Unicode.Scalar(code) ?? "\u{FFFD}")
      } else {
        throw YAMLTrouble(line: line, "found unknown escape character")
      }
    }
    return text
  }
}
