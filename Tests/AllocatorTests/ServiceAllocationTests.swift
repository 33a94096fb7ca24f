import LeaderRig
import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

extension Rig<Allocator> {
  /// Updates a service's spec as the control API does.
  mutating func update(_ n: Int, on networks: [Int], ports: [PortConfig]?, mode: EndpointMode = .vip) {
    guard var service = service(n) else { return }
    service.spec = Shared(spec(service.name, on: networks, ports: ports, mode: mode))
    service.specVersion += 1
    also([.put(service)])
  }
}

/// Source: moby/swarmkit `manager/allocator/portallocator_test.go`, `allocator_test_suite.go`.
@Suite struct ServiceAllocationTests {
  @Test("a service with neither ports nor networks has no endpoint, and its tasks need none") func bare() {
    var rig = Rig.fresh()
    rig.also([.put(service(1)), .put(service(2, ports: nil))])
    #expect(rig.service(1)?.endpoint == nil)
    #expect(rig.service(2)?.endpoint == nil)
    #expect(rig.transactions == 1, "only ingress was written")
  }

  @Test("dynamic ports go on from the last one, given ones are passed over, each protocol has its own") func ports() {
    var rig = Rig.fresh()
    rig.also([.put(service(1, ports: [port(80)])), .put(service(2, ports: [port(80), port(53, 0, .udp)]))])
    #expect(rig.ports(1) == ["30000:80/tcp"])
    #expect(rig.ports(2) == ["30001:80/tcp", "30000:53/udp"])
    rig.also([.put(service(3, ports: [port(80, 30002)])), .put(service(4, ports: [port(80)]))])
    #expect(rig.ports(4) == ["30003:80/tcp"])
    rig.also((1...4).map { .removeService(serviceID($0)) })
    rig.also([.put(service(5, ports: [port(80)]))])
    #expect(rig.ports(5) == ["30004:80/tcp"])
    rig.elect()
    rig.also([.put(service(6, ports: [port(80)]))])
    #expect(rig.ports(5) == ["30004:80/tcp"])
    #expect(rig.ports(6) == ["30000:80/tcp"], "a new leader looks from the bottom")
  }

  @Test("a dynamic port stays while name, protocol and target stay, whatever else changes") func sticky() {
    var rig = Rig.fresh()
    rig.also([.put(service(1, ports: [port(80)])), .put(service(2, ports: [port(80)]))])
    rig.also([.put(network(1))])
    rig.update(1, on: [1], ports: [port(80)])
    #expect(rig.ports(1) == ["30000:80/tcp"])
    rig.update(1, on: [1], ports: [port(81)])
    #expect(rig.ports(1) == ["30002:81/tcp"])
    rig.update(1, on: [1], ports: [port(81, 0, .udp)])
    #expect(rig.ports(1) == ["30000:81/udp"])
  }

  @Test("with another number of ports the dynamic ones are chosen anew") func notSticky() {
    var rig = Rig.fresh()
    rig.also([.put(service(1, ports: [port(80)]))])
    rig.update(1, on: [], ports: [port(80), port(443, 443)])
    #expect(rig.ports(1) == ["30001:80/tcp", "443:443/tcp"])
    rig.update(1, on: [], ports: [port(443, 443)])
    #expect(rig.ports(1) == ["443:443/tcp"])
  }

  @Test("a port taken by another service leaves a service and its tasks waiting, until it is free") func conflict() {
    var rig = Rig.fresh()
    let (first, second) = (service(1, ports: [port(80, 8080)]), service(2, ports: [port(80), port(80, 8080)]))
    rig.also([.put(first), .put(second), .put(task(1, of: second))])
    #expect(rig.service(2)?.endpoint == nil)
    #expect(rig.task(1)?.status.state == .new)
    #expect(rig.component.refusal(of: serviceID(2))?.description == "requested bit is already allocated")
    rig.also([.removeService(serviceID(1))])
    #expect(rig.ports(2) == ["30001:80/tcp", "8080:80/tcp"])
    #expect(rig.task(1)?.status.state == .pending)
  }

  @Test("ports in host mode are copied as they are, and follow the spec") func hostMode() {
    var rig = Rig.fresh()
    rig.also([
      .put(service(1, ports: [hostPort(80, 8080)])), .put(service(2, ports: [hostPort(80, 8080), hostPort(81, 0)])),
    ])
    #expect(rig.ports(1) == ["8080:80/tcp"])
    #expect(rig.ports(2) == ["8080:80/tcp", "0:81/tcp"])
    #expect(rig.vips(1) == [])
    rig.update(1, on: [], ports: [hostPort(80, 8090)])
    #expect(rig.ports(1) == ["8090:80/tcp"])
    #expect(rig.service(1)?.endpoint?.spec == rig.service(1)?.spec.value.endpoint)
  }

  @Test("an address follows each network that comes, and is freed with each that goes") func networks() {
    var rig = Rig.fresh()
    rig.also([.put(network(1)), .put(network(2)), .put(service(1, on: [1]))])
    #expect(rig.vips(1) == ["1:10.0.1.2/24"])
    rig.update(1, on: [2, 1], ports: [])
    #expect(rig.vips(1) == ["1:10.0.1.2/24", "2:10.0.2.2/24"])
    rig.update(1, on: [2], ports: [port(80, 80)])
    #expect(rig.vips(1) == ["2:10.0.2.2/24", "0:10.0.0.2/24"])
    rig.update(1, on: [2], ports: [])
    #expect(rig.vips(1) == ["2:10.0.2.2/24"])
    #expect(rig.ports(1) == [])
    rig.also([.put(service(2, on: [1], ports: [port(80, 80)]))])
    #expect(rig.vips(2) == ["0:10.0.0.3/24", "1:10.0.1.3/24"])
  }

  @Test("a service that answers with its tasks' addresses has none itself, and loses those it had") func dnsrr() {
    var rig = Rig.fresh()
    rig.also([.put(network(1)), .put(service(1, on: [1]))])
    rig.update(1, on: [1], ports: [], mode: .dnsrr)
    #expect(rig.vips(1) == [])
    let web = rig.service(1) ?? service(1)
    rig.also([.put(task(1, of: web))])
    #expect(rig.addresses(1) == ["1:10.0.1.3/24"])
    rig.update(1, on: [1], ports: [])
    #expect(rig.vips(1) == ["1:10.0.1.4/24"])
  }

  /// Source: moby/swarmkit `allocator_test_suite.go` (services with `Spec.Networks`).
  @Test("networks beside the task template count for service and tasks, until the template has some itself")
  func deprecatedPlace() {
    var rig = Rig.fresh()
    var old = service(1)
    var spec = spec("service1", on: [], ports: nil)
    spec.networks = AllocatorTests.spec("", on: [1], ports: nil).task.networks
    old.spec = Shared(spec)
    rig.also([.put(network(1)), .put(network(2)), .put(old), .put(task(1, of: old))])
    #expect(rig.vips(1) == ["1:10.0.1.2/24"])
    #expect(rig.addresses(1) == ["1:10.0.1.3/24"])
    spec.task.networks = AllocatorTests.spec("", on: [2], ports: nil).task.networks
    old = rig.service(1) ?? old
    old.spec = Shared(spec)
    rig.also([.put(old), .put(task(2, of: old))])
    #expect(rig.vips(1) == ["2:10.0.2.2/24"])
    #expect(rig.addresses(2) == ["2:10.0.2.3/24"])
  }

  @Test("without an ingress network a service that needs it waits for its own next change") func noIngress() {
    var rig = Rig.fresh([])
    let web = service(1, ports: [port(80, 80)])
    rig.also([.put(web), .put(task(1, of: web))])
    #expect(rig.service(1)?.endpoint == nil)
    rig.also([.put(ingress())])
    #expect(rig.task(1)?.status.state == .new)
    rig.update(1, on: [], ports: [port(80, 80)])
    #expect(rig.vips(1) == ["0:10.0.0.2/24"])
  }

  @Test("a service that is refused an address on one network keeps none on the others") func partial() {
    var rig = Rig.fresh()
    rig.also([.put(network(1, subnet: "10.1.0.0/29")), .put(service(1, on: [1, 7]))])
    #expect(rig.component.refusal(of: serviceID(1)) == .unknownNetwork(networkID(7)))
    rig.also((2...6).map { .put(service($0, on: [1])) })
    #expect((2...6).allSatisfy { rig.vips($0).count == 1 })
  }

  @Test("removing the endpoint spec gives the ports back") func noSpec() {
    var rig = Rig.fresh()
    rig.also([.put(service(1, ports: [port(80, 8080)]))])
    rig.update(1, on: [], ports: nil)
    #expect(rig.ports(1) == [])
    #expect(rig.vips(1) == [])
    rig.also([.put(service(2, ports: [port(80, 8080)]))])
    #expect(rig.ports(2) == ["8080:80/tcp"])
  }
}

/// Source: moby/swarmkit `allocator_test_suite.go` (`TestNodeAllocator`, `TestNodeAttachmentOnLeadershipChange`,
/// `TestAllocatorRestoreForDuplicateIPs`).
@Suite struct NodeAndRestoreTests {
  @Test("a removed node's addresses are free again, a removed network's are taken off the nodes") func releases() {
    var rig = Rig.fresh()
    rig.also([.put(node(1)), .put(node(2)), .put(network(1))])
    let web = service(1, on: [1])
    rig.also([.put(web), .put(task(1, of: web, on: 1))])
    #expect(rig.balancers(1) == ["0:10.0.0.2/24", "1:10.0.1.4/24"])
    rig.also([.removeTask(taskID(1)), .removeService(serviceID(1)), .removeNetwork(networkID(1))])
    #expect(rig.balancers(1) == ["0:10.0.0.2/24"])
    rig.also([.removeNode(nodeID(1)), .removeNetwork(networkID(0))])
    #expect(rig.balancers(2) == [])
  }

  @Test("a node that finds no address tries again with its next change only") func nodeRetry() {
    var rig = Rig.fresh()
    rig.also([.put(network(1, subnet: "10.1.0.0/29"))] + (1...2).map { .put(node($0)) })
    let web = service(1, on: [1])
    rig.also([.put(web)] + (1...4).map { .put(task($0, of: web)) })
    rig.move(1, to: .assigned, node: 1)
    #expect(rig.balancers(1) == ["0:10.0.0.2/24"])
    rig.move(2, to: .failed)
    #expect(rig.balancers(1) == ["0:10.0.0.2/24"], "another node's task has ended")
    rig.move(1, to: .running)
    #expect(rig.balancers(1) == ["0:10.0.0.2/24", "1:10.1.0.4/29"])
  }

  /// A swarm with something of everything, and its first leader.
  private static func busy() -> Rig<Allocator> {
    var rig = Rig.fresh()
    rig.also([.put(network(1)), .put(network(2, subnet: "10.77.0.0/24"))] + (1...3).map { .put(node($0)) })
    let services = [
      service(1, on: [1], ports: [port(80, 8080)]), service(2, on: [1, 2], ports: [port(80)]),
      service(3, on: [2], mode: .dnsrr), service(4, ports: [hostPort(80, 80)]),
    ]
    rig.also(services.map { .put($0) })
    for (index, service) in services.enumerated() {
      rig.also((1...5).map { .put(task(10 * index + $0, of: service)) })
    }
    for n in [1, 2, 11, 12, 21, 31] { rig.move(n, to: .running, node: 1 + n % 3) }
    return rig
  }

  @Test("a new leader keeps every address, port and id") func restores() {
    var rig = Self.busy()
    let before = rig.store
    rig.elect()
    #expect(rig.store.networks.values.map(\.value.ipam) == before.networks.values.map(\.value.ipam))
    #expect(rig.store.networks.values.map(\.value.driverState) == before.networks.values.map(\.value.driverState))
    #expect(rig.store.services.values.map(\.value.endpoint) == before.services.values.map(\.value.endpoint))
    #expect(rig.store.tasks.values.map(\.value.networks) == before.tasks.values.map(\.value.networks))
    #expect(rig.store.tasks.values.map(\.value.meta) == before.tasks.values.map(\.value.meta), "tasks are not written")
    #expect(rig.store.nodes.values.map(\.value.attachments) == before.nodes.values.map(\.value.attachments))
  }

  @Test("a new leader fills the holes first, lowest first, and gives nothing twice") func holes() {
    var rig = Self.busy()
    rig.move(3, to: .failed)
    rig.move(4, to: .shutdown)
    let freed = [3, 4].flatMap { rig.addresses($0) }
    #expect(freed.count == 4)
    rig.elect()
    rig.also([.put(network(3))])
    #expect(rig.subnet(3) == "10.0.2.0/24 10.0.2.1 4099")
    let web = rig.service(1) ?? service(1)
    rig.also((101...103).map { .put(task($0, of: web)) })
    #expect([101, 102].flatMap { rig.addresses($0) } == freed)
    expectUnique(rig.store)
  }

  @Test("a leader that finds unallocated things beside allocated ones restores first") func restoresFirst() {
    var rig = Self.busy()
    rig.commit([.put(network(9)), .put(service(9, on: [1])), .put(task(99, of: service(9, on: [1])))])
    rig.elect()
    #expect(rig.subnet(9) == "10.0.2.0/24 10.0.2.1 4099")
    #expect(rig.vips(9).count == 1)
    #expect(rig.task(99)?.status.state == .pending)
    expectUnique(rig.store)
  }

  /// Only updates that find room: one that fails costs a service what it had, in the original too, while its object still
  /// shows it.
  @Test("no address, port or id is ever in two hands, whatever happens", arguments: 0..<12 as Range<UInt64>)
  func unique(seed: UInt64) {
    var dice = Dice(seed: seed, label: "allocator")
    var rig = Rig.fresh()
    rig.also([
      .put(network(1, subnet: "10.1.0.0/27")), .put(network(2)), .put(network(3)), .put(node(1)), .put(node(2)),
    ])
    for round in 1...60 {
      let n = 1 + dice.int(in: 0..<6)
      switch dice.below(9) {
      case 0 where rig.service(n) == nil:
        rig.also([.put(service(n, on: [n % 3 + 1], ports: dice.chance(1, in: 2) ? [port(80)] : []))])
      case 1:
        // A new leader does not restore tasks whose service is gone, neither here nor in the original.
        let tasks = rig.store.tasks(of: serviceID(n)).map(\.value.id)
        rig.also([.removeService(serviceID(n))] + tasks.map { .removeTask($0) })
      case 2 where n % 3 != 0:
        let ports = dice.chance(1, in: 2) ? [port(81, 8000 + UInt32(n))] : [port(80)]
        rig.update(n, on: dice.chance(1, in: 2) ? [2, 3] : [2], ports: ports)
      case 3, 4:
        guard let service = rig.service(n) else { continue }
        rig.also((0..<4).map { .put(task(100 * round + $0, of: service)) })
      case 5: rig.elect()
      case 6: if rig.store.nodes.count < 4 { rig.also([.put(node(rig.store.nodes.count + 1))]) }
      case 7: if let id = dice.pick(rig.store.tasks.keys) { rig.also([.removeTask(id)]) }
      default:
        for (id, box) in rig.store.tasks where dice.chance(1, in: 3) {
          let ended = dice.chance(1, in: 3)
          if box.value.status.state == .new || box.value.status.state > .running { continue }
          rig.move(Int(id.raw), to: ended ? .failed : .running, node: box.value.nodeID == nil ? 1 + n % 2 : nil)
        }
      }
      rig.run(for: .minutes(2))
      expectUnique(rig.store)
    }
  }
}

/// Everything in use on a network is in one hand only.
private func expectUnique(_ store: Store, sourceLocation: SourceLocation = #_sourceLocation) {
  var hands: [String: String] = [:]
  func take(_ what: String, by who: String) {
    #expect(hands[what] == nil, "\(what): \(hands[what] ?? "") and \(who)", sourceLocation: sourceLocation)
    hands[what] = who
  }
  for (id, box) in store.networks {
    for config in box.value.ipam?.configs ?? [] {
      take("subnet \(config.subnet)", by: "network \(id.raw)")
      take("\(id.raw):\(config.gateway)/\(config.subnet.split(separator: "/").last ?? "")", by: "gateway")
    }
    let option = "com.docker.network.driver.overlay.vxlanid_list"
    if let ids = box.value.driverState?.options?[option] { take("vxlan \(ids)", by: "network \(id.raw)") }
  }
  for (id, box) in store.services {
    for address in box.value.endpoint?.virtualIPs ?? [] {
      take("\(address.network.raw):\(address.addr)", by: "service \(id.raw)")
    }
    for port in box.value.endpoint?.ports ?? [] where port.mode == .ingress {
      take("port \(port.publishedPort)/\(port.protocol.word)", by: "service \(id.raw)")
    }
  }
  for (id, box) in store.tasks where box.value.status.state <= .running {
    for attachment in box.value.networks {
      for address in attachment.addresses {
        take("\(attachment.network.value.id.raw):\(address)", by: "task \(id.raw)")
      }
    }
  }
  for (id, box) in store.nodes {
    for attachment in box.value.attachments {
      for address in attachment.addresses {
        take("\(attachment.network.value.id.raw):\(address)", by: "node \(id.raw)")
      }
    }
  }
}
