import SimBase
import SimKernel
import SwarmNode
import World

/// A fault as people write it: `kill node1`, `cut worker*`, `block node1 node2`.
///
/// | Words | Fault |
/// |---|---|
/// | `kill NODE…` | the node's processes die; its disk stays |
/// | `power-cut NODE…` | the node loses power, and what was not synced |
/// | `restart NODE…` | the node starts again |
/// | `cut NODE…`, `heal NODE…`, `heal all` | the cable is pulled, and plugged in again |
/// | `block A B`, `unblock A B` | nothing passes between two nodes, and everything again |
///
/// A target is a node's name, or a pattern of names with `*`.
public enum FaultWords {
  /// Why words are no fault.
  public struct Trouble: Error, Sendable, Equatable {
    /// What is wrong and what would be right.
    public var reason: String
  }

  /// The verbs, as a refusal lists them.
  static let verbs = ["kill", "power-cut", "restart", "cut", "heal", "block", "unblock"]

  /// The faults that the words mean in this world, in the nodes' order.
  public static func faults(_ words: [String], in world: World) throws(Trouble) -> [Fault] {
    guard let verb = words.first else { throw Trouble(reason: "which fault? \(verbs.joined(separator: ", "))") }
    let targets = Array(words.dropFirst())
    switch verb {
    case "kill": return try each(targets, verb, world).map(Fault.kill)
    case "power-cut": return try each(targets, verb, world).map(Fault.powerCut)
    case "restart", "start": return try each(targets, verb, world).map(Fault.restart)
    case "cut": return try each(targets, verb, world).map(Fault.cut)
    case "heal": return try each(targets == ["all"] ? ["*"] : targets, verb, world).map(Fault.heal)
    case "block", "unblock":
      guard targets.count == 2 else {
        throw Trouble(reason: "chaos \(verb) takes two nodes: `chaos \(verb) node1 node2`")
      }
      let ends = try targets.map { target throws(Trouble) in try one(target, world) }
      return [verb == "block" ? .block(ends[0], ends[1]) : .unblock(ends[0], ends[1])]
    default: throw Trouble(reason: "there is no fault '\(verb)': \(verbs.joined(separator: ", "))")
    }
  }

  private static func one(_ target: String, _ world: World) throws(Trouble) -> HostID {
    if let host = world.host(named: target) { return host }
    let names = world.hosts.map { world.node($0).hostname }
    throw Trouble(reason: "there is no node \(target): the lab has \(names.joined(separator: ", "))")
  }

  private static func each(_ targets: [String], _ verb: String, _ world: World) throws(Trouble) -> [HostID] {
    if targets.isEmpty { throw Trouble(reason: "chaos \(verb) takes a node: `chaos \(verb) node1`") }
    var hosts: [HostID] = []
    for target in targets {
      if !target.utf8.contains(UInt8(ascii: "*")) {
        hosts.append(try one(target, world))
        continue
      }
      let found = world.hosts.filter { matches(target, world.node($0).hostname) }
      if found.isEmpty { throw Trouble(reason: "no node's name matches \(target)") }
      hosts += found
    }
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
