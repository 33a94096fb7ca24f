import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

@Suite struct ServiceTests {
  @Test("a service is there after its reply, with version and times of its transaction") func creates() throws {
    let leader = Leader()
    leader.now = .zero + .seconds(5)
    let index = leader.index
    let id = try #require(leader.make(creation("web")))
    let service = leader.service("web")
    #expect(service.id.description == id)
    #expect(service.meta.version == index)
    #expect(service.meta.createdAt == leader.now)
    #expect(service.specVersion == 0)
    #expect(service.jobStatus == nil && service.previousSpec == nil && service.updateStatus == nil)
  }

  @Test("a name is taken in any case") func nameTaken() {
    let leader = Leader()
    #expect(leader.make(creation("web")) != nil)
    let refusal = leader.refusal(creation("WEB"))
    #expect(
      refusal?.message
        == rpc("AlreadyExists", "name conflicts with an existing object: service WEB already exists"))
    #expect(refusal?.status == 409)
  }

  @Test("a service without a name is given one of two words") func randomName() throws {
    let leader = Leader()
    #expect(leader.make(creation("")) != nil)
    let name = try #require(leader.store.services.values.first).value.name
    #expect(name.split(separator: "_").count == 2)
  }

  @Test(
    "published ports collide unless both are on the nodes, or protocols differ",
    arguments: [
      (PublishMode.ingress, PublishMode.ingress, "an ingress" as String?), (.host, .ingress, "a host-published"),
      (.ingress, .host, "an ingress"), (.host, .host, nil),
    ])
  func ports(theirs: PublishMode, mine: PublishMode, kind: String?) {
    let leader = Leader()
    func publishing(_ name: String, _ mode: PublishMode, _ protocol: PortProtocol = .tcp) -> ControlRequest {
      creation(name) { spec in
        spec.endpoint = EndpointSpec()
        spec.endpoint?.ports = [port(8080, mode, `protocol`)]
      }
    }
    #expect(leader.make(publishing("pub", theirs)) != nil)
    let id = leader.service("pub").id
    let text = kind.map { "port '8080' is already in use by service 'pub' (\(id)) as \($0) port" }
    #expect(leader.refusal(publishing("web", mine))?.message == text.map { rpc("InvalidArgument", $0) })
    #expect(leader.refusal(publishing("dns", mine, .udp)) == nil)
  }

  @Test("a port that the allocator gave collides like one that was asked for") func allocatedPort() {
    let leader = Leader()
    #expect(leader.make(creation("pub")) != nil)
    var service = leader.service("pub")
    service.endpoint = Endpoint()
    service.endpoint?.ports = [port(30_000)]
    leader.write { $0.put(service) }
    let clash = creation("web") { spec in
      spec.endpoint = EndpointSpec()
      spec.endpoint?.ports = [port(30_000)]
    }
    #expect(leader.refusal(clash)?.status == 400)
  }

  @Test("an ingress port needs the routing mesh's network") func noIngress() {
    let leader = Leader()
    leader.write { $0.remove(NetworkID(raw: 7)) }
    let publishing = creation("web") { spec in
      spec.endpoint = EndpointSpec()
      spec.endpoint?.ports = [port(8080)]
    }
    #expect(
      leader.refusal(publishing)?.message
        == rpc("FailedPrecondition", "service needs ingress network, but no ingress network is present"))
  }

  @Test("networks are stored by their IDs, whatever the client called them") func networks() throws {
    let leader = Leader()
    var network = NetworkSpec()
    network.annotations.name = "front"
    network.driver = Driver(name: "overlay")
    let id = try #require(leader.make(.createNetwork(network)))
    for (name, target) in [("a", "front"), ("b", id), ("c", String(id.prefix(10)))] {
      #expect(leader.make(creation(name) { $0.task.networks = [attachment(target)] }) != nil)
      #expect(leader.service(name).spec.value.task.networks.map(\.target) == [id])
    }
    let unknown = leader.refusal(creation("d") { $0.task.networks = [attachment("nope")] })
    #expect(unknown?.message == "network nope not found")
    #expect(unknown?.status == 500)
    #expect(
      leader.refusal(creation("e") { $0.task.networks = [attachment("ingress")] })?.message
        == rpc("InvalidArgument", "Service cannot be explicitly attached to the ingress network \"ingress\""))
  }

  @Test("a network of the engine alone is refused by name") func localNetwork() {
    let leader = Leader()
    let local = [
      ServiceSubmission.LocalNetwork(id: "abc", name: "mynet", isPredefined: false),
      ServiceSubmission.LocalNetwork(id: "def", name: "bridge", isPredefined: true),
    ]
    let mine = ServiceSubmission(spec("web") { $0.task.networks = [attachment("mynet")] }, localNetworks: local)
    let refusal = leader.refusal(.createService(mine))
    #expect(refusal?.status == 403)
    #expect(refusal?.message.hasPrefix("The network mynet cannot be used with services.") == true)
    let bridge = creation("web") { $0.task.networks = [attachment("bridge")] }.withLocalNetworks(local)
    let noTwin = leader.refusal(bridge)
    #expect(noTwin?.status == 404)
    #expect(noTwin?.message.hasPrefix("could not find the corresponding predefined swarm network") == true)
  }

  @Test("secrets and configs must exist under the ID and the name that are given") func references() throws {
    let leader = Leader()
    var draft = SecretDraft()
    draft.annotations.name = "pw"
    draft.data = [1]
    let id = try #require(leader.make(.createSecret(draft)))
    #expect(leader.refusal(creation("ok") { $0.container { $0.secrets = [secret(id, "pw", file: "f")] } }) == nil)
    let wrong = creation("web") { spec in
      spec.container { container in
        container.secrets = [secret(id, "other", file: "f"), secret("nope", "x", file: "g")]
      }
    }
    #expect(leader.refusal(wrong)?.message == rpc("InvalidArgument", "secrets not found: other, x"))
    let missing = creation("web") { $0.container { $0.configs = [config("c", "conf", file: "f")] } }
    #expect(leader.refusal(missing)?.message == rpc("InvalidArgument", "config not found: conf"))
  }

  @Test("an update keeps the old spec, and takes the version that was named") func updates() {
    let leader = Leader()
    #expect(leader.make(creation("web")) != nil)
    let old = leader.service("web")
    let new = spec("web") { $0.mode = .replicated(replicas: 3) }
    #expect(leader.refusal(update("web", old.meta.version, new)) == nil)
    let service = leader.service("web")
    #expect(service.spec.value == new)
    #expect(service.previousSpec == old.spec)
    #expect(service.specVersion == old.meta.version)
    #expect(service.previousSpecVersion == 0)
    #expect(service.meta.version > old.meta.version)
    #expect(service.meta.createdAt == old.meta.createdAt)
  }

  @Test("a stale version is out of sequence") func stale() {
    let leader = Leader()
    #expect(leader.make(creation("web")) != nil)
    let refusal = leader.refusal(update("web", 1, spec("web")))
    #expect(refusal?.message == rpc("Unknown", "update out of sequence"))
    #expect(refusal?.status == 500)
  }

  @Test("name and kind of a service stay") func unchangeable() {
    let leader = Leader()
    #expect(leader.make(creation("web")) != nil)
    let version = leader.service("web").meta.version
    let renamed = leader.refusal(update("web", version, spec("other")))
    #expect(renamed?.message == rpc("Unimplemented", "renaming services is not supported"))
    #expect(renamed?.status == 501)
    #expect(
      leader.refusal(update("web", version, spec("other") { $0.mode = .global }))?.message
        == rpc("Unimplemented", "service mode change is not allowed"))
  }

  @Test("networks beside the task template may leave for it, but not change where they are") func deprecatedNetworks() {
    let leader = Leader()
    for name in ["front", "back"] {
      var network = NetworkSpec()
      network.annotations.name = name
      network.driver = Driver(name: "overlay")
      #expect(leader.make(.createNetwork(network)) != nil)
    }
    let old = spec("web") { $0.networks = [attachment("front")] }
    #expect(leader.make(.createService(ServiceSubmission(old))) != nil)
    let front = leader.service("web").spec.value.networks.map(\.target)
    #expect(front.first.flatMap { NetworkID($0) } == leader.store.network(named: "front")?.value.id)
    #expect(leader.refusal(.removeNetwork("front"))?.message.contains("is in use by service") == true)
    let version = leader.service("web").meta.version
    for networks in [[], [attachment("back")]] {
      let refusal = leader.refusal(update("web", version, spec("web") { $0.networks = networks }))
      #expect(refusal?.message == rpc("Unimplemented", "networks must be migrated to TaskSpec before being changed"))
    }
    #expect(leader.refusal(update("web", version, spec("web") { $0.task.networks = [attachment("back")] })) == nil)
    #expect(leader.refusal(.removeNetwork("front")) == nil)
  }

  @Test("a rollback goes back, and a second one forth again") func rollback() {
    let leader = Leader()
    #expect(leader.make(creation("web")) != nil)
    let first = leader.service("web").spec
    #expect(
      leader.refusal(update("web", leader.service("web").meta.version, first.value, rollback: "previous"))?.message
        == rpc("FailedPrecondition", "service \(leader.service("web").id) does not have a previous spec"))
    let second = spec("web") { $0.container { $0.image = "nginx:1.27" } }
    #expect(leader.refusal(update("web", leader.service("web").meta.version, second)) == nil)
    let secondVersion = leader.service("web").specVersion
    leader.now = .zero + .seconds(9)
    #expect(
      leader.refusal(update("web", leader.service("web").meta.version, second, rollback: "previous")) == nil)
    let back = leader.service("web")
    #expect(back.spec == first && back.previousSpec?.value == second)
    #expect(back.specVersion == 0 && back.previousSpecVersion == secondVersion)
    #expect(back.updateStatus?.state == .rollbackStarted)
    #expect(back.updateStatus?.message == "manually requested rollback")
    #expect(back.updateStatus?.startedAt == leader.now)
    #expect(
      leader.refusal(update("web", back.meta.version, second, rollback: "previous")) == nil)
    #expect(leader.service("web").spec.value == second)
    let odd = leader.refusal(update("web", 1, second, rollback: "next"))
    #expect(odd?.message == "unrecognized rollback option next")
    #expect(odd?.status == 500)
  }

  @Test("each update of a job begins its next run") func jobIteration() {
    let leader = Leader()
    #expect(leader.make(creation("job") { $0.mode = .globalJob }) != nil)
    #expect(leader.service("job").jobStatus?.iteration == 0)
    leader.now = .zero + .seconds(60)
    let job = leader.service("job")
    #expect(leader.refusal(update("job", job.meta.version, job.spec.value)) == nil)
    #expect(leader.service("job").jobStatus?.iteration == 1)
    #expect(leader.service("job").jobStatus?.lastExecution == leader.now)
  }

  @Test("an update without credentials keeps those of the service") func credentials() {
    let leader = Leader()
    #expect(leader.make(creation("web") { $0.container { $0.registryAuth = "first" } }) != nil)
    func auth() -> String? { leader.service("web").spec.value.task.container?.registryAuth }
    #expect(leader.refusal(update("web", leader.service("web").meta.version, spec("web"))) == nil)
    #expect(auth() == "first")
    let second = spec("web") { $0.container { $0.registryAuth = "second" } }
    #expect(leader.refusal(update("web", leader.service("web").meta.version, second)) == nil)
    #expect(auth() == "second")
    var previous = ServiceUpdate(version: leader.service("web").meta.version, ServiceSubmission(spec("web")))
    previous.registryAuthFrom = "previous-spec"
    #expect(leader.refusal(.updateService("web", previous)) == nil)
    #expect(auth() == "first")
    previous.registryAuthFrom = "elsewhere"
    #expect(leader.refusal(.updateService("web", previous))?.message == "unsupported registryAuthFrom value")
  }

  @Test("a service may publish the ports that it has") func ownPorts() {
    let leader = Leader()
    func publishing(_ count: Int) -> ServiceSpec {
      spec("web") { spec in
        spec.endpoint = EndpointSpec()
        spec.endpoint?.ports = (0..<count).map { port(8080 + UInt32($0)) }
      }
    }
    #expect(leader.make(.createService(ServiceSubmission(publishing(1)))) != nil)
    #expect(leader.refusal(update("web", leader.service("web").meta.version, publishing(2))) == nil)
  }

  @Test("a removed service's name is free at once") func removes() {
    let leader = Leader()
    #expect(leader.make(creation("web")) != nil)
    #expect(leader.refusal(.removeService("web")) == nil)
    #expect(leader.make(creation("web")) != nil)
    let refusal = leader.refusal(.removeService("nope"))
    #expect(refusal?.message == "service nope not found")
    #expect(refusal?.status == 404)
  }

  @Test("running tasks count wherever they are, wanted ones by the kind of service") func counts() throws {
    let leader = Leader()
    let node = leader.addNode("n1").id
    #expect(leader.make(creation("web") { $0.mode = .replicated(replicas: 2) }) != nil)
    #expect(leader.make(creation("every") { $0.mode = .global }) != nil)
    #expect(
      leader.make(creation("job") { $0.mode = .replicatedJob(maxConcurrent: 2, totalCompletions: 4) }) != nil)
    #expect(leader.make(creation("once") { $0.mode = .globalJob }) != nil)
    let (web, every) = (leader.service("web"), leader.service("every"))
    let (job, once) = (leader.service("job"), leader.service("once"))
    for slot in 1...3 {
      leader.addTask(of: web, on: node, slot: UInt64(slot), desired: slot == 3 ? .shutdown : .running)
    }
    leader.addTask(of: every, on: node)
    leader.addTask(of: every, on: node, state: .failed, desired: .shutdown)
    leader.addTask(of: job, on: node, state: .complete, desired: .complete) { $0.jobIteration = 0 }
    leader.addTask(of: job, on: node, state: .running, desired: .complete) { $0.jobIteration = 0 }
    leader.addTask(of: job, on: node, state: .complete, desired: .complete) { $0.jobIteration = 9 }
    leader.addTask(of: once, on: node, state: .running, desired: .complete) { $0.jobIteration = 0 }
    guard case .success(.services(let reports)) = leader.ask(.listServices(ServiceFilter(), withStatus: true)) else {
      Issue.record("no list")
      return
    }
    let counts = Table(
      try reports.map { report in
        let status = try #require(report.status)
        return (report.service.value.name, [status.running, status.desired, status.completed])
      })
    #expect(counts == ["web": [3, 2, 0], "every": [1, 1, 0], "job": [1, 2, 1], "once": [1, 1, 0]])
  }

  @Test("defaults are filled in on request and never stored") func defaults() throws {
    let leader = Leader()
    #expect(leader.make(creation("web")) != nil)
    guard case .success(.service(let full)) = leader.ask(.getService("web", insertDefaults: true)) else {
      Issue.record("no service")
      return
    }
    let spec = full.value.spec.value
    #expect(spec.task.container?.stopGracePeriod == .seconds(10))
    #expect(spec.task.restart?.delay == .seconds(5))
    #expect(spec.update?.monitor == .seconds(5) && spec.rollback?.parallelism == 1)
    #expect(spec.endpoint == EndpointSpec())
    #expect(leader.service("web").spec.value.task.restart == nil)
  }
}

func attachment(_ target: String) -> NetworkAttachmentConfig {
  var config = NetworkAttachmentConfig()
  config.target = target
  return config
}

func update(_ name: String, _ version: UInt64, _ spec: ServiceSpec, rollback: String = "") -> ControlRequest {
  var update = ServiceUpdate(version: version, ServiceSubmission(spec))
  update.rollback = rollback
  return .updateService(name, update)
}
