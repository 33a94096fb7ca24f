import LeaderRig
import SimBase
import SwarmModel
import SwarmStore
import Testing

@testable import SwarmManager

/// A task that a filter keeps off one kind of node.
struct FilterCase: Sendable, CustomTestStringConvertible {
  var filter: PlacementFilter
  var one: String
  var many: String

  var testDescription: String { "\(filter)" }

  static let all = [
    FilterCase(
      filter: .ready, one: "1 node not available for new tasks", many: "3 nodes not available for new tasks"),
    FilterCase(filter: .resource, one: "insufficient resources on 1 node", many: "insufficient resources on 3 nodes"),
    FilterCase(filter: .plugin, one: "missing plugin on 1 node", many: "missing plugin on 3 nodes"),
    FilterCase(
      filter: .constraint, one: "scheduling constraints not satisfied on 1 node",
      many: "scheduling constraints not satisfied on 3 nodes"),
    FilterCase(filter: .platform, one: "unsupported platform on 1 node", many: "unsupported platform on 3 nodes"),
    FilterCase(
      filter: .hostPort, one: "host-mode port already in use on 1 node",
      many: "host-mode port already in use on 3 nodes"),
    FilterCase(
      filter: .maxReplicas, one: "max replicas per node limit exceed", many: "max replicas per node limit exceed"),
    FilterCase(
      filter: .volumes, one: "cannot fulfill requested CSI volume mounts on 1 node",
      many: "cannot fulfill requested CSI volume mounts on 3 nodes"),
  ]

  /// So many nodes and a task that fails the filter on each.
  func changes(nodes: Int) -> [StoreChange] {
    let service = service(1) { spec in
      var placement = Placement()
      if filter == .constraint { placement.constraints = ["node.role == manager"] }
      if filter == .platform { placement.platforms = [Platform(architecture: "s390x", os: "linux")] }
      if filter == .maxReplicas { placement.maxReplicas = 1 }
      spec.task.placement = placement
      if filter == .resource {
        spec.task.resources = ResourceRequirements()
        spec.task.resources?.reservations = Resources()
        spec.task.resources?.reservations?.nanoCPUs = 1
      }
      if filter == .plugin || filter == .volumes {
        var mount = Mount()
        mount.kind = filter == .plugin ? .volume : .cluster
        mount.volumeOptions = Mount.VolumeOptions()
        if filter == .plugin { mount.volumeOptions?.driver = Driver(name: "nfs") }
        var container = ContainerSpec()
        container.mounts = [mount]
        spec.task.runtime = .container(container)
      }
    }
    var changes: [StoreChange] = [.put(service)]
    for n in 1...nodes {
      changes.append(.put(node(n) { if filter == .ready { $0.spec.availability = .pause } }))
      if filter == .maxReplicas || filter == .hostPort {
        var other = task(100 + n, of: service, on: n)
        if filter == .hostPort { other.endpoint = FilterCase.endpoint }
        changes.append(.put(other))
      }
    }
    changes.append(
      .put(
        task(1, of: service) {
          if filter == .hostPort { $0.endpoint = FilterCase.endpoint }
        }))
    return changes
  }

  static var endpoint: Endpoint {
    var port = PortConfig()
    port.mode = .host
    port.publishedPort = 8080
    var endpoint = Endpoint()
    endpoint.ports = [port]
    return endpoint
  }
}

/// Source: moby/swarmkit `manager/scheduler/filter.go`, `pipeline.go`, `scheduler_test.go`.
@Suite struct FilterTests {
  @Test("each filter explains itself, for one node and for several", arguments: FilterCase.all)
  func explains(filter: FilterCase) {
    #expect(Rig(filter.changes(nodes: 1)).error(1) == "no suitable node (\(filter.one))")
    let rig = Rig(filter.changes(nodes: 3))
    #expect(rig.error(1) == "no suitable node (\(filter.many))")
    #expect(rig.task(1)?.status.state == .pending)
    #expect(rig.task(1)?.nodeID == nil)
  }

  @Test("reasons come with the most frequent first; the first failure alone counts for a node") func order() {
    let web = service(1) {
      $0.task.placement = Placement()
      $0.task.placement?.constraints = ["node.labels.disk == ssd"]
    }
    let drained = node(3) { $0.spec.availability = .drain }
    let rig = Rig([.put(node(1)), .put(node(2)), .put(drained), .put(web), .put(task(1, of: web))])
    #expect(
      rig.error(1)
        == "no suitable node (scheduling constraints not satisfied on 2 nodes; 1 node not available for new tasks)")
  }

  @Test("equally frequent reasons come in the filters' order") func ties() {
    let web = service(1) {
      $0.task.placement = Placement()
      $0.task.placement?.constraints = ["node.labels.disk == ssd"]
    }
    let rig = Rig([
      .put(node(1)), .put(node(2) { $0.status.state = .down }), .put(web), .put(task(1, of: web)),
    ])
    #expect(
      rig.error(1)
        == "no suitable node (1 node not available for new tasks; scheduling constraints not satisfied on 1 node)")
  }

  @Test("without any node there is nothing to explain") func noNodes() {
    let web = service(1)
    #expect(Rig([.put(web), .put(task(1, of: web))]).error(1) == "no suitable node")
  }

  @Test("a node that passes resets all counts") func countsReset() {
    var nodes = NodeSet()
    nodes.put(Shared(node(1) { $0.spec.availability = .drain }))
    nodes.put(Shared(node(2) { $0.status.state = .unknown }))
    nodes.put(Shared(node(3)))
    var pipeline = FilterPipeline(for: task(1, of: service(1)))
    let explanations = [0, 1, 2, 0].map { position in
      _ = pipeline.passes(nodes, position, held: 0)
      return pipeline.explanation
    }
    let (one, two) = ("1 node not available for new tasks", "2 nodes not available for new tasks")
    #expect(explanations == [one, two, "", one])
  }

  @Test("only ready and active nodes take tasks") func ready() {
    let web = service(1)
    let rig = Rig([
      .put(node(1) { $0.status.state = .down }), .put(node(2) { $0.status.state = .unknown }),
      .put(node(3) { $0.status.state = .disconnected }), .put(node(4) { $0.spec.availability = .pause }),
      .put(node(5) { $0.spec.availability = .drain }), .put(node(6)), .put(web), .put(task(1, of: web)),
    ])
    #expect(rig.nodeOf(1) == 6)
  }

  @Test("an architecture may go by either of its names, an empty field matches all, an unknown node none")
  func platforms() {
    let wanted = [
      ("x86_64", "linux", 1), ("amd64", "", 1), ("aarch64", "linux", 2), ("arm64", "linux", 2), ("", "windows", 3),
    ]
    for (architecture, os, expected) in wanted {
      let web = service(1) {
        $0.task.placement = Placement()
        $0.task.placement?.platforms = [Platform(architecture: architecture, os: os)]
      }
      let platforms = [("amd64", "linux"), ("aarch64", "linux"), ("amd64-v2", "windows")]
      let nodes = platforms.enumerated().map { index, platform in
        node(index + 1) {
          $0.description?.architecture = platform.0
          $0.description?.os = platform.1
        }
      }
      let unknown = node(9) { $0.description = nil }
      let rig = Rig(nodes.map { .put($0) } + [.put(unknown), .put(web), .put(task(1, of: web))])
      #expect(rig.nodeOf(1) == expected, "\(architecture) \(os)")
    }
  }

  private func pluginRig(_ plugins: [[(String, String)]], _ change: (inout SwarmTask) -> Void) -> Rig<Scheduler> {
    let web = service(1)
    let nodes = plugins.enumerated().map { index, list in
      node(index + 1) { $0.description?.plugins = list.map { EnginePlugin(type: $0.0, name: $0.1) } }
    }
    return Rig(nodes.map { .put($0) } + [.put(web), .put(task(1, of: web, change))])
  }

  @Test("a network's driver must be there, with the tag latest or none") func networkPlugins() {
    let attach = { (task: inout SwarmTask) in
      var network = Network()
      network.driverState = Driver(name: "weave")
      task.networks = [NetworkAttachment(network: Shared(network))]
    }
    #expect(
      pluginRig([[("Network", "overlay")], [("Network", "weave:2.0")], [("Network", "weave:latest")]], attach).nodeOf(1)
        == 3)
    #expect(pluginRig([[("Volume", "weave")], [("Network", "weave")]], attach).nodeOf(1) == 2)
    #expect(pluginRig([[("Network", "weaver")]], attach).error(1) == "no suitable node (missing plugin on 1 node)")
  }

  @Test("a log driver counts only where log plugins are told, and not if it is none or unnamed") func logPlugins() {
    let logging = { (name: String) in
      { (task: inout SwarmTask) in
        var spec = task.serviceSpec.value
        spec.task.logDriver = Driver(name: name)
        task.serviceSpec = Shared(spec)
      }
    }
    let nodes = [[("Log", "json-file")], [("Log", "syslog"), ("Network", "overlay")]]
    #expect(pluginRig(nodes, logging("syslog")).nodeOf(1) == 2)
    #expect(pluginRig([[("Log", "json-file")], []], logging("syslog")).nodeOf(1) == 2)
    #expect(pluginRig(nodes, logging("none")).nodeOf(1) == 1)
    #expect(pluginRig(nodes, logging("")).nodeOf(1) == 1)
    #expect(pluginRig([nodes[0]], logging("gelf")).error(1) == "no suitable node (missing plugin on 1 node)")
  }

  @Test("a node that told nothing of itself has every plugin") func unknownPlugins() {
    var changes = FilterCase(filter: .plugin, one: "", many: "").changes(nodes: 1)
    changes.append(.put(node(1) { $0.description = nil }))
    #expect(Rig(changes).nodeOf(1) == 1)
  }

  @Test("constraints that cannot be read constrain nothing") func unreadable() {
    let web = service(1) {
      $0.task.placement = Placement()
      $0.task.placement?.constraints = ["node.role = manager"]
    }
    #expect(Rig([.put(node(1)), .put(web), .put(task(1, of: web))]).nodeOf(1) == 1)
  }

  @Test("a host port keeps a task off a node until the other has ended; another protocol does not") func hostPorts() {
    var changes = FilterCase(filter: .hostPort, one: "", many: "").changes(nodes: 1)
    var udp = FilterCase.endpoint
    udp.ports[0].protocol = .udp
    var unnumbered = FilterCase.endpoint
    unnumbered.ports[0].publishedPort = 0
    changes.append(.put(task(2, of: service(2)) { $0.endpoint = udp }))
    changes.append(.put(task(3, of: service(3)) { $0.endpoint = unnumbered }))
    changes += [.put(service(2)), .put(service(3))]
    var rig = Rig(changes)
    #expect(rig.nodeOf(2) == 1)
    #expect(rig.nodeOf(3) == 1)
    #expect(rig.nodeOf(1) == nil)
    var other = task(101, of: service(1), on: 1)
    other.endpoint = FilterCase.endpoint
    other.desiredState = .shutdown
    rig.commit([.put(other)])
    rig.run()
    #expect(rig.error(1) == "no suitable node (host-mode port already in use on 1 node)")
    other.status.state = .shutdown
    rig.commit([.put(other)])
    rig.run()
    #expect(rig.nodeOf(1) == 1)
  }

  @Test("no node gets more active tasks of a service than allowed; those to be shut down do not count")
  func maxReplicas() {
    let web = service(1) {
      $0.task.placement = Placement()
      $0.task.placement?.maxReplicas = 2
    }
    var rig = Rig((1...3).map { .put(node($0)) } + [.put(web)] + (1...8).map { .put(task($0, of: web)) })
    #expect(rig.load(3) == [2, 2, 2])
    #expect(
      (1...8).compactMap { rig.error($0) }.filter { !$0.isEmpty }
        == Array(
          repeating: "no suitable node (max replicas per node limit exceed)", count: 2))
    var leaving = task(1, of: web, on: rig.nodeOf(1) ?? 0)
    leaving.desiredState = .shutdown
    rig.commit([.put(leaving), .put(node(1))])
    rig.run()
    #expect((1...8).count { rig.nodeOf($0) == nil } == 1)
  }

  @Test("each node's verdict on a task can be asked without changing anything", arguments: FilterCase.all)
  func verdicts(filter: FilterCase) throws {
    let rig = Rig(filter.changes(nodes: 2))
    let task = try #require(rig.task(1))
    #expect(rig.component.verdicts(on: task).map(\.failed) == [filter.filter, filter.filter])
    let plain = SwarmTask()
    let expected: PlacementFilter? = filter.filter == .ready ? .ready : nil
    #expect(rig.component.verdicts(on: plain).map(\.failed) == [expected, expected])
  }
}
