import LeaderRig
import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

/// The measured example: 1 + 3 nodes, one overlay, one service with a published port and four replicas.
@Suite struct FirstServiceTests {
  private static func lab() -> Rig<Allocator> {
    var rig = Rig.fresh()
    for n in 1...4 { rig.also([.put(node(n))]) }
    rig.also([.put(network(1))])
    let web = service(1, on: [1], ports: [port(80, 8080)])
    rig.also([.put(web)])
    rig.also((1...4).map { .put(task($0, of: web)) })
    return rig
  }

  @Test("ingress is 10.0.0.0/24 with id 4096, the first overlay 10.0.1.0/24 with 4097") func networks() {
    let rig = Self.lab()
    #expect(rig.subnet(0) == "10.0.0.0/24 10.0.0.1 4096")
    #expect(rig.subnet(1) == "10.0.1.0/24 10.0.1.1 4097")
    #expect(rig.network(1)?.driverState?.name == "overlay")
    #expect(rig.network(1)?.ipam?.driver.name == "default")
  }

  @Test("nodes get ingress addresses in the order in which they join") func ingressBalancers() {
    let rig = Self.lab()
    for n in 1...4 { #expect(rig.balancers(n) == ["0:10.0.0.\(n + 1)/24"]) }
  }

  @Test("a service's address on ingress comes before those on its networks") func virtualIPs() {
    let rig = Self.lab()
    #expect(rig.vips(1) == ["0:10.0.0.6/24", "1:10.0.1.2/24"])
    #expect(rig.ports(1) == ["8080:80/tcp"])
  }

  @Test("tasks get addresses in the order of their creation, ingress first, and become PENDING") func tasks() throws {
    let rig = Self.lab()
    for n in 1...4 {
      #expect(rig.addresses(n) == ["0:10.0.0.\(n + 6)/24", "1:10.0.1.\(n + 2)/24"])
      let task = try #require(rig.task(n))
      #expect(task.status.state == .pending)
      #expect(task.status.message == "pending task scheduling")
      #expect(task.endpoint == rig.service(1)?.endpoint)
    }
  }

  @Test("nodes get an overlay address when a task of it arrives, and lose it with the last one") func overlayBalancers()
  {
    var rig = Self.lab()
    for (n, node) in [(1, 3), (2, 4), (3, 1), (4, 1)] { rig.move(n, to: .assigned, node: node) }
    #expect(rig.balancers(3) == ["0:10.0.0.4/24", "1:10.0.1.7/24"])
    #expect(rig.balancers(4) == ["0:10.0.0.5/24", "1:10.0.1.8/24"])
    #expect(rig.balancers(1) == ["0:10.0.0.2/24", "1:10.0.1.9/24"])
    #expect(rig.balancers(2) == ["0:10.0.0.3/24"])
    rig.move(3, to: .failed)
    #expect(rig.balancers(1).count == 2)
    rig.move(4, to: .shutdown)
    #expect(rig.balancers(1) == ["0:10.0.0.2/24"])
  }
}
