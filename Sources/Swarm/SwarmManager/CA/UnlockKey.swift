import SimBase

/// The key that opens a manager's data when autolock is on. Source: moby/swarmkit `manager/encryption/encryption.go`.
public struct UnlockKey: Sendable, Equatable {
  /// 32 bytes.
  public let bytes: [UInt8]

  /// A fresh key.
  public init(dice: inout Dice) { bytes = dice.bytes(32) }

  /// Reads `SWMKEY-1-` and 43 characters of base 64; nil if it is not that (`invalid key string`).
  public init?(_ text: String) {
    guard text.hasPrefix("SWMKEY-1-"), let bytes = Base64.bytes(String(text.dropFirst(9))), bytes.count == 32 else {
      return nil
    }
    self.bytes = bytes
  }

  /// `SWMKEY-1-` and the bytes in unpadded base 64.
  public var text: String { "SWMKEY-1-" + Base64.text(bytes, padded: false) }
}
