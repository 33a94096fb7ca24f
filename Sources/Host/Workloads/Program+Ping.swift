import SimBase

extension Program {
  /// What `ping` does where it asks a host out on the internet: it is answered once a second. Nil for any other command,
  /// and for hosts that can only be the lab's own, which have no dot in their name.
  ///
  /// **Differs from Docker:** every name there has an address, drawn from the name.
  ///
  /// Source: busybox `networking/ping.c`.
  init?(pinging words: [String]) {
    guard words.first?.split(separator: "/").last == "ping" else { return nil }
    var count: Int?
    var pause = Duration.seconds(1)
    var hosts: [String] = []
    var rest = words.dropFirst()
    while let word = rest.popFirst() {
      switch word {
      case "-c": count = rest.popFirst().flatMap { Int($0) }
      case "-i": pause = rest.popFirst().flatMap { Int64($0) }.map { .seconds($0) } ?? pause
      case "-w", "-W", "-s", "-I", "-t", "-p": _ = rest.popFirst()
      case _ where word.hasPrefix("-c"): count = Int(word.dropFirst(2))
      case _ where word.hasPrefix("-"): break
      default: hosts.append(word)
      }
    }
    guard hosts.count == 1, let address = Program.outsideAddress(of: hosts[0]) else { return nil }
    func answer(_ number: String) -> Step { .print("64 bytes from \(address): seq=\(number) ttl=63 time=9.137 ms") }
    let opening = Step.print("PING \(hosts[0]) (\(address)): 56 data bytes")
    guard let count else {
      self.init(
        prologue: [opening, answer("0"), .pause(pause)], rounds: [answer("{n}"), .pause(pause)], onStop: .none)
      return
    }
    let answers = (0..<max(1, count)).flatMap { $0 == 0 ? [answer("0")] : [.pause(pause), answer(String($0))] }
    let ending: [Step] = [
      .print(""), .print("--- \(hosts[0]) ping statistics ---"),
      .print("\(max(1, count)) packets transmitted, \(max(1, count)) packets received, 0% packet loss"),
      .print("round-trip min/avg/max = 9.137/9.137/9.137 ms"),
    ]
    self.init(prologue: [opening] + answers + ending, ending: .exit(0), onStop: .none)
  }

  /// The address of a host out on the internet; nil for what is none: a name without a dot, or an address of a net that
  /// nobody routes.
  private static func outsideAddress(of host: String) -> IPv4Address? {
    if let address = IPv4Address(host) {
      let (first, second) = (address.raw >> 24, address.raw >> 16 & 0xFF)
      let isPrivate =
        [0, 10, 127].contains(first) || first >= 224 || (first, second) == (192, 168)
        || (first, second) == (169, 254) || (first == 172 && (16...31).contains(second))
      return isPrivate ? nil : address
    }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 1, parts.allSatisfy({ !$0.isEmpty }), parts.first != "tasks",
      !["local", "internal", "localhost", "lan"].contains(parts.last ?? "")
    else { return nil }
    let hash = FNV.hash(host)
    return IPv4Address(raw: 0x2C00_0001 | UInt32(truncatingIfNeeded: hash) & 0x00FF_FFFE)
  }
}
