import SimBase

/// A terminal between a person and a process: what Linux's line discipline does in its usual mode.
///
/// It gathers a line until Enter, shows what is typed, and lets it be mended; ^C becomes a signal, ^D on an empty line the end
/// of input. On the way out each line feed gets a carriage return.
public struct Terminal: Sendable {
  /// What typing leads to.
  public enum Effect: Sendable, Equatable {
    /// Bytes to show.
    case echo([UInt8])
    /// A line, or the part of one that ^D sent off, for the process.
    case input([UInt8])
    /// The end of input.
    case endOfInput
    /// A signal for the process.
    case signal(Signal)
  }

  private var line: [UInt8] = []

  /// A terminal with an empty line.
  public init() {}

  /// Takes what a person typed.
  public mutating func type(_ bytes: [UInt8]) -> [Effect] {
    var effects: [Effect] = []
    var shown: [UInt8] = []
    func show() {
      if !shown.isEmpty { effects.append(.echo(shown)) }
      shown = []
    }
    for byte in bytes {
      switch byte {
      case 13, 10:
        shown += [13, 10]
        show()
        effects.append(.input(line + [10]))
        line = []
      case 3, 28:
        shown += byte == 3 ? Array("^C\r\n".utf8) : Array("^\\\r\n".utf8)
        show()
        line = []
        effects.append(.signal(byte == 3 ? .interrupt : .quit))
      case 4:
        show()
        effects.append(line.isEmpty ? .endOfInput : .input(line))
        line = []
      case 8, 127:
        // A character may be several bytes; it goes as a whole.
        while let last = line.last, last & 0xC0 == 0x80 { line.removeLast() }
        if line.popLast() != nil { shown += [8, 32, 8] }
      case 21:
        for _ in 0..<line.count(where: { $0 & 0xC0 != 0x80 }) { shown += [8, 32, 8] }
        line = []
      case 0..<32 where byte != 9:
        shown += [94, byte + 64]
        line.append(byte)
      default:
        shown.append(byte)
        line.append(byte)
      }
    }
    show()
    return effects
  }

  /// What a process wrote, as the terminal shows it.
  public static func shown(_ bytes: [UInt8]) -> [UInt8] {
    if !bytes.contains(10) { return bytes }
    var shown: [UInt8] = []
    shown.reserveCapacity(bytes.count + 8)
    for byte in bytes {
      if byte == 10 { shown.append(13) }
      shown.append(byte)
    }
    return shown
  }
}
