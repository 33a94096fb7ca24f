import Engine
import EngineServer
import Lab

/// What `up --dockerd 'NODES=FLAGS'` says: which nodes' engines are started with which flags. `NODES` is a name or a
/// pattern (`worker*`).
enum NodeFlags {
  /// The flags of one node: those it has by itself, then those of each option that means it.
  static func flags(of node: String, added options: [String], to own: DaemonFlags) throws -> DaemonFlags {
    var words = own.words
    for option in options {
      let (pattern, flags) = try split(option)
      if FaultWords.matches(pattern, node) { words += DaemonFlags.words(flags) }
    }
    do { return try DaemonFlags(words) } catch { throw DoorError.malformed("--dockerd for \(node): \(error.text)") }
  }

  /// Refuses an option that means no node at all.
  static func check(_ options: [String], name names: [String]) throws {
    for option in options {
      let pattern = try split(option).pattern
      if !names.contains(where: { FaultWords.matches(pattern, $0) }) {
        throw DoorError.malformed(
          "--dockerd \(option): no node is called '\(pattern)'. There is \(names.prefix(12).joined(separator: ", ")).")
      }
    }
  }

  private static func split(_ option: String) throws -> (pattern: String, flags: String) {
    guard let equals = option.firstIndex(of: "="), equals != option.startIndex else {
      throw DoorError.malformed("--dockerd \(option): write it as 'worker1=--label disk=ssd'.")
    }
    return (String(option[..<equals]), String(option[option.index(after: equals)...]))
  }
}
