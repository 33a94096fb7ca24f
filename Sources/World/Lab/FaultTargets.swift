import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import World

/// Which nodes words mean: names, patterns, roles, and what is composed of them.
///
/// | Word | Nodes |
/// |---|---|
/// | `node1`, `worker*` | the node of this name; those whose names match |
/// | `all` | every node |
/// | `leader`, `followers` | the manager that leads; the other managers |
/// | `managers`, `workers` | those that are managers, or not, as it is now |
/// | `one(X)` | one of X, drawn |
/// | `random(2,X)`, `random(30%,X)` | so many of X, drawn |
/// | `majority(X)`, `minority(X)` | more than half of X, and as many as leave a majority, drawn |
/// | `node-of(web.2)` | where this task runs; `node-of(web)` for all tasks of a service |
///
/// What is drawn depends on the world's seed and on how far its history has come: a replay draws the same.
struct FaultTargets {
  private let world: World
  private var dice: Dice

  init(_ world: World) {
    self.world = world
    dice = Dice(seed: world.plan.seed, label: "fault/\(world.handledEvents)/\(world.now.nanoseconds)")
  }

  /// The nodes that a word means, in the nodes' order; never none.
  mutating func hosts(_ word: String) throws(FaultWords.Trouble) -> [HostID] {
    let found = try meant(by: word)
    if found.isEmpty && word.contains("*") { throw FaultWords.Trouble(reason: "no node's name matches \(word)") }
    if found.isEmpty { throw FaultWords.Trouble(reason: "no node is \(word) now") }
    return found
  }

  private mutating func meant(by word: String) throws(FaultWords.Trouble) -> [HostID] {
    let all = world.hosts
    switch word {
    case "all": return all
    case "leader": return all.filter { world[$0].isLeading }
    case "followers": return all.filter { world[$0].isManager && !world[$0].isLeading }
    case "managers": return all.filter { world[$0].isManager }
    case "workers": return all.filter { world[$0].nodeID != nil && !world[$0].isManager }
    default: break
    }
    if word.utf8.last == UInt8(ascii: ")"), let open = word.firstIndex(of: "(") {
      let inner = String(word[word.index(after: open)...].dropLast())
      return try composed(String(word[..<open]), inner)
    }
    if word.utf8.contains(UInt8(ascii: "*")) {
      return all.filter { FaultWords.matches(word, world[$0].hostname) }
    }
    if let host = world.host(named: word) { return [host] }
    let names = all.map { world[$0].hostname }
    throw FaultWords.Trouble(
      reason: "there is no node \(word): the lab has \(names.joined(separator: ", ")); or say leader, followers, "
        + "managers, workers, all, one(X), random(2,X), majority(X), minority(X), node-of(web.1)")
  }

  private mutating func composed(_ function: String, _ inner: String) throws(FaultWords.Trouble) -> [HostID] {
    switch function {
    case "one": return draw(1, of: try hosts(inner))
    case "majority":
      let set = try hosts(inner)
      return draw(set.count / 2 + 1, of: set)
    case "minority":
      let set = try hosts(inner)
      return draw((set.count - 1) / 2, of: set)
    case "random":
      guard let comma = inner.firstIndex(of: ",") else {
        throw FaultWords.Trouble(
          reason: "random takes a count or a share and nodes: random(2,workers), random(30%,all)")
      }
      let set = try hosts(String(inner[inner.index(after: comma)...]).trimmed())
      return draw(try count(String(inner[..<comma]).trimmed(), of: set.count), of: set)
    case "node-of": return try nodes(of: inner)
    default: throw FaultWords.Trouble(reason: "\(function)(…) means no nodes: one, random, majority, minority, node-of")
    }
  }

  private func count(_ text: String, of whole: Int) throws(FaultWords.Trouble) -> Int {
    if text.hasSuffix("%"), let share = Int(text.dropLast()), (0...100).contains(share) {
      // A share of something is at least one.
      return share == 0 ? 0 : max(1, whole * share / 100)
    }
    if let count = Int(text), count >= 0 { return min(count, whole) }
    throw FaultWords.Trouble(reason: "\(text) is no count and no share: write 2 or 30%")
  }

  private mutating func draw(_ count: Int, of set: [HostID]) -> [HostID] {
    var mixed = set
    dice.shuffle(&mixed)
    return mixed.prefix(count).sorted()
  }

  /// The nodes of a service's running tasks, or of those in one slot.
  private func nodes(of text: String) throws(FaultWords.Trouble) -> [HostID] {
    guard let store = world.hosts.first(where: { world[$0].isLeading }).flatMap({ world[$0].store }) else {
      throw FaultWords.Trouble(reason: "nobody leads the swarm, so that nobody knows where \(text) runs")
    }
    var (name, slot) = (text, UInt64?.none)
    if store.service(named: text) == nil, let dot = text.lastIndex(of: "."),
      let number = UInt64(text[text.index(after: dot)...])
    {
      (name, slot) = (String(text[..<dot]), number)
    }
    guard let service = store.service(named: name) else {
      throw FaultWords.Trouble(reason: "there is no service \(name)")
    }
    let tasks = store.tasks(of: service.value.id).filter {
      $0.value.status.state == .running && (slot == nil || $0.value.slot == slot)
    }
    let nodes = tasks.compactMap(\.value.nodeID)
    return world.hosts.filter { host in world[host].nodeID.map(nodes.contains) ?? false }
  }
}
