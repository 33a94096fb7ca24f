import LeaderRig
import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

/// Source: moby/moby `daemon/libnetwork/cnmallocator/networkallocator_test.go`; moby/swarmkit `manager/allocator`.
@Suite struct NetworkAllocationTests {
  @Test("subnets are the lowest free ones, ids go on") func subnets() {
    var rig = Rig.fresh()
    rig.also((1...3).map { .put(network($0)) })
    #expect((0...3).compactMap { rig.subnet($0) } == (0...3).map { "10.0.\($0).0/24 10.0.\($0).1 \(4096 + $0)" })
    rig.also([.removeNetwork(networkID(2))])
    rig.also([.put(network(4)), .put(network(5))])
    #expect(rig.subnet(4) == "10.0.2.0/24 10.0.2.1 4100")
    #expect(rig.subnet(5) == "10.0.4.0/24 10.0.4.1 4101")
  }

  @Test("the cluster's pools and subnet size are used instead of the default") func clusterPools() {
    var cluster = Cluster()
    cluster.defaultAddressPool = ["30.30.0.0/16", "20.20.0.0/23"]
    cluster.subnetSize = 24
    var rig = Rig.fresh(cluster: cluster)
    rig.also([.put(network(1)), .put(network(2))])
    #expect(rig.subnet(0) == "20.20.0.0/24 20.20.0.1 4096")
    #expect(rig.subnet(1) == "20.20.1.0/24 20.20.1.1 4097")
    #expect(rig.subnet(2) == "30.30.0.0/24 30.30.0.1 4098")
    cluster.defaultAddressPool = []
    cluster.subnetSize = 26
    // A size of subnets without pools of its own changes nothing, as on a real engine.
    #expect(Rig.fresh(cluster: cluster).subnet(0) == "10.0.0.0/24 10.0.0.1 4096")
  }

  @Test("a subnet, a gateway and an id asked for are given; addresses begin at the range's first") func requested() {
    var rig = Rig.fresh()
    rig.also([
      .put(
        network(1, subnet: "10.50.0.0/24") {
          $0.spec.ipam?.configs[0].range = "10.50.0.128/28"
          $0.spec.ipam?.configs[0].gateway = "10.50.0.254"
          $0.spec.driver = Driver(
            name: "overlay", options: ["com.docker.network.driver.overlay.vxlanid_list": "77", "x": "y"])
        })
    ])
    #expect(rig.subnet(1) == "10.50.0.0/24 10.50.0.254 77")
    #expect(rig.network(1)?.driverState?.options?["x"] == "y")
    let web = service(1, on: [1])
    rig.also([.put(web), .put(task(1, of: web))])
    #expect(rig.vips(1) == ["1:10.50.0.128/24"])
    #expect(rig.addresses(1) == ["1:10.50.0.129/24"])
  }

  @Test("a subnet that overlaps leaves the network unallocated, until the other one goes") func overlap() {
    var rig = Rig.fresh()
    rig.also([.put(network(1, subnet: "10.9.0.0/16"))])
    rig.also([.put(network(2, subnet: "10.9.7.0/24"))])
    #expect(rig.subnet(2) == nil)
    #expect(rig.network(2)?.driverState == nil)
    #expect(
      rig.component.refusal(of: networkID(2))?.description
        == "invalid pool request: Pool overlaps with other one on this address space")
    rig.also([.removeNetwork(networkID(1))])
    #expect(rig.subnet(2) == "10.9.7.0/24 10.9.7.1 4098")
    #expect(rig.component.refusal(of: networkID(2)) == nil)
  }

  @Test("an id in use, a driver or an address management that is not there leave a network unallocated") func refusals()
  {
    var rig = Rig.fresh()
    let option = "com.docker.network.driver.overlay.vxlanid_list"
    rig.also([
      .put(network(1) { $0.spec.driver = Driver(name: "overlay", options: [option: "4096"]) }),
      .put(network(2) { $0.spec.driver = Driver(name: "weave") }),
      .put(
        network(3) {
          $0.spec.ipam = IPAMOptions()
          $0.spec.ipam?.driver.name = "infoblox"
        }), .put(network(4)),
    ])
    #expect((1...3).compactMap { rig.subnet($0) } == [])
    #expect(
      (1...3).compactMap { rig.component.refusal(of: networkID($0)).map(String.init(describing:)) } == [
        "could not assign vxlan id to pool 10.0.1.0/24: requested bit is already allocated",
        "network driver weave not found", "could not resolve IPAM driver infoblox",
      ])
    #expect(rig.subnet(4) == "10.0.1.0/24 10.0.1.1 4097", "a failure gives back what it took")
  }

  @Test(
    "networks that live on each node get a driver and nothing else", arguments: ["bridge", "host", "macvlan", "ipvlan"])
  func nodeLocal(driver: String) {
    var rig = Rig.fresh()
    rig.also([.put(network(1) { $0.spec.driver = Driver(name: driver) })])
    #expect(rig.network(1)?.driverState?.name == driver)
    #expect(rig.network(1)?.ipam?.configs.isEmpty == true)
    let web = service(1, on: [1])
    rig.also([.put(web), .put(task(1, of: web, on: 1)), .put(node(1))])
    #expect(rig.task(1)?.status.state == .pending)
    #expect(rig.addresses(1) == ["1:-"])
    #expect(rig.balancers(1) == ["0:10.0.0.2/24"])
    #expect(rig.subnet(1) == nil)
  }

  @Test("a second ingress network is left alone; after the first has gone, a new one becomes ingress")
  func ingressAgain() {
    var rig = Rig.fresh()
    rig.also([.put(node(1))])
    rig.also([.put(network(1) { $0.spec.isIngress = true })])
    #expect(rig.subnet(1) == nil)
    rig.also([.removeNetwork(networkID(0))])
    #expect(rig.balancers(1) == [])
    rig.also([.removeNetwork(networkID(1)), .put(network(2) { $0.spec.isIngress = true })])
    #expect(rig.subnet(2)?.hasPrefix("10.0.0.0/24") == true)
    #expect(rig.balancers(1) == [], "a node follows with its next change")
    rig.also([.put(rig.node(1) ?? node(1))])
    #expect(rig.balancers(1) == ["2:10.0.0.2/24"])
  }

  @Test("pools used up leave further networks waiting") func exhausted() {
    var cluster = Cluster()
    cluster.defaultAddressPool = ["10.0.0.0/23"]
    cluster.subnetSize = 24
    var rig = Rig.fresh(cluster: cluster)
    rig.also([.put(network(1)), .put(network(2))])
    #expect(rig.subnet(2) == nil)
    let web = service(1, on: [2])
    rig.also([.put(web), .put(task(1, of: web))])
    #expect(rig.task(1)?.status.state == .new)
    rig.also([.removeNetwork(networkID(1))])
    #expect(rig.subnet(2)?.hasPrefix("10.0.1.0/24") == true)
    #expect(rig.vips(1) == ["2:10.0.1.2/24"])
    #expect(rig.addresses(1) == ["2:10.0.1.3/24"])
  }
}

@Suite struct TaskAllocationTests {
  @Test("a task without networks becomes PENDING too, with its service's endpoint") func plain() {
    var rig = Rig.fresh()
    let web = service(1, ports: [hostPort(80, 8080)])
    rig.also([.put(web), .put(task(1, of: web))])
    #expect(rig.task(1)?.status.state == .pending)
    #expect(rig.task(1)?.endpoint?.ports == [hostPort(80, 8080)])
    #expect(rig.task(1)?.networks == [])
  }

  @Test("an attached container's task needs no service") func attachment() {
    var rig = Rig.fresh()
    rig.also([.put(network(1)), .put(node(1))])
    var attached = SwarmTask()
    attached.id = taskID(1)
    attached.nodeID = nodeID(1)
    attached.attachmentSpec = Shared(spec("", on: [1], ports: nil).task)
    rig.also([.put(attached)])
    #expect(rig.task(1)?.status.state == .pending)
    #expect(rig.addresses(1) == ["1:10.0.1.2/24"])
    #expect(rig.balancers(1) == ["0:10.0.0.2/24", "1:10.0.1.3/24"])
  }

  @Test("an address asked for is given if it is free; a task whose address is taken waits") func requested() {
    var rig = Rig.fresh()
    rig.also([.put(network(1))])
    let attach = { (n: Int, address: String) in
      var task = SwarmTask()
      task.id = taskID(n)
      var spec = spec("", on: [1], ports: nil).task
      spec.networks[0].addresses = [address]
      task.attachmentSpec = Shared(spec)
      return StoreChange.put(task)
    }
    rig.also([attach(1, "10.0.1.77"), attach(2, "10.0.1.77/24"), attach(3, "10.9.9.9")])
    #expect(rig.addresses(1) == ["1:10.0.1.77/24"])
    #expect(rig.task(2)?.status.state == .new)
    #expect(rig.component.refusal(of: taskID(2))?.description == "Address already in use")
    #expect(rig.component.refusal(of: taskID(3))?.description == "could not find an available IP")
    rig.also([.removeTask(taskID(1))])
    #expect(rig.addresses(2) == ["1:10.0.1.77/24"])
  }

  @Test("a task waits for its service and for its networks, and takes only networks that exist") func waits() {
    var rig = Rig.fresh()
    let web = service(1, on: [1, 9])
    rig.also([.put(network(1, subnet: "10.0.0.128/25")), .put(web), .put(task(1, of: web))])
    #expect(rig.task(1)?.status.state == .new)
    #expect(
      rig.component.refusal(of: taskID(1))
        == .servicePending(serviceID(1), task: taskID(1)))
    #expect(
      rig.component.refusal(of: taskID(1))?.description
        == "service \(serviceID(1)) to which task \(taskID(1)) belongs has pending allocations")
  }

  @Test("a released address comes back only after the cursor has been round") func serial() {
    var rig = Rig.fresh()
    rig.also([.put(network(1, subnet: "10.1.0.0/29"))])
    let web = service(1, on: [1])
    rig.also([.put(web), .put(task(1, of: web)), .put(task(2, of: web))])
    rig.move(1, to: .failed)
    rig.also([.put(task(3, of: web))])
    #expect(rig.addresses(3) == ["1:10.1.0.5/29"])
    rig.also([.put(task(4, of: web)), .put(task(5, of: web))])
    #expect(rig.addresses(4) == ["1:10.1.0.6/29"])
    #expect(rig.addresses(5) == ["1:10.1.0.3/29"])
  }

  @Test("without a free address a task stays NEW in silence, and gets one when another ends") func exhaustion() {
    var rig = Rig.fresh()
    rig.also([.put(network(1, subnet: "10.1.0.0/29"))])
    let web = service(1, on: [1])
    rig.also([.put(web)] + (1...6).map { .put(task($0, of: web)) })
    #expect((1...6).map { rig.task($0)?.status.state } == [.pending, .pending, .pending, .pending, .new, .new])
    #expect(rig.task(5)?.status.error == "")
    #expect(rig.component.refusal(of: taskID(5)) == .noAddress)
    rig.move(2, to: .running, node: 1)
    #expect(rig.task(5)?.status.state == .new)
    rig.move(2, to: .shutdown)
    #expect(rig.addresses(5) == ["1:10.1.0.4/29"])
    #expect(rig.task(6)?.status.state == .new)
    rig.also([.removeTask(taskID(1))])
    #expect(rig.addresses(6) == ["1:10.1.0.3/29"])
  }

  @Test("five minutes after the last trial the next commit tries again") func retry() throws {
    var rig = Rig.fresh()
    let web = service(1, on: [1])
    rig.also([.put(web), .put(task(1, of: web))])
    #expect(rig.task(1)?.status.state == .new)
    #expect(rig.component.refusal(of: serviceID(1)) == .unknownNetwork(networkID(1)))
    rig.also([.put(network(1))])
    #expect(rig.task(1)?.status.state == .new, "nothing was freed")
    rig.run(for: .minutes(5) + .seconds(1))
    #expect(rig.task(1)?.status.state == .new, "nothing was committed")
    rig.also([.put(node(1))])
    #expect(rig.vips(1) == ["1:10.0.1.2/24"])
    #expect(rig.task(1)?.status.state == .pending)
    #expect(rig.addresses(1) == [], "it was noted when the network did not exist")
  }

  @Test("networks of one task are all or none") func allOrNone() {
    var rig = Rig.fresh()
    rig.also([.put(network(1)), .put(network(2, subnet: "10.1.0.0/30"))])
    let web = service(1, on: [1, 2])
    rig.also([.put(web), .put(task(1, of: web))])
    #expect(rig.vips(1) == ["1:10.0.1.2/24", "2:10.1.0.2/30"])
    #expect(rig.task(1)?.status.state == .new)
    let other = service(2, on: [1])
    rig.also([.put(other), .put(task(2, of: other))])
    #expect(rig.vips(2) == ["1:10.0.1.4/24"], "the trial took .3 and gave it back behind the cursor")
  }

  @Test("a task removed before it was served is forgotten") func removed() {
    var rig = Rig.fresh()
    let web = service(1, on: [1])
    rig.also([.put(web), .put(task(1, of: web))])
    rig.also([.removeTask(taskID(1)), .put(network(1))])
    #expect(rig.component.refusal(of: taskID(1)) == nil)
  }

  @Test("more tasks than a batch holds are served in several") func batches() {
    var rig = Rig.fresh()
    rig.also([.put(network(1, subnet: "10.1.0.0/16"))])
    let web = service(1, on: [1])
    let before = rig.transactions
    rig.also([.put(web)] + (1...450).map { .put(task($0, of: web)) })
    #expect(rig.transactions == before + 3)
    #expect(rig.addresses(450) == ["1:10.1.1.196/16"])
  }
}
