import SwarmModel

/// What objects may be called. Source: moby/swarmkit `manager/controlapi/common.go`.
enum NameRules {
  /// Services and networks: letters and digits, with `-` and `_` between them.
  static func checkDNS(_ name: String) throws(ControlError) {
    if name.isEmpty { throw .nameMissing }
    let bytes = Array(name.utf8)
    guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last),
      bytes.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
    else { throw .nameNotDNS }
    if bytes.count > 63 { throw .nameTooLong }
  }

  /// Secrets and configs: letters and digits, with `-`, `_` and `.` between them.
  static func checkSecret(_ name: String) throws(ControlError) {
    if name.isEmpty { throw .secretNameMissing }
    let bytes = Array(name.utf8)
    guard bytes.count <= 64, let first = bytes.first, let last = bytes.last, isAlphanumeric(first),
      isAlphanumeric(last), bytes.allSatisfy({ isAlphanumeric($0) || "-_.".utf8.contains($0) })
    else { throw .secretNameInvalid }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }
}
