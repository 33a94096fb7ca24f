import SimBase

/// A value of `awk`: a number, a text, or a text that came from outside and counts as a number if it looks like one.
enum AwkValue: Sendable {
  case number(Double)
  case text(String)
  case input(String)
  /// A variable that nothing was assigned to: 0 and empty at once.
  case unset

  var number: Double {
    switch self {
    case .number(let value): value
    case .text(let text), .input(let text): AwkValue.leadingNumber(text)
    case .unset: 0
    }
  }

  func text(_ format: String) -> String {
    switch self {
    case .number(let value): AwkValue.text(of: value, format)
    case .text(let text), .input(let text): text
    case .unset: ""
    }
  }

  /// Whole numbers print as such, others by the format.
  static func text(of value: Double, _ format: String) -> String {
    if value == value.rounded(), value.magnitude < 1e16 { return String(Int64(value)) }
    guard
      case .conversion(let conversion)? = Format(format, resolvesEscapes: false).pieces.first(where: {
        if case .conversion = $0 { true } else { false }
      })
    else { return format }
    return String(decoding: conversion.fraction(value), as: UTF8.self)
  }

  /// Whether it is compared as a number.
  var isNumeric: Bool {
    switch self {
    case .number, .unset: true
    case .text: false
    case .input(let text): AwkValue.looksNumeric(text)
    }
  }

  var isTrue: Bool {
    switch self {
    case .number(let value): value != 0
    case .text(let text): !text.isEmpty
    case .input(let text): AwkValue.looksNumeric(text) ? AwkValue.leadingNumber(text) != 0 : !text.isEmpty
    case .unset: false
    }
  }

  static func looksNumeric(_ text: String) -> Bool {
    let bare = text.trimmed()
    return !bare.isEmpty && numberLength(Array(bare.utf8)) == bare.utf8.count
  }

  /// The number that a text begins with; 0 if it begins with none.
  static func leadingNumber(_ text: String) -> Double {
    let bytes = Array(text.utf8.drop { $0 == 32 || (9...13).contains($0) })
    return Double(String(decoding: bytes.prefix(numberLength(bytes)), as: UTF8.self)) ?? 0
  }

  private static func numberLength(_ bytes: [UInt8]) -> Int {
    var at = 0
    if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") { at += 1 }
    let start = at
    while at < bytes.count, isDigit(bytes[at]) { at += 1 }
    var digits = at - start
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      let point = at
      at += 1
      while at < bytes.count, isDigit(bytes[at]) { at += 1 }
      digits += at - point - 1
    }
    if digits == 0 { return 0 }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      var end = at + 1
      if end < bytes.count, bytes[end] == UInt8(ascii: "-") || bytes[end] == UInt8(ascii: "+") { end += 1 }
      if end < bytes.count, isDigit(bytes[end]) {
        while end < bytes.count, isDigit(bytes[end]) { end += 1 }
        at = end
      }
    }
    return at
  }
}
