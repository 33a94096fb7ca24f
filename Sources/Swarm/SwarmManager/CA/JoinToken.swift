import SimBase
import SwarmModel

/// A token that lets a node join: which root to trust, and a secret that says as what.
///
/// Source: moby/swarmkit `ca/config.go`.
public struct JoinToken: Sendable, Equatable {
  /// SHA-256 of the root's PEM, base 36, 50 characters.
  public var digest: String
  /// 25 characters.
  public var secret: String

  /// A fresh token for this root.
  init(root: RootCA, dice: inout Dice) {
    digest = base36Text(root.digestBytes, width: 50)
    secret = base36Text(dice.bytes(16), width: 25)
  }

  /// Reads a token; nil if anything is wrong with it (`invalid join token`). Alphabets are not checked, as there.
  public init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    let fields: ArraySlice<String>
    switch parts.count {
    case 4 where parts[1] == "1": fields = parts[2...]
    case 5 where parts[1] == "2" && (parts[2] == "0" || parts[2] == "1"): fields = parts[3...]
    default: return nil
    }
    guard parts[0] == "SWMTKN", let digest = fields.first, let secret = fields.last, digest.utf8.count == 50,
      secret.utf8.count == 25
    else { return nil }
    self.digest = digest
    self.secret = secret
  }

  /// `SWMTKN-1-<digest>-<secret>`.
  public var text: String { "SWMTKN-1-\(digest)-\(secret)" }

  /// The digest part for a root with this PEM.
  public static func digest(of rootPEM: String) -> String { base36Text(SHA256.digest(rootPEM.utf8), width: 50) }

  /// The digest part as hexadecimal, as a refusal shows it; nil if it is no number in base 36 of at most 256 bits.
  public var hexDigest: String? {
    var number = [UInt8](repeating: 0, count: 32)
    for byte in digest.utf8 {
      let digit: Int
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = Int(byte) - 48
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = Int(byte) - 87
      default: return nil
      }
      var carry = digit
      for i in number.indices.reversed() {
        let value = Int(number[i]) * 36 + carry
        number[i] = UInt8(value & 255)
        carry = value >> 8
      }
      if carry != 0 { return nil }
    }
    return hexText(number)
  }
}
