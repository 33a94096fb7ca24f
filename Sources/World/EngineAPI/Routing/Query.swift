import SimBase
import SwarmManager

/// A request's query: `all=1&filters=%7B%7D`. Of a name that comes more than once the first value counts.
///
/// Source: Go `net/url` (`ParseQuery`); moby/moby `daemon/server/httputils/form.go`.
public struct Query: Sendable, Equatable {
  private struct Pair: Sendable, Equatable {
    let name: String
    let value: String
  }
  private let pairs: [Pair]

  /// Reads a query without its question mark.
  public init(_ text: String) {
    pairs = text.split(separator: "&").map { part in
      let equals = part.firstIndex(of: "=")
      let value = equals.map { part[part.index(after: $0)...] } ?? ""
      return Pair(
        name: Query.decoded(part[..<(equals ?? part.endIndex)], plusIsBlank: true),
        value: Query.decoded(value, plusIsBlank: true))
    }
  }

  /// The first value of a name; empty where it does not occur.
  public subscript(name: String) -> String { pairs.first { $0.name == name }?.value ?? "" }
  /// All values of a name, in order.
  public func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }
  /// Whether a name occurs.
  public func contains(_ name: String) -> Bool { pairs.contains { $0.name == name } }

  /// Truth as most routes read it: everything but a few words of denial is true.
  public func flag(_ name: String) -> Bool {
    !["", "0", "no", "false", "none"].contains(self[name].trimmed().lowercased())
  }

  /// As `flag`, but true or false where the name does not occur.
  public func flag(_ name: String, absent: Bool) -> Bool { contains(name) ? flag(name) : absent }

  /// Truth as Go's `ParseBool` reads it; false where absent or empty, nil for any other word.
  func strictFlag(_ name: String) -> Bool? {
    switch self[name] {
    case "", "0", "f", "F", "false", "FALSE", "False": false
    case "1", "t", "T", "true", "TRUE", "True": true
    default: nil
    }
  }

  /// Truth read strictly, with the error of Go's parser behind the route's.
  func parsedFlag(_ name: String) throws(APIError) -> Bool {
    if let flag = strictFlag(name) { return flag }
    let value = self[name]
    throw APIError(
      .invalidParameter,
      "invalid value for \(name): \(value): strconv.ParseBool: parsing \(value.goQuoted): invalid syntax")
  }

  /// The version of the object that an update is based on. `kind` is the word of the error: `service`.
  func version(of kind: String) throws(APIError) -> UInt64 { try Query.version(self["version"], of: kind) }

  /// The number that a version's text is.
  static func version(_ text: String, of kind: String) throws(APIError) -> UInt64 {
    switch GoNumber.parseUInt(text) {
    case .success(let number): return number
    case .failure(let error):
      throw APIError(.invalidParameter, "invalid \(kind) version '\(text)': \(error.message(of: "ParseUint", text))")
    }
  }

  /// The text with its percent signs resolved; a broken one stays as it is.
  static func decoded(_ text: some StringProtocol, plusIsBlank: Bool) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(plusIsBlank && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Numbers as Go's `strconv` reads them.
enum GoNumber {
  /// Why a text is no number.
  enum Fault: Error {
    case syntax
    case range

    /// `strconv.ParseUint: parsing "": invalid syntax`.
    func message(of function: String, _ text: String) -> String {
      let reason = self == .syntax ? "invalid syntax" : "value out of range"
      return "strconv.\(function): parsing \(text.goQuoted): \(reason)"
    }
  }

  static func parseUInt(_ text: String) -> Result<UInt64, Fault> {
    if text.isEmpty || !text.utf8.allSatisfy({ 48...57 ~= $0 }) { return .failure(.syntax) }
    return UInt64(text).map { .success($0) } ?? .failure(.range)
  }

  static func parseInt(_ text: String) -> Result<Int64, Fault> {
    let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    if digits.isEmpty || !digits.utf8.allSatisfy({ 48...57 ~= $0 }) { return .failure(.syntax) }
    return Int64(text).map { .success($0) } ?? .failure(.range)
  }
}
