import SimBase

/// `tr`: bytes by bytes.
struct TranslateFilter: Filter {
  private var map: [UInt8] = Array(0...255)
  private var deleted: [Bool] = Array(repeating: false, count: 256)
  private var squeezed: [Bool] = Array(repeating: false, count: 256)
  private var last: UInt8?

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = TranslateFilter()
    var (deletes, squeezes, complements) = (false, false, false)
    var reader = OptionReader(call.arguments, permutes: false)
    while let option = reader.next() {
      switch option {
      case "d": deletes = true
      case "s": squeezes = true
      case "c", "C": complements = true
      default: return call.fail("invalid option -- '\(option)'")
      }
    }
    let sets = reader.operands
    guard let first = sets.first else { return call.fail("missing operand") }
    var from = TranslateFilter.members(first)
    if complements {
      let listed = from
      from = (0...255).filter { !listed.contains($0) }
    }
    let to = sets.count > 1 ? TranslateFilter.members(sets[1]) : []
    if deletes {
      for byte in from { filter.deleted[Int(byte)] = true }
    } else if let end = to.last {
      for (place, byte) in from.enumerated() { filter.map[Int(byte)] = place < to.count ? to[place] : end }
    } else if !squeezes {
      return call.fail("missing operand")
    }
    if squeezes { for byte in to.isEmpty ? from : to { filter.squeezed[Int(byte)] = true } }
    return .filter(filter, [])
  }

  /// The bytes of a set: ranges, classes and escapes written out.
  private static func members(_ text: String) -> [UInt8] {
    let bytes = Escapes.resolved(Array(text.utf8)).bytes
    var members: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "["), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: ":"),
        let end = bytes[at...].firstRange(of: Array(":]".utf8))
      {
        for range in ByteClass.named(String(decoding: bytes[at + 2..<end.lowerBound], as: UTF8.self)) {
          members += Array(range)
        }
        at = end.upperBound
      } else if at + 2 < bytes.count, bytes[at + 1] == UInt8(ascii: "-"), bytes[at] <= bytes[at + 2] {
        members += Array(bytes[at]...bytes[at + 2])
        at += 3
      } else {
        members.append(bytes[at])
        at += 1
      }
    }
    return members
  }

  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) {
    for byte in bytes where !deleted[Int(byte)] {
      let out = map[Int(byte)]
      if squeezed[Int(out)] && out == last { continue }
      sink.out.append(out)
      last = out
    }
  }
}
