import SimBase
import SwarmModel

/// One placement constraint: `node.labels.disk==ssd`. All constraints of a service must hold for a node to take its tasks.
///
/// The grammar is `key op value`. The operators are tried in the order `==`, `!=`; the first that occurs anywhere splits
/// the text at its first place, and both sides are trimmed. A key that nobody knows is accepted and never holds, whatever
/// its operator. Values are compared whole and without regard to case: there are no patterns.
///
/// Source: moby/swarmkit `manager/constraint/constraint.go`.
public struct Constraint: Sendable, Equatable {
  /// How the two sides are compared.
  public enum Operator: Sendable {
    /// `==`.
    case equal
    /// `!=`.
    case notEqual
  }

  /// What is asked of a node; its fixed part is compared without regard to case.
  public let key: String
  /// How it is compared.
  public let op: Operator
  /// What it is compared with.
  public let value: String

  /// Reads one constraint.
  public init(_ text: String) throws(ConstraintError) {
    guard let (left, op, right) = Constraint.split(text) else { throw .noOperator }
    key = trimmed(left)
    value = trimmed(right)
    self.op = op
    if !Constraint.isKey(key) { throw .badKey(key) }
    if !Constraint.isValue(value) { throw .badValue(value) }
  }

  /// Reads a list of constraints; the first error ends it.
  public static func parse(_ texts: [String]) throws(ConstraintError) -> [Constraint] {
    var parsed: [Constraint] = []
    for text in texts { parsed.append(try Constraint(text)) }
    return parsed
  }

  /// The constraints of a placement. A list that cannot be read constrains nothing: the control API has let only
  /// readable ones in, and swarmkit's orchestrators ignore the error.
  public static func of(_ placement: Placement?) -> [Constraint] {
    (try? parse(placement?.constraints ?? [])) ?? []
  }

  /// Whether the node is one that the constraint allows.
  public func allows(_ node: Node) -> Bool {
    let key = lowercased(key)
    switch key {
    case "node.id": return holds(for: node.id.description)
    case "node.hostname": return holds(for: node.hostname)
    case "node.ip": return holdsForAddress(node.status.addr)
    case "node.role": return holds(for: node.role.word)
    case "node.platform.os": return holds(for: node.description?.os ?? "")
    case "node.platform.arch": return holds(for: node.description?.architecture ?? "")
    default: break
    }
    if let label = labelName(after: "node.labels.", in: key) {
      return holds(for: node.spec.annotations.labels[label] ?? "")
    }
    if let label = labelName(after: "engine.labels.", in: key) {
      return holds(for: node.description?.engineLabels[label] ?? "")
    }
    return false
  }

  private func holds(for actual: String) -> Bool {
    (lowercased(actual) == lowercased(value)) == (op == .equal)
  }

  /// A value that is neither an address nor a subnet never holds, not even with `!=`.
  private func holdsForAddress(_ text: String) -> Bool {
    let address = NetworkAddress(text)
    if let wanted = NetworkAddress(value) { return (wanted == address) == (op == .equal) }
    guard let subnet = NetworkPrefix(value) else { return false }
    return (address.map(subnet.contains) ?? false) == (op == .equal)
  }

  /// The label's own name keeps its case.
  private func labelName(after prefix: String, in lowercasedKey: String) -> String? {
    guard lowercasedKey.hasPrefix(prefix), lowercasedKey.utf8.count > prefix.utf8.count else { return nil }
    return String(key.dropFirst(prefix.count))
  }

  private static func split(_ text: String) -> (Substring, Operator, Substring)? {
    for (sign, op) in [("==", Operator.equal), ("!=", Operator.notEqual)] {
      let bytes = Array(text.utf8)
      let wanted = Array(sign.utf8)
      guard bytes.count >= 2, let place = (0...bytes.count - 2).first(where: { Array(bytes[$0..<$0 + 2]) == wanted })
      else { continue }
      let cut = text.utf8.index(text.startIndex, offsetBy: place)
      return (text[..<cut], op, text[text.utf8.index(cut, offsetBy: 2)...])
    }
    return nil
  }

  private static func isKey(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count >= 2, let first = bytes.first, isLetter(first) || first == UInt8(ascii: "_") else { return false }
    return bytes.dropFirst().allSatisfy { isLetter($0) || isDigit($0) || "-_.".utf8.contains($0) }
  }

  private static func isValue(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || ":-_ \t\n\u{0C}\r.*()?+[]\\^$|/".utf8.contains($0) }
  }
}

extension [Constraint] {
  /// Whether all of them allow the node.
  public func allow(_ node: Node) -> Bool { allSatisfy { $0.allows(node) } }
}

/// Why a constraint cannot be read. The texts are swarmkit's, which reach users with the gRPC code Unknown.
public enum ConstraintError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Neither `==` nor `!=` occurs.
  case noOperator
  /// The key is not a letter or `_` followed by at least one of `[a-z0-9-_.]`.
  case badKey(String)
  /// The value is empty or has a character that is not allowed.
  case badValue(String)

  /// The text that users see.
  public var description: String {
    switch self {
    case .noOperator: "constraint expected one operator from ==, !="
    case .badKey(let key): "key '\(key)' is invalid"
    case .badValue(let value): "value '\(value)' is invalid"
    }
  }
}

private func isLetter(_ byte: UInt8) -> Bool {
  (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
}
private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

/// Lower case for ASCII letters alone: constraints hold nothing else.
private func lowercased(_ text: String) -> String {
  String(decoding: text.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }, as: UTF8.self)
}

private func trimmed(_ text: Substring) -> String {
  var scalars = text.unicodeScalars
  while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
  while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
  return String(scalars)
}
