import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

/// Networks. Source: moby/swarmkit `manager/controlapi/network.go`.
@Suite struct NetworkTests {
  private func network(_ name: String, _ change: (inout NetworkSpec) -> Void = { _ in }) -> ControlRequest {
    var spec = NetworkSpec()
    spec.annotations.name = name
    spec.driver = Driver(name: "overlay")
    change(&spec)
    return .createNetwork(spec)
  }

  private func ipam(_ subnet: String, range: String = "", gateway: String = "") -> IPAMOptions {
    var options = IPAMOptions()
    var config = IPAMConfig()
    config.subnet = subnet
    config.range = range
    config.gateway = gateway
    options.configs = [config]
    return options
  }

  @Test("specs that make no sense are refused in swarmkit's order") func refusals() {
    let leader = Leader()
    func text(_ change: @escaping (inout NetworkSpec) -> Void) -> String? {
      leader.refusal(network("net", change))?.message
    }
    let bothIngressAndNameless: (inout NetworkSpec) -> Void = { spec in
      spec.isIngress = true
      spec.isAttachable = true
      spec.annotations.name = ""
    }
    #expect(text(bothIngressAndNameless) == rpc("InvalidArgument", "ingress network cannot be attachable"))
    #expect(text { $0.annotations.name = "" } == rpc("InvalidArgument", "meta: name must be provided"))
    #expect(
      text { $0.annotations.name = "a b" } == rpc("InvalidArgument", "name must be valid as a DNS name component"))
    #expect(
      text { $0.annotations.labels = [Network.predefinedLabel: "true"] }
        == rpc(
          "PermissionDenied",
          "label com.docker.swarm.predefined is for internally created predefined networks "
            + "and cannot be applied by users"))
    let ingressBridge: (inout NetworkSpec) -> Void = { spec in
      spec.isIngress = true
      spec.driver = Driver(name: "bridge")
    }
    #expect(
      text(ingressBridge)
        == rpc("Unimplemented", "only overlay driver is currently supported for ingress network"))
    #expect(
      text { $0.driver = Driver(name: "") }
        == rpc("InvalidArgument", "driver name: if driver is specified name is required"))
    #expect(text { $0.driver = Driver(name: "weave") } == rpc("InvalidArgument", "error during lookup of plugin weave"))
  }

  @Test(
    "address management is checked subnet by subnet",
    arguments: [
      ("", "", "", "invalid subnet "), ("10.0.0.0", "", "", "invalid subnet 10.0.0.0"),
      ("10.0.0.0/24", "x", "", "invalid range x"),
      ("10.0.0.0/24", "10.1.0.0/25", "", "subnet 10.0.0.0/24 does not contain range 10.1.0.0/25"),
      ("10.0.0.0/24", "", "x", "invalid gateway x"),
      ("10.0.0.0/24", "", "10.0.1.1", "subnet 10.0.0.0/24 does not contain gateway 10.0.1.1"),
    ])
  func addresses(subnet: String, range: String, gateway: String, text: String) {
    let leader = Leader()
    #expect(
      leader.refusal(network("net") { $0.ipam = ipam(subnet, range: range, gateway: gateway) })?.message
        == rpc("InvalidArgument", "ipam configuration: \(text)"))
  }

  @Test("a second ingress network is refused, and a name that is taken") func taken() {
    let leader = Leader()
    let second = leader.refusal(network("mesh") { $0.isIngress = true })
    #expect(second?.message == rpc("AlreadyExists", "ingress network (\(NetworkID(raw: 7))) is already present"))
    #expect(second?.status == 409)
    #expect(leader.make(network("net")) != nil)
    #expect(leader.refusal(network("net"))?.message == "network with name net already exists")
    #expect(leader.refusal(network("net"))?.status == 409)
    #expect(leader.refusal(network("NET"))?.message == rpc("Unknown", "name conflicts with an existing object"))
  }

  @Test("a network in use stays: by a service's spec, then by a live task") func inUse() throws {
    let leader = Leader()
    let id = try #require(leader.make(network("net")))
    #expect(leader.make(creation("web") { $0.task.networks = [attachment("net")] }) != nil)
    let service = leader.service("web")
    let refusal = leader.refusal(.removeNetwork("net"))
    #expect(refusal?.message == rpc("FailedPrecondition", "network \(id) is in use by service \(service.id)"))
    #expect(refusal?.status == 400)
    let object = try #require(leader.store.network(named: "net"))
    let task = leader.addTask(of: service, slot: 1) { $0.networks = [NetworkAttachment(network: object)] }
    #expect(leader.refusal(.removeService("web")) == nil)
    #expect(
      leader.refusal(.removeNetwork("net"))?.message
        == rpc("FailedPrecondition", "network \(id) is in use by task \(task.id)"))
    var stopped = try #require(leader.store.tasks[task.id]).value
    stopped.desiredState = .remove
    leader.write { $0.put(stopped, by: .orchestrator) }
    #expect(leader.refusal(.removeNetwork("net")) == nil)
  }

  @Test("the ingress network stays while a service publishes through it; predefined ones always stay")
  func ingress() throws {
    let leader = Leader()
    let publishing = creation("web") { spec in
      spec.endpoint = EndpointSpec()
      spec.endpoint?.ports = [port(8080)]
    }
    #expect(leader.make(publishing) != nil)
    #expect(
      leader.refusal(.removeNetwork("ingress"))?.message
        == rpc(
          "FailedPrecondition",
          "ingress network cannot be removed because service \(leader.service("web").id) depends on it"))
    #expect(leader.refusal(.removeService("web")) == nil)
    #expect(leader.refusal(.removeNetwork("ingress")) == nil)
    var bridge = Network()
    bridge.id = NetworkID(raw: 9)
    bridge.spec.annotations = Annotations(name: "bridge", labels: [Network.predefinedLabel: "true"])
    leader.write { $0.put(bridge) }
    #expect(
      leader.refusal(.removeNetwork("bridge"))?.message
        == rpc(
          "FailedPrecondition", "network \(bridge.id) (bridge) is a swarm predefined network and cannot be removed"))
  }
}

/// Secrets and configs. Source: moby/swarmkit `manager/controlapi/secret.go`, `config.go`.
@Suite struct SecretTests {
  private func draft(_ name: String, _ data: [UInt8]? = [1], labels: Labels = Labels()) -> SecretDraft {
    var draft = SecretDraft()
    draft.annotations = Annotations(name: name, labels: labels)
    draft.data = data
    return draft
  }

  @Test(
    "names are of 64 characters at most and begin and end with a letter or digit",
    arguments: [
      ("db_pass.v-1", true), ("a", true), (String(repeating: "a", count: 64), true), ("-a", false), ("a.", false),
      ("a b", false), (String(repeating: "a", count: 65), false),
    ])
  func names(name: String, isValid: Bool) {
    let leader = Leader()
    let text =
      "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]"
    #expect(
      leader.refusal(.createSecret(draft(name)))?.message == (isValid ? nil : rpc("InvalidArgument", text)))
  }

  @Test("sizes have limits") func sizes() {
    let leader = Leader()
    let secretText = rpc("InvalidArgument", "secret data must be larger than 0 and less than 512000 bytes")
    let configText = rpc("InvalidArgument", "config data must be larger than 0 and less than 1024000 bytes")
    let big = [UInt8](repeating: 0, count: 512_000)
    #expect(leader.refusal(.createSecret(draft("a", [])))?.message == secretText)
    #expect(leader.refusal(.createSecret(draft("a", nil)))?.message == secretText)
    #expect(leader.refusal(.createSecret(draft("a", big)))?.message == secretText)
    #expect(leader.refusal(.createSecret(draft("a", Array(big.dropLast())))) == nil)
    #expect(leader.refusal(.createConfig(draft("a", nil)))?.message == configText)
    #expect(leader.refusal(.createConfig(draft("a", big + big)))?.message == configText)
    #expect(leader.refusal(.createConfig(draft("a", big))) == nil)
  }

  @Test("with a driver no data is needed, but a plugin of its name") func driver() {
    let leader = Leader()
    var external = draft("vault", nil)
    external.driver = Driver(name: "")
    #expect(
      leader.refusal(.createSecret(external))?.message == rpc("InvalidArgument", "secret driver must have a name"))
    external.driver = Driver(name: "vault")
    #expect(
      leader.refusal(.createSecret(external))?.message == rpc("Unknown", "plugin \"vault\" not found"))
  }

  @Test("names are taken in any case") func taken() {
    let leader = Leader()
    #expect(leader.make(.createSecret(draft("pw"))) != nil)
    #expect(leader.make(.createConfig(draft("pw"))) != nil)
    #expect(
      leader.refusal(.createSecret(draft("PW")))?.message == rpc("AlreadyExists", "secret PW already exists"))
    #expect(
      leader.refusal(.createConfig(draft("pw")))?.message == rpc("AlreadyExists", "config pw already exists"))
    #expect(leader.refusal(.createSecret(draft("")))?.message == rpc("InvalidArgument", "name must be provided"))
  }

  @Test("only labels change") func labels() throws {
    let leader = Leader()
    #expect(leader.make(.createSecret(draft("pw", [1, 2]))) != nil)
    let version = try #require(leader.store.secret(named: "pw")).value.meta.version
    let refused = rpc("InvalidArgument", "only updates to Labels are allowed")
    #expect(leader.refusal(.updateSecret("pw", version: version, draft("x", nil)))?.message == refused)
    #expect(leader.refusal(.updateSecret("pw", version: version, draft("pw", [3])))?.message == refused)
    #expect(
      leader.refusal(.updateSecret("pw", version: 1, draft("pw", nil)))?.message
        == rpc("Unknown", "update out of sequence"))
    #expect(leader.refusal(.updateSecret("pw", version: version, draft("pw", [1, 2], labels: ["a": "b"]))) == nil)
    #expect(leader.store.secret(named: "pw")?.value.annotations.labels == ["a": "b"])
  }

  @Test("what services refer to stays, and they are named") func inUse() throws {
    let leader = Leader()
    let secretID = try #require(leader.make(.createSecret(draft("pw"))))
    let configID = try #require(leader.make(.createConfig(draft("conf"))))
    func using(_ name: String) -> ControlRequest {
      creation(name) { spec in
        spec.container { container in
          container.secrets = [secret(secretID, "pw", file: "pw")]
          container.configs = [config(configID, "conf", file: "conf")]
        }
      }
    }
    #expect(leader.make(using("a")) != nil)
    #expect(
      leader.refusal(.removeSecret("pw"))?.message
        == rpc("InvalidArgument", "secret 'pw' is in use by the following service: a"))
    #expect(leader.make(using("b")) != nil)
    let names = leader.store.services.values.map(\.value.name).joined(separator: ", ")
    #expect(
      leader.refusal(.removeConfig("conf"))?.message
        == rpc("InvalidArgument", "config 'conf' is in use by the following services: \(names)"))
    for name in ["a", "b"] { #expect(leader.refusal(.removeService(name)) == nil) }
    #expect(leader.refusal(.removeSecret("pw")) == nil && leader.refusal(.removeConfig("conf")) == nil)
  }

  @Test("lists are by name or ID, with labels; the swarm's own secrets are hidden") func lists() {
    let leader = Leader()
    #expect(leader.make(.createSecret(draft("db_pass", labels: ["a": "b"]))) != nil)
    #expect(leader.make(.createSecret(draft("db_user"))) != nil)
    leader.write { tx in
      var hidden = Secret()
      hidden.id = SecretID(raw: 5)
      hidden.annotations.name = "hidden"
      hidden.isInternal = true
      tx.put(hidden)
    }
    func names(_ change: (inout NamedFilter) -> Void) -> [String] {
      var filter = NamedFilter()
      change(&filter)
      guard case .success(.secrets(let secrets)) = leader.ask(.listSecrets(filter)) else { return [] }
      return secrets.map(\.value.annotations.name).sorted()
    }
    #expect(names { _ in } == ["db_pass", "db_user"])
    #expect(names { $0.namePrefixes = ["DB_P"] } == ["db_pass"])
    #expect(names { $0.names = ["db_user"] } == ["db_user"])
    #expect(names { $0.names = ["db"] } == [])
    let mixed: (inout NamedFilter) -> Void = { filter in
      filter.namePrefixes = ["db"]
      filter.labels = ["a": ""]
    }
    #expect(names(mixed) == ["db_pass"])
  }
}

/// The cluster object. Source: moby/swarmkit `manager/controlapi/cluster.go`.
@Suite struct ClusterTests {
  private func settings(_ change: (inout ClusterSettings) -> Void = { _ in }) -> ClusterSettings {
    var settings = ClusterSettings()
    settings.nodeCertExpiry = .hours(2160)
    change(&settings)
    return settings
  }

  private func cluster(_ leader: Leader) -> Cluster { leader.store.cluster?.value ?? Cluster() }

  @Test("an update replaces the whole spec: what is not given becomes zero") func replaces() {
    let leader = Leader()
    let version = cluster(leader).meta.version
    #expect(leader.refusal(.updateCluster(version: version, settings(), KeyRotation())) == nil)
    let spec = cluster(leader).spec
    #expect(spec.taskHistoryRetentionLimit == 0 && spec.snapshotInterval == 0 && spec.heartbeatPeriod == nil)
    #expect(spec.annotations.name == "default")
  }

  @Test("the settings of an init leave what they do not name") func merges() {
    let leader = Leader()
    var given = ClusterSettings()
    given.taskHistoryRetentionLimit = 2
    given.autoLockManagers = true
    #expect(leader.refusal(.initializeCluster(given)) == nil)
    let spec = cluster(leader).spec
    #expect(spec.taskHistoryRetentionLimit == 2 && spec.snapshotInterval == 10_000)
    #expect(spec.heartbeatPeriod == .seconds(5) && spec.autoLockManagers)
  }

  @Test("spans have lower limits, and versions count") func refusals() {
    let leader = Leader()
    let version = cluster(leader).meta.version
    #expect(
      leader.refusal(.updateCluster(version: version, settings { $0.nodeCertExpiry = .minutes(59) }, KeyRotation()))?
        .message == rpc("InvalidArgument", "minimum certificate expiry time is: 1h0m0s"))
    #expect(
      leader.refusal(.updateCluster(version: version, settings { $0.heartbeatPeriod = .seconds(-1) }, KeyRotation()))?
        .message == rpc("InvalidArgument", "heartbeat time period cannot be a negative duration"))
    #expect(
      leader.refusal(.updateCluster(version: 1, settings(), KeyRotation()))?.message
        == rpc("Unknown", "update out of sequence"))
  }

  @Test("a rotated token keeps the root's digest and gets another secret") func tokens() throws {
    let leader = Leader()
    var rotation = KeyRotation()
    rotation.workerToken = true
    #expect(
      leader.refusal(.updateCluster(version: cluster(leader).meta.version, settings(), rotation)) == nil)
    let first = cluster(leader).joinTokens
    #expect(first.manager == "SWMTKN-1-old-manager")
    let parts = first.worker.split(separator: "-").map(String.init)
    #expect(parts.map(\.count) == [6, 1, 50, 25] && first.worker.count == 85)
    rotation.managerToken = true
    #expect(
      leader.refusal(.updateCluster(version: cluster(leader).meta.version, settings(), rotation)) == nil)
    let second = cluster(leader).joinTokens
    #expect(second.worker != first.worker && second.worker != second.manager)
    #expect(second.manager.split(separator: "-")[2] == parts[2])
  }

  @Test("autolock makes a key, keeps it, renews it when asked, and drops it") func unlockKey() {
    let leader = Leader()
    func change(_ isOn: Bool, renew: Bool = false) -> String {
      var rotation = KeyRotation()
      rotation.unlockKey = renew
      let given = settings { $0.autoLockManagers = isOn }
      #expect(leader.refusal(.updateCluster(version: cluster(leader).meta.version, given, rotation)) == nil)
      guard case .success(.unlockKey(let key)) = leader.ask(.getUnlockKey) else { return "?" }
      return key
    }
    #expect(change(false) == "")
    let first = change(true)
    #expect(first.hasPrefix("SWMKEY-1-") && first.count == 52)
    #expect(change(true) == first)
    let second = change(true, renew: true)
    #expect(second != first && second.count == 52)
    #expect(change(false, renew: true) == "")
    #expect(change(true) != second)
  }

  @Test("without a cluster object there is no swarm to speak of") func noCluster() {
    let leader = Leader()
    leader.store = Store()
    #expect(leader.refusal(.getCluster)?.message == "This node is not part of a swarm")
    #expect(leader.refusal(.getCluster)?.status == 503)
  }
}

/// Attachments of plain containers. Source: moby/swarmkit `manager/resourceapi/allocator.go`.
@Suite struct AttachmentTests {
  @Test("a container gets a task of its own on an attachable network, and gives it back") func attaches() throws {
    let leader = Leader()
    let node = leader.addNode("n1").id
    var spec = NetworkSpec()
    spec.annotations.name = "net"
    spec.driver = Driver(name: "overlay")
    #expect(leader.make(.createNetwork(spec)) != nil)
    let request = AttachmentRequest(container: "abc", network: "net", addresses: ["10.0.1.9"], node: node)
    let refusal = leader.refusal(.attachNetwork(request))
    #expect(refusal?.message == rpc("PermissionDenied", "network net not manually attachable"))
    #expect(refusal?.status == 403)
    spec.annotations.name = "open"
    spec.isAttachable = true
    let id = try #require(leader.make(.createNetwork(spec)))
    var open = request
    open.network = "open"
    guard case .success(.attached(let attachment)) = leader.ask(.attachNetwork(open)) else {
      Issue.record("not attached")
      return
    }
    let task = try #require(leader.store.tasks[attachment]).value
    #expect(task.nodeID == node && task.serviceID == nil && task.status.state == .new)
    #expect(task.status.message == "created" && task.desiredState == .running)
    #expect(task.spec.networks.map(\.target) == [id] && task.spec.networks[0].addresses == ["10.0.1.9"])
    #expect(
      leader.refusal(.detachNetwork(attachment: attachment, node: NodeID(raw: 3)))?.message
        == rpc("PermissionDenied", "attachment \(attachment) doesn't belong to this node"))
    #expect(leader.refusal(.detachNetwork(attachment: attachment, node: node)) == nil)
    #expect(
      leader.refusal(.detachNetwork(attachment: attachment, node: node))?.message
        == rpc("NotFound", "attachment \(attachment) not found"))
    open.network = "nope"
    #expect(leader.refusal(.attachNetwork(open))?.message == rpc("NotFound", "network nope not found"))
  }

  @Test("a task is forgotten on request") func removesTask() {
    let leader = Leader()
    let task = leader.addTask(state: .complete, desired: .shutdown)
    #expect(leader.refusal(.removeTask(task.id.description)) == nil)
    #expect(leader.store.tasks.isEmpty)
  }
}

/// The queue of calls.
@Suite struct QueueTests {
  @Test("a read is answered at once, a write after its commit, and each write is a transaction of its own")
  func order() {
    let leader = Leader()
    let store = leader.store
    leader.api.submit(ControlCallID(1), creation("a"), raft: RaftView(), in: store, dice: &leader.dice)
    leader.api.submit(ControlCallID(2), creation("b"), raft: RaftView(), in: store, dice: &leader.dice)
    leader.api.submit(
      ControlCallID(3), .getService("a", insertDefaults: false), raft: RaftView(), in: store, dice: &leader.dice)
    #expect(leader.api.takeAnswers().map(\.id) == [ControlCallID(3)])
    #expect(leader.api.pendingCalls == [ControlCallID(1), ControlCallID(2)])
    var tx = Transaction(store, version: 1, at: .zero)
    leader.api.transact(&tx, dice: &leader.dice)
    #expect(tx.changes.count == 1)
    #expect(!leader.api.wantsToWrite, "one proposal is under way")
    #expect(leader.api.takeAnswers().isEmpty)
    #expect(leader.api.pendingCalls == [ControlCallID(1), ControlCallID(2)])
    for change in tx.changes { _ = leader.store.apply(change) }
    leader.api.written(in: leader.store, at: .zero)
    #expect(leader.api.takeAnswers().map(\.id) == [ControlCallID(1)])
    leader.settle()
    #expect(leader.api.takeAnswers().map(\.id) == [ControlCallID(2)])
    #expect(leader.service("a").meta.version != leader.service("b").meta.version)
  }

  @Test("of two who ask for one name at once the second is refused") func race() {
    let leader = Leader()
    for id in 1...2 {
      leader.api.submit(
        ControlCallID(UInt64(id)), creation("web"), raft: RaftView(), in: leader.store, dice: &leader.dice)
    }
    leader.settle()
    let answers = leader.api.takeAnswers()
    #expect(answers.map(\.id.raw) == [1, 2])
    guard case .success = answers[0].result, case .failure(let error) = answers[1].result else {
      Issue.record("the second should have lost")
      return
    }
    #expect(error.status == 409)
  }

  @Test("the same dice give the same IDs") func deterministic() {
    let (a, b) = (Leader(), Leader())
    #expect(a.make(creation("")) == b.make(creation("")))
    #expect(a.store.services.keys == b.store.services.keys)
  }
}
