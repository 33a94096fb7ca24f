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
///
/// `+Requests` is what they ask for while the storm goes on, `+Repair` what they do when it is over, `+Rescue` what only an
/// operator's hand can mend. That an answer tells the truth is the lab's own business.
struct StormUsers: Sendable {
  /// A request under way.
  private struct Asked: Sendable {
    var request: RequestID
    /// Method and path.
    var what: String
    var wish: Wish
  }

  /// What an answer may bring that users remember.
  enum Wish: Sendable {
    case createService(StormService)
    case removeService(String)
    case createNetwork(String)
    case createSecret(String)
    case createConfig(String)
    case other
  }

  /// Whether updates mostly start new tasks first.
  var startsFirst = false
  /// Whether they ask for all that they can think of (`StormPlan.isWide`).
  var isWide = false
  /// The keys that locked managers may want, as the cluster had them one after the other.
  private(set) var unlockKeys: [String] = []
  /// How many requests were done.
  private(set) var acknowledged = 0
  /// The services that were made, or may have been, as they were last asked for.
  var services = Table<String, StormService>()
  /// Those whose making was acknowledged and whose removal nobody has asked for.
  private(set) var promised = Table<String, Bool>()
  var networks: [(id: String, name: String)] = []
  var secrets: [(id: String, name: String)] = []
  var configs: [(id: String, name: String)] = []
  /// What was asked for last without being done, and why not.
  private(set) var lastRefusal = ""
  /// Numbers the names and the edits.
  var lastNumber: Int64 = 0

  /// What was done by hand because Docker does not recover by itself, in words.
  var rescues: [String] = []
  /// Services that were removed to be made again.
  var toMake: [StormService] = []
  /// Since when what operators watch has been so.
  var since = Table<String, Instant>()

  private var asked: [Asked] = []

  /// Whether all requests have been answered, or their connections have gone.
  var isIdle: Bool { asked.isEmpty }

  /// Before the storm: a network, a secret, and services of different kinds.
  mutating func prepare(_ lab: inout Lab) {
    let first = HostID(0)
    ask("POST", "/networks/create", ["Name": "net", "Driver": "overlay"], .createNetwork("net"), at: first, &lab)
    ask("POST", "/secrets/create", ["Name": "key", "Data": "c2VjcmV0"], .createSecret("key"), at: first, &lab)
    ask("POST", "/configs/create", ["Name": "conf", "Data": "Y29uZg=="], .createConfig("conf"), at: first, &lab)
    lab.advance(by: .seconds(1))
    collect(&lab)
    var web = StormService("web", .replicated(3))
    (web.meshPort, web.secret, web.startsFirst) = (8080, secrets.first, startsFirst)
    var api = StormService("api", .replicated(3))
    (api.network, api.config, api.startsFirst) = (networks.first?.id ?? "", configs.first, startsFirst)
    var everywhere = StormService("agent", .global)
    everywhere.hostPort = 9000
    for service in [web, api, everywhere] { create(service, at: first, &lab) }
    lab.advance(by: .seconds(3))
    collect(&lab)
  }

  /// Reads the answers that have come.
  mutating func collect(_ lab: inout Lab) {
    var waiting: [Asked] = []
    for one in asked {
      if !lab.hasEnded(one.request) {
        waiting.append(one)
        continue
      }
      let head = lab.head(of: one.request, by: lab.now)
      let body = lab.read(one.request, by: lab.now) ?? []
      lab.close(one.request)
      let json = (try? JSON.parse(body)) ?? .null
      if let status = head?.status, status < 300 {
        settle(one.wish, json)
      } else {
        lastRefusal = "\(one.what): \(json["message"].string ?? "no answer")"
      }
    }
    asked = waiting
    if isWide, let key = store(lab)?.cluster?.value.unlockKey, !key.isEmpty, !unlockKeys.contains(key) {
      unlockKeys.append(key)
    }
  }

  /// The state that the swarm has committed; nil before there is one.
  func store(_ lab: Lab) -> Store? {
    guard let cluster = lab.world.hosts.lazy.compactMap({ lab.world[$0].clusterID }).first else { return nil }
    return lab.watch?.committedStore(of: cluster)
  }

  // MARK: Asking

  /// Sends a request and remembers what its answer would mean.
  mutating func ask(
    _ method: String, _ path: String, _ body: JSON?, _ wish: Wish = .other, at host: HostID, _ lab: inout Lab
  ) {
    let request = lab.open(Lab.request(method, path, body), at: host)
    asked.append(Asked(request: request, what: "\(method) \(path)", wish: wish))
  }

  /// Asks for a service.
  mutating func create(_ service: StormService, at host: HostID, _ lab: inout Lab) {
    ask("POST", "/services/create", service.json, .createService(service), at: host, &lab)
  }

  /// Asks for a service to become what `service` says, if it is still as the committed state has it.
  mutating func update(_ service: StormService, at host: HostID, _ lab: inout Lab) {
    guard let known = store(lab)?.service(named: service.name)?.value else { return }
    services[service.name] = service
    ask("POST", "/services/\(service.name)/update?version=\(known.meta.version)", service.json, at: host, &lab)
  }

  /// Asks for a service to be gone.
  mutating func remove(service name: String, at host: HostID, _ lab: inout Lab) {
    promised[name] = nil
    ask("DELETE", "/services/\(name)", nil, .removeService(name), at: host, &lab)
  }

  /// Nobody is held to anything that was promised so far.
  mutating func releasePromises() { promised.removeAll() }

  /// Asks for a node's spec to be changed.
  mutating func update(_ node: Node, at host: HostID, _ lab: inout Lab, _ change: (inout NodeSpec) -> Void) {
    var spec = node.spec
    change(&spec)
    let labels = spec.annotations.labels.map { JSON.Field($0.key, .string($0.value)) }
    let body: JSON = [
      "Role": .string(spec.desiredRole == .manager ? "manager" : "worker"),
      "Availability": .string(spec.availability.word), "Labels": .object(labels),
    ]
    ask("POST", "/nodes/\(node.id)/update?version=\(node.meta.version)", body, at: host, &lab)
  }

  private mutating func settle(_ wish: Wish, _ json: JSON) {
    acknowledged += 1
    let id = json["ID"].string ?? json["Id"].string ?? ""
    switch wish {
    case .createService(let service):
      services[service.name] = service
      promised[service.name] = true
    case .removeService(let name): services[name] = nil
    case .createNetwork(let name): networks.append((id, name))
    case .createSecret(let name): secrets.append((id, name))
    case .createConfig(let name): configs.append((id, name))
    case .other: break
    }
  }
}
