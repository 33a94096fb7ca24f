import SimBase

/// A Unix signal.
public struct Signal: Hashable, Sendable {
  /// Its number, as Linux has it on x86.
  public let number: UInt8

  /// The signal with this number.
  public init(number: UInt8) { self.number = number }

  /// Hang-up.
  public static let hangUp = Signal(number: 1)
  /// Interrupt, as from ^C.
  public static let interrupt = Signal(number: 2)
  /// Quit.
  public static let quit = Signal(number: 3)
  /// The one that cannot be caught.
  public static let kill = Signal(number: 9)
  /// Please end.
  public static let terminate = Signal(number: 15)
  /// A window changed its size; httpd takes it as a polite stop.
  public static let windowChange = Signal(number: 28)

  /// The signal of a name or number: `SIGTERM`, `term`, `15`; nil if there is no such signal.
  ///
  /// Source: moby/sys `signal/signal.go` (`ParseSignal`).
  public init?(_ text: String) {
    if let number = UInt8(text) {
      guard (1...64).contains(number) else { return nil }
      self.number = number
      return
    }
    var name = text.uppercased()
    if name.hasPrefix("SIG") { name.removeFirst(3) }
    if let place = Signal.names.firstIndex(of: name) {
      number = UInt8(place + 1)
      return
    }
    let aliases: [(String, UInt8)] = [("IOT", 6), ("CLD", 17), ("POLL", 29), ("RTMIN", 34), ("RTMAX", 64)]
    if let alias = aliases.first(where: { $0.0 == name }) {
      number = alias.1
    } else if name.hasPrefix("RTMIN+"), let offset = UInt8(name.dropFirst(6)), (1...15).contains(offset) {
      number = 34 + offset
    } else if name.hasPrefix("RTMAX-"), let offset = UInt8(name.dropFirst(6)), (1...14).contains(offset) {
      number = 64 - offset
    } else {
      return nil
    }
  }

  /// The exit code that a shell or Docker reports for a process that this signal ended.
  public var exitCode: Int32 { 128 + Int32(number) }

  /// Whether it ends a process that has no handler for it.
  public var endsByDefault: Bool { ![17, 18, 23, 28].contains(number) && !isStop }
  private var isStop: Bool { (19...22).contains(number) }

  private static let names = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS",
  ]
}

extension Signal: CustomStringConvertible {
  /// The name: `SIGTERM`.
  public var description: String {
    let place = Int(number) - 1
    return Signal.names.indices.contains(place) ? "SIG" + Signal.names[place] : "SIG\(number)"
  }
}
