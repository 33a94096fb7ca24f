import EngineTypes
import SimBase

/// What a plain scalar stands for.
enum YAMLScalar {
  static func resolve(_ text: String) -> JSON {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: break
    }
    let digits = text.replacing("_", with: "")
    guard let first = digits.first, first.isNumber || "+-.".contains(first) else { return .string(text) }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
      if let value = Int64(digits.dropFirst(2), radix: radix) { return .int(value) }
    }
    if digits.count > 1, digits.hasPrefix("0"), let octal = Int64(digits, radix: 8) { return .int(octal) }
    if let value = Int64(digits) { return .int(value) }
    let isFraction = digits.utf8.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
    if isFraction, let value = Double(digits) { return .double(value) }
    return .string(text)
  }
}
