import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

/// Source: moby/moby `daemon/cluster/helpers.go`, `daemon/cluster/filters.go`.
@Suite struct LookupTests {
  private func tasks(_ leader: Leader, _ change: (inout TaskFilter) -> Void) -> [TaskID] {
    var filter = TaskFilter()
    change(&filter)
    guard case .success(.tasks(let tasks)) = leader.ask(.listTasks(filter)) else { return [] }
    return tasks.map(\.value.id)
  }

  @Test("an object is found by ID, by name and by the beginning of its ID") func threeWays() throws {
    let leader = Leader()
    let id = try #require(leader.make(creation("web")))
    for text in [id, "web", String(id.prefix(12)), String(id.prefix(1))] {
      guard case .success(.service(let service)) = leader.ask(.getService(text, insertDefaults: false)) else {
        Issue.record("\(text) finds nothing")
        continue
      }
      #expect(service.value.name == "web")
    }
  }

  @Test("a name wins over the beginning of another object's ID") func nameFirst() throws {
    let leader = Leader()
    let id = try #require(leader.make(creation("web")))
    let name = "a" + String(id.prefix(3))
    #expect(leader.make(creation(name)) != nil)
    #expect(leader.make(creation(String(id.prefix(3)))) != nil)
    guard
      case .success(.service(let hit)) = leader.ask(.getService(String(id.prefix(3)), insertDefaults: false))
    else {
      Issue.record("nothing found")
      return
    }
    #expect(hit.value.name == String(id.prefix(3)))
  }

  @Test("what is not there is said in the kind's own words") func notFound() {
    let leader = Leader()
    for (request, kind, status) in [
      (ControlRequest.getNode("nope"), "node", 404), (.getService("nope", insertDefaults: false), "service", 404),
      (.getTask("nope"), "task", 404), (.getSecret("nope"), "secret", 404), (.getConfig("nope"), "config", 404),
      (.getNetwork("nope"), "network", 500),
    ] {
      let refusal = leader.refusal(request)
      #expect(refusal?.message == "\(kind) nope not found")
      #expect(refusal?.status == status)
    }
  }

  @Test("two nodes of one hostname are ambiguous") func ambiguous() {
    let leader = Leader()
    leader.addNode("n1")
    leader.addNode("n1", state: .down)
    let refusal = leader.refusal(.getNode("n1"))
    #expect(refusal?.message == "node n1 is ambiguous (2 matches found)")
    #expect(refusal?.status == 400)
  }

  @Test("services are known by their exact case, secrets in any") func letterCase() {
    let leader = Leader()
    #expect(leader.make(creation("web")) != nil)
    #expect(leader.refusal(.getService("WEB", insertDefaults: false))?.status == 404)
    var draft = SecretDraft()
    draft.annotations.name = "pw"
    draft.data = [1]
    #expect(leader.make(.createSecret(draft)) != nil)
    #expect(leader.refusal(.getSecret("PW")) == nil)
  }

  @Test("a task is found by its name") func taskName() throws {
    let leader = Leader()
    #expect(leader.make(creation("web")) != nil)
    let task = leader.addTask(of: leader.service("web"), slot: 2)
    guard case .success(.task(let hit)) = leader.ask(.getTask("web.2.\(task.id)")) else {
      Issue.record("nothing found")
      return
    }
    #expect(hit.value.id == task.id)
    #expect(leader.refusal(.getTask("web.3.\(task.id)")) != nil)
  }

  @Test("filters of nodes: prefixes, both kinds of labels, role, membership") func nodeFilters() {
    let leader = Leader()
    leader.addNode("alpha", role: .manager) { $0.spec.annotations.labels = ["zone": "a"] }
    leader.addNode("beta") { node in
      node.description?.engineLabels = ["disk": "ssd"]
      node.spec.membership = .accepted
    }
    func names(_ change: (inout NodeFilter) -> Void) -> [String] {
      var filter = NodeFilter()
      change(&filter)
      guard case .success(.nodes(let reports)) = leader.ask(.listNodes(filter)) else { return [] }
      return reports.map(\.node.value.hostname).sorted()
    }
    #expect(names { _ in } == ["alpha", "beta"])
    #expect(names { $0.namePrefixes = ["al", "x"] } == ["alpha"])
    #expect(names { $0.nodeLabels = ["zone": ""] } == ["alpha"])
    #expect(names { $0.nodeLabels = ["zone": "b"] } == [])
    #expect(names { $0.engineLabels = ["disk": "ssd"] } == ["beta"])
    #expect(names { $0.roles = [.manager] } == ["alpha"])
    #expect(names { $0.memberships = [.accepted] } == ["beta"])
    #expect(names { $0.idPrefixes = ["?"] } == [])
  }

  @Test("filters of services: prefix, labels, mode, runtime") func serviceFilters() {
    let leader = Leader()
    #expect(leader.make(creation("web") { $0.annotations.labels = ["stack": "one", "tier": "x"] }) != nil)
    #expect(leader.make(creation("worker") { $0.mode = .global }) != nil)
    func names(_ change: (inout ServiceFilter) -> Void) -> [String] {
      var filter = ServiceFilter()
      change(&filter)
      guard case .success(.services(let reports)) = leader.ask(.listServices(filter, withStatus: false)) else {
        return []
      }
      return reports.map(\.service.value.name).sorted()
    }
    #expect(names { $0.namePrefixes = ["w"] } == ["web", "worker"])
    #expect(names { $0.namePrefixes = ["we"] } == ["web"])
    #expect(names { $0.labels = ["stack": "one", "tier": ""] } == ["web"])
    #expect(names { $0.labels = ["stack": "one", "tier": "y"] } == [])
    #expect(names { $0.modes = ["global", "odd"] } == ["worker"])
    #expect(names { $0.runtimes = ["plugin"] } == [])
  }

  @Test("filters of tasks: service and node by any name, desired state, service labels, runtime") func taskFilters() {
    let leader = Leader()
    let node = leader.addNode("n1")
    #expect(leader.make(creation("web") { $0.annotations.labels = ["stack": "one"] }) != nil)
    #expect(leader.make(creation("db")) != nil)
    let web = leader.addTask(of: leader.service("web"), on: node.id, slot: 1)
    let db = leader.addTask(of: leader.service("db"), slot: 1, state: .pending, desired: .shutdown)
    var attached = TaskSpec()
    attached.runtime = .attachment("container")
    let plain = leader.addTask(on: node.id) { $0.attachmentSpec = Shared(attached) }
    #expect(tasks(leader) { _ in } == [web.id, db.id].sorted())
    #expect(tasks(leader) { $0.services = ["web"] } == [web.id])
    #expect(tasks(leader) { $0.services = ["web", leader.service("db").id.description] }.count == 2)
    #expect(tasks(leader) { $0.nodes = ["n1"] } == [web.id])
    #expect(tasks(leader) { $0.desiredStates = [.shutdown] } == [db.id])
    #expect(tasks(leader) { $0.labels = ["stack": "one"] } == [web.id])
    #expect(tasks(leader) { $0.namePrefixes = ["web.1"] } == [web.id])
    #expect(tasks(leader) { $0.idPrefixes = [String(db.id.description.prefix(9))] } == [db.id])
    #expect(tasks(leader) { $0.runtimes = ["attachment"] } == [plain.id])
    var gone = TaskFilter()
    gone.services = ["nope"]
    #expect(leader.refusal(.listTasks(gone))?.message == "service nope not found")
    gone.services = []
    gone.nodes = ["nope"]
    #expect(leader.refusal(.listTasks(gone))?.message == "node nope not found")
  }

  @Test("tasks of an older spec are hidden from those who ask for current ones") func upToDate() {
    let leader = Leader()
    #expect(leader.make(creation("web")) != nil)
    let old = leader.addTask(of: leader.service("web"), slot: 1)
    let new = spec("web") { $0.container { $0.image = "nginx:1.27" } }
    #expect(leader.refusal(update("web", leader.service("web").meta.version, new)) == nil)
    let current = leader.addTask(of: leader.service("web"), slot: 1)
    #expect(tasks(leader) { $0.isUpToDate = true } == [current.id])
    #expect(tasks(leader) { _ in } == [old.id, current.id].sorted())
  }

  @Test("networks are listed by whole names; twins of the engine's own are hidden") func networkFilters() {
    let leader = Leader()
    leader.write { tx in
      var bridge = Network()
      bridge.id = NetworkID(raw: 8)
      bridge.spec.annotations = Annotations(name: "bridge", labels: [Network.predefinedLabel: "true"])
      tx.put(bridge)
    }
    func names(_ change: (inout NetworkFilter) -> Void) -> [String] {
      var filter = NetworkFilter()
      change(&filter)
      guard case .success(.networks(let networks)) = leader.ask(.listNetworks(filter)) else { return [] }
      return networks.map(\.value.spec.annotations.name).sorted()
    }
    #expect(names { _ in } == ["ingress"])
    #expect(names { $0.names = ["ing"] } == [])
    #expect(names { $0.includesPredefined = true } == ["bridge", "ingress"])
  }
}
