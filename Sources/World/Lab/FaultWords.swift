import SimBase
import SimKernel
import SwarmNode
import World

/// A fault as people write it: `kill node1`, `cut worker* --for 30s`, `partition leader | followers`. One table for running
/// labs, labs in process, and their transcripts.
public enum FaultWords {
  /// Why words are no fault.
  public struct Trouble: Error, Sendable, Equatable {
    /// What is wrong and what would be right.
    public var reason: String
    /// Whether the words are none in any world: the verb or its form is wrong, not what it is to hit.
    public var isUsage = false
  }

  /// A verb of the table.
  public struct Verb: Sendable {
    /// The word.
    public let word: String
    /// What it takes.
    public let usage: String
    /// What it does.
    public let sentence: String
  }

  /// The verbs.
  public static let verbs: [Verb] = [
    Verb(word: "kill", usage: "NODES", sentence: "the nodes' processes die; their disks stay"),
    Verb(word: "power-cut", usage: "NODES", sentence: "as kill, but unsynced writes go, and nobody is told"),
    Verb(word: "restart", usage: "NODES", sentence: "the nodes start again"),
    Verb(word: "freeze", usage: "NODES", sentence: "the nodes' processes stand still; connections stay"),
    Verb(word: "thaw", usage: "NODES", sentence: "the nodes' processes go on"),
    Verb(word: "wipe", usage: "NODES", sentence: "the nodes die, and come back with empty disks"),
    Verb(word: "cut", usage: "NODES", sentence: "the nodes' cables are pulled"),
    Verb(word: "block", usage: "NODES NODES", sentence: "nothing passes between the one and the other"),
    Verb(word: "unblock", usage: "NODES NODES", sentence: "everything passes between them again"),
    Verb(word: "partition", usage: "NODES | NODES", sentence: "nothing passes between the sides"),
    Verb(word: "block-port", usage: "NODES PORT", sentence: "nothing passes to this TCP port of the nodes"),
    Verb(word: "unblock-port", usage: "NODES PORT", sentence: "the port can be reached again"),
    Verb(word: "slow", usage: "NODES SPAN", sentence: "all that the nodes send and get takes so much longer"),
    Verb(word: "lossy", usage: "NODES PERCENT", sentence: "so many of their messages are lost and sent again"),
    Verb(word: "heal", usage: "ID | NODES | all", sentence: "mends one fault, those of the nodes, or all of them"),
  ]

  /// A fault with its time.
  public struct Order: Sendable, Equatable {
    /// What is to be broken or mended.
    public var fault: Fault
    /// After which time it is mended; nil for never.
    public var span: Duration?
  }

  /// The faults that the words mean in this world, in the nodes' order.
  public static func orders(_ words: [String], in world: World) throws(Trouble) -> [Order] {
    var (words, span) = try takeSpan(from: words)
    guard let verb = words.first else { throw Trouble(reason: "which fault? \(list)", isUsage: true) }
    words.removeFirst()
    if span != nil && ["restart", "thaw", "unblock", "unblock-port", "heal"].contains(verb) {
      throw Trouble(reason: "chaos \(verb) does not last, so it takes no --for", isUsage: true)
    }
    return try faults(verb, words, in: world).map { Order(fault: $0, span: span) }
  }

  private static func faults(_ verb: String, _ words: [String], in world: World) throws(Trouble) -> [Fault] {
    var targets = FaultTargets(world)
    switch verb {
    case "kill": return try each(words, verb, &targets).map(Fault.kill)
    case "power-cut": return try each(words, verb, &targets).map(Fault.powerCut)
    case "restart", "start": return try each(words, verb, &targets).map(Fault.restart)
    case "freeze": return try each(words, verb, &targets).map(Fault.freeze)
    case "thaw": return try each(words, verb, &targets).map(Fault.thaw)
    case "wipe": return try each(words, verb, &targets).map(Fault.wipe)
    case "slow":
      guard words.count >= 2, let delay = words.last.flatMap({ Duration(go: $0) }), delay > .zero else {
        throw misused(verb)
      }
      return try each(words.dropLast(), verb, &targets).map { .slow($0, delay) }
    case "lossy":
      let percent = words.last.flatMap { text in Int(text.hasSuffix("%") ? text.dropLast() : text[...]) }
      guard words.count >= 2, let percent, (1...99).contains(percent) else { throw misused(verb) }
      return try each(words.dropLast(), verb, &targets).map { .lossy($0, percent: percent) }
    case "cut": return try each(words, verb, &targets).map(Fault.cut)
    case "block", "unblock":
      guard words.count == 2 else { throw misused(verb) }
      let (some, others) = (try targets.hosts(words[0]), try targets.hosts(words[1]))
      return some.flatMap { a in
        others.filter { $0 != a }.map { b in verb == "block" ? Fault.block(a, b) : Fault.unblock(a, b) }
      }
    case "partition":
      let sides = words.split(separator: "|", omittingEmptySubsequences: false)
      guard sides.count == 2 else { throw misused(verb) }
      let (some, others) = (try each(Array(sides[0]), verb, &targets), try each(Array(sides[1]), verb, &targets))
      if let both = some.first(where: others.contains) {
        throw Trouble(reason: "\(world[both].hostname) is on both sides of the partition")
      }
      return [.partition(some, others)]
    case "block-port", "unblock-port":
      guard words.count >= 2, let text = words.last, let port = UInt16(text.prefix { $0 != "/" }),
        text.hasSuffix("/tcp") || !text.contains("/")
      else { throw misused(verb) }
      return try each(words.dropLast(), verb, &targets).map {
        verb == "block-port" ? .blockPort($0, port) : .unblockPort($0, port)
      }
    case "heal": return try healing(words, world, &targets)
    default: throw Trouble(reason: "there is no fault '\(verb)': \(list)", isUsage: true)
    }
  }

  /// What `chaos heal` mends: a fault by its name; all that name a node; all there are.
  private static func healing(
    _ words: [String], _ world: World, _ targets: inout FaultTargets
  ) throws(Trouble) -> [Fault] {
    if words == ["all"] { return world.faults.active.map { .mend($0.id) } }
    var meant: [FaultID] = []
    for word in words where word.hasPrefix("f") {
      guard let fault = world.faults.active.first(where: { $0.id.description == word }) else { continue }
      meant.append(fault.id)
    }
    let others = words.filter { word in !meant.contains { $0.description == word } }
    if let gone = others.first(where: { $0.hasPrefix("f") && UInt32($0.dropFirst()) != nil }),
      world.host(named: gone) == nil
    {
      throw Trouble(reason: "no fault \(gone) lasts now: `chaos ls` lists those that do")
    }
    if !others.isEmpty || words.isEmpty {
      let hosts = try each(others, "heal", &targets)
      for fault in world.faults.active where fault.fault.hosts.contains(where: hosts.contains) {
        meant.append(fault.id)
      }
    }
    return meant.sorted().map(Fault.mend)
  }

  // MARK: Listing

  /// What lasts now: a line each, with what it has done so far.
  public static func listing(of world: World) -> [[String]] {
    world.faults.active.map { active in
      [
        active.id.description, words(for: active.fault, in: world), "\((world.now - active.since).seconds) s",
        active.until.map { "\(($0 - world.now).seconds) s" } ?? "", world.effect(of: active).text,
      ]
    }
  }

  /// The head of that list.
  public static let listingHead = ["ID", "FAULT", "FOR", "LEFT", "EFFECT"]

  /// The list as text, in columns.
  public static func listingText(of world: World) -> String {
    let rows = [listingHead] + listing(of: world)
    let widths = listingHead.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return cells.joined(separator: "   ").trimmed() + "\n"
    }.joined()
  }

  /// A fault as one would write it.
  public static func words(for fault: Fault, in world: World) -> String {
    func names(_ hosts: [HostID]) -> String { hosts.map { world[$0].hostname }.joined(separator: " ") }
    return switch fault {
    case .kill(let host): "kill \(names([host]))"
    case .powerCut(let host): "power-cut \(names([host]))"
    case .restart(let host): "restart \(names([host]))"
    case .freeze(let host): "freeze \(names([host]))"
    case .thaw(let host): "thaw \(names([host]))"
    case .cut(let host): "cut \(names([host]))"
    case .heal(let host): "heal \(names([host]))"
    case .block(let a, let b): "block \(names([a, b]))"
    case .unblock(let a, let b): "unblock \(names([a, b]))"
    case .partition(let some, let others): "partition \(names(some)) | \(names(others))"
    case .blockPort(let host, let port): "block-port \(names([host])) \(port)"
    case .unblockPort(let host, let port): "unblock-port \(names([host])) \(port)"
    case .slow(let host, let delay): "slow \(names([host])) \(delay)"
    case .lossy(let host, let percent): "lossy \(names([host])) \(percent)%"
    case .wipe(let host): "wipe \(names([host]))"
    case .mend(let id): "heal \(id)"
    }
  }

  // MARK: Reading

  private static var list: String { verbs.map(\.word).joined(separator: ", ") }

  private static func misused(_ verb: String) -> Trouble {
    let usage = verbs.first { $0.word == verb }?.usage ?? ""
    let example =
      switch verb {
      case "partition": "'leader | followers'` (quote it: a shell takes | for its own)"
      case "block-port", "unblock-port": "leader 2377`"
      case "slow": "worker1 200ms`"
      case "lossy": "worker1 20%`"
      default: "leader worker1`"
      }
    return Trouble(reason: "chaos \(verb) takes \(usage): `chaos \(verb) \(example)", isUsage: true)
  }

  private static func takeSpan(from words: [String]) throws(Trouble) -> (words: [String], span: Duration?) {
    // `partition 'a | b'` comes as one word where it was quoted.
    var rest = words.flatMap { word in
      word.contains("|") ? word.replacing("|", with: " | ").split(separator: " ").map(String.init) : [word]
    }
    guard let place = rest.firstIndex(where: { $0 == "--for" || $0.hasPrefix("--for=") }) else { return (rest, nil) }
    var text = String(rest.remove(at: place).dropFirst("--for=".count))
    if text.isEmpty && place < rest.count { text = rest.remove(at: place) }
    guard let span = Duration(go: text), span > .zero else {
      throw Trouble(reason: "--for takes a span of time: 500ms, 30s, 2m", isUsage: true)
    }
    return (rest, span)
  }

  private static func each(
    _ words: [String], _ verb: String, _ targets: inout FaultTargets
  ) throws(Trouble) -> [HostID] {
    if words.isEmpty { throw Trouble(reason: "chaos \(verb) takes a node: `chaos \(verb) node1`", isUsage: true) }
    var hosts: [HostID] = []
    for word in words { hosts += try targets.hosts(word) }
    return hosts.sorted().reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }

  /// Whether a name matches a pattern in which `*` stands for any text.
  public static func matches(_ pattern: String, _ name: String) -> Bool {
    matches(Array(pattern.utf8)[...], Array(name.utf8)[...])
  }

  private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    if first == UInt8(ascii: "*") {
      return matches(pattern.dropFirst(), name) || !name.isEmpty && matches(pattern, name.dropFirst())
    }
    return name.first == first && matches(pattern.dropFirst(), name.dropFirst())
  }
}
