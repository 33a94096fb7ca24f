import Checkers
import EngineTypes
import Lab
import SimBase
import SimKernel
import SwarmModel
import SwarmNode
import SwarmStore
import World

/// The users of a swarm in a storm: they ask for things at any manager that is up, do not wait for the answer, and remember
/// what they were promised.
struct StormUsers: Sendable {
  /// What was asked for, and at which version of the object.
  private struct Wish: Sendable {
    enum Kind: Sendable, Equatable {
      case create(name: String, replicas: Int64)
      case scale(name: String, version: UInt64, replicas: Int64)
      case remove(name: String)
      case other
    }

    var kind: Kind
    var host: HostID
  }

  /// A service as its users know it.
  private struct Known: Sendable {
    var replicas: Int64
    /// The version at which the last acknowledged change was asked for.
    var version: UInt64 = 0
    /// Changes that were asked for and not answered: they may have happened.
    var unanswered: [(version: UInt64, replicas: Int64)] = []
    var mayBeGone = false
  }

  var startsFirst = false
  /// What was promised and not kept.
  private(set) var complaints: [String] = []
  /// How many requests were done.
  private(set) var acknowledged = 0

  private var asked: [(request: RequestID, wish: Wish)] = []
  private var known = Table<String, Known>()
  private var created = 0
  private var edits: Int64 = 0
  private var secret = ""
  private var network = ""

  /// Before the storm: a network, a secret, and three services of different kinds.
  mutating func prepare(_ lab: inout Lab) {
    let net: JSON = ["Name": "net", "Driver": "overlay"]
    network = (try? lab.call("POST", "/networks/create", net, at: HostID(0)))?.json["Id"].string ?? ""
    let key: JSON = ["Name": "key", "Data": "c2VjcmV0"]
    secret = (try? lab.call("POST", "/secrets/create", key, at: HostID(0)))?.json["ID"].string ?? ""
    for name in ["web", "api"] { ask(.create(name: name, replicas: 3), at: HostID(0), &lab) }
    let everywhere: JSON = [
      "Name": "agent", "TaskTemplate": ["ContainerSpec": ["Image": "alpine", "Args": ["sleep", "9000000"]]],
      "Mode": ["Global": [:]],
      "EndpointSpec": ["Ports": [["TargetPort": 80, "PublishedPort": 9000, "PublishMode": "host"]]],
    ]
    send("POST", "/services/create", everywhere, at: HostID(0), &lab)
    lab.advance(by: .seconds(3))
    collect(&lab)
  }

  /// Asks for something; what, in words, if there was anybody to ask.
  mutating func request(_ lab: inout Lab, dice: inout Dice) -> String? {
    let managers = lab.world.hosts.filter { lab.world[$0].isUp && lab.world[$0].raftStatus != nil }
    guard let host = dice.pick(managers), let store = store(lab) else { return nil }
    let name = lab.world[host].hostname
    switch dice.below(10) {
    case 0, 1, 2, 3:
      guard let service = dice.pick(services(store)) else { return nil }
      let replicas = Int64(dice.below(8))
      let kind = Wish.Kind.scale(name: service.name, version: service.meta.version, replicas: replicas)
      ask(kind, at: host, &lab)
      return "scale \(service.name) to \(replicas) at \(name)"
    case 4, 5:
      guard let service = dice.pick(services(store)), case .replicated(let replicas) = service.spec.value.mode else {
        return nil
      }
      // The same number of replicas with another environment: a rolling update.
      edits += 1
      let kind = Wish.Kind.scale(name: service.name, version: service.meta.version, replicas: Int64(replicas))
      ask(kind, at: host, &lab)
      return "update \(service.name) at \(name)"
    case 6:
      created += 1
      ask(.create(name: "extra\(created)", replicas: Int64(dice.below(4))), at: host, &lab)
      return "create extra\(created) at \(name)"
    case 7:
      guard let service = dice.pick(services(store).filter { $0.name.hasPrefix("extra") }) else { return nil }
      ask(.remove(name: service.name), at: host, &lab)
      return "remove \(service.name) at \(name)"
    default:
      guard let node = dice.pick(store.nodes.values.map(\.value)) else { return nil }
      let word = dice.pick(["active", "active", "drain", "pause"]) ?? "active"
      sendAvailability(node, word, at: host, &lab)
      return "\(word) \(node.hostname) at \(name)"
    }
  }

  /// Reads the answers that have come.
  mutating func collect(_ lab: inout Lab) {
    var waiting: [(request: RequestID, wish: Wish)] = []
    for (request, wish) in asked {
      if !lab.hasEnded(request) {
        waiting.append((request, wish))
        continue
      }
      let head = lab.head(of: request, by: lab.now)
      let body = lab.read(request, by: lab.now) ?? []
      lab.close(request)
      settle(wish, status: head?.status, (try? JSON.parse(body)) ?? .null, &lab)
    }
    asked = waiting
  }

  /// After the storm all nodes shall take tasks again.
  mutating func activateAll(_ lab: inout Lab) {
    guard asked.isEmpty, let leader = lab.leader, let store = store(lab) else { return }
    for node in store.nodes.values where node.value.spec.availability != .active {
      sendAvailability(node.value, "active", at: leader, &lab)
    }
  }

  /// Promises that the swarm has not kept.
  func unmet(_ lab: Lab) -> [String] {
    guard let store = store(lab) else { return ["nothing is committed"] }
    var missing: [String] = []
    for node in store.nodes.values where node.value.spec.availability != .active {
      missing.append("\(node.value.hostname) is on \(node.value.spec.availability.word)")
    }
    for (name, wish) in known {
      guard let service = store.service(named: name)?.value else {
        if !wish.mayBeGone { missing.append("service \(name) was acknowledged and is gone") }
        continue
      }
      guard case .replicated(let replicas) = service.spec.value.mode else { continue }
      let possible = [wish.replicas] + wish.unanswered.map(\.replicas)
      if !possible.contains(Int64(replicas)) {
        missing.append("service \(name) has \(replicas) replicas; its users were promised one of \(possible)")
      }
    }
    return missing
  }

  /// Sends something whose fate nobody follows.
  mutating func send(_ method: String, _ path: String, _ body: JSON?, at host: HostID, _ lab: inout Lab) {
    asked.append((lab.open(Lab.request(method, path, body), at: host), Wish(kind: .other, host: host)))
  }

  // MARK: Inside

  private func store(_ lab: Lab) -> Store? {
    guard let cluster = lab.world.hosts.lazy.compactMap({ lab.world[$0].clusterID }).first else { return nil }
    return lab.watch?.committedStore(of: cluster)
  }

  private func services(_ store: Store) -> [Service] {
    store.services.values.map(\.value).filter { known.contains($0.name) }
  }

  private mutating func ask(_ kind: Wish.Kind, at host: HostID, _ lab: inout Lab) {
    let request: EngineRequest
    switch kind {
    case .create(let name, let replicas):
      request = Lab.request("POST", "/services/create", body(name, replicas))
    case .scale(let name, let version, let replicas):
      request = Lab.request("POST", "/services/\(name)/update?version=\(version)", body(name, replicas))
      known.update(name) { $0.unanswered.append((version, replicas)) }
    case .remove(let name):
      request = Lab.request("DELETE", "/services/\(name)")
      known.update(name) { $0.mayBeGone = true }
    case .other: preconditionFailure("only a wish can be asked for")
    }
    asked.append((lab.open(request, at: host), Wish(kind: kind, host: host)))
  }

  private func body(_ name: String, _ replicas: Int64) -> JSON {
    let file: JSON = ["Name": "key", "UID": "0", "GID": "0", "Mode": 292]
    var container: [JSON.Field] = [
      .init("Image", "nginx"), .init("StopGracePeriod", 1_000_000_000), .init("Env", [.string("EDIT=\(edits)")]),
    ]
    if name == "web" {
      container.append(.init("Secrets", [["File": file, "SecretID": .string(secret), "SecretName": "key"]]))
    }
    var task: [JSON.Field] = [.init("ContainerSpec", .object(container))]
    if name == "api" && !network.isEmpty { task.append(.init("Networks", [["Target": .string(network)]])) }
    task.append(.init("RestartPolicy", ["Condition": "any", "Delay": 1_000_000_000]))
    var fields: [JSON.Field] = [
      .init("Name", .string(name)), .init("TaskTemplate", .object(task)),
      .init("Mode", ["Replicated": ["Replicas": .int(replicas)]]),
      .init(
        "UpdateConfig",
        [
          "Parallelism": 2, "Monitor": 1_000_000_000, "FailureAction": "continue",
          "Order": .string(startsFirst ? "start-first" : "stop-first"),
        ]),
    ]
    if name == "web" {
      fields.append(.init("EndpointSpec", ["Ports": [["TargetPort": 80, "PublishedPort": 8080]]]))
    }
    return .object(fields)
  }

  private mutating func sendAvailability(_ node: Node, _ word: String, at host: HostID, _ lab: inout Lab) {
    let role = node.spec.desiredRole == .manager ? "manager" : "worker"
    let spec: JSON = ["Role": .string(role), "Availability": .string(word)]
    send("POST", "/nodes/\(node.id)/update?version=\(node.meta.version)", spec, at: host, &lab)
  }

  /// What an answer promises.
  private mutating func settle(_ wish: Wish, status: Int?, _ json: JSON, _ lab: inout Lab) {
    guard let status, status < 300 else {
      // An answer that says no settles the wish, unless it says that nobody knows.
      if case .scale(let name, let version, let replicas) = wish.kind, status == 404 || status == 400 {
        known.update(name) { $0.unanswered.removeAll { $0 == (version, replicas) } }
      }
      return
    }
    acknowledged += 1
    switch wish.kind {
    case .create(let name, let replicas):
      known[name] = Known(replicas: replicas)
      let cluster = lab.world.hosts.lazy.compactMap { [lab] in lab.world[$0].clusterID }.first
      let now = lab.now
      if let cluster, let id = ServiceID(json["ID"].string ?? "") { lab.watch?.acknowledged(id, in: cluster, at: now) }
    case .scale(let name, let version, let replicas):
      let current = store(lab)?.service(named: name)?.value
      if let current, current.meta.version <= version {
        complaints.append("\(lab.now): the change of \(name) from version \(version) was acknowledged and is not there")
      }
      known.update(name) { service in
        service.unanswered.removeAll { $0.version <= version }
        if version >= service.version { (service.version, service.replicas) = (version, replicas) }
      }
    case .remove(let name): known[name] = nil
    case .other: break
    }
  }
}
