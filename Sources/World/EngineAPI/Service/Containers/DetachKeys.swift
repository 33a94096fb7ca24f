import SwarmManager

/// The keys by which a person leaves a container without ending it: `ctrl-p,ctrl-q` unless others are given.
///
/// Source: moby/term `ascii.go`, `proxy.go`.
struct DetachKeys: Sendable {
  private let keys: [UInt8]
  private var typed = 0

  /// Reads `ctrl-a,x`; empty for the usual ones.
  init(_ text: String) throws(APIError) {
    if text.isEmpty {
      keys = [16, 17]
      return
    }
    var keys: [UInt8] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let key = DetachKeys.key(part) else {
        throw APIError(.invalidParameter, "Invalid detach keys (\(text)) provided")
      }
      keys.append(key)
    }
    self.keys = keys
  }

  private static func key(_ text: Substring) -> UInt8? {
    let bytes = Array(text.utf8)
    if bytes.count == 1 { return bytes[0] }
    guard text.hasPrefix("ctrl-"), bytes.count == 6 else { return nil }
    switch bytes[5] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): return bytes[5] - 96
    case UInt8(ascii: "@"): return 0
    case UInt8(ascii: "[")...UInt8(ascii: "_"): return bytes[5] - 64
    default: return nil
    }
  }

  /// Takes what was typed: what of it is to be passed on, and whether the keys were among it.
  mutating func take(_ bytes: [UInt8]) -> (passed: [UInt8], isDetached: Bool) {
    var passed: [UInt8] = []
    for byte in bytes {
      if byte == keys[typed] {
        typed += 1
        if typed == keys.count { return (passed, true) }
        continue
      }
      // What looked like the keys was meant.
      passed += keys.prefix(typed)
      typed = 0
      passed.append(byte)
    }
    return (passed, false)
  }
}
