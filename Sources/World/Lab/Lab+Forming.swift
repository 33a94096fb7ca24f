import Checkers
import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmNode
import World

/// Why a swarm could not be formed.
public struct FormingFailure: Error, Sendable, Equatable {
  /// In words.
  public var reason: String
}

/// Forming a swarm by the same requests that a user's commands would send.
extension Lab {
  /// A lab of `manager1…` and `worker1…`, in one swarm, all Ready. Addresses count up from 192.168.99.100 by default;
  /// `daemons` says by node what engines are started with.
  public static func formed(
    managers: Int, workers: Int, seed: UInt64, firstIP: IPv4Address? = nil, daemons: Table<String, DaemonFlags> = [:],
    engine: EngineConfig = EngineConfig(), watch: Watch? = Watch(.traps), recorder: Recorder? = nil
  ) throws(FormingFailure) -> Lab {
    precondition(managers > 0 && workers >= 0, "a swarm has a manager at least")
    let first = firstIP ?? IPv4Address("192.168.99.100") ?? .any
    let names = (1...managers).map { "manager\($0)" } + (0..<workers).map { "worker\($0 + 1)" }
    let nodes = names.enumerated().map { place, name in
      WorldPlan.NodePlan(
        name: name, ip: IPv4Address(raw: first.raw + UInt32(place)).description,
        daemon: daemons[name] ?? DaemonFlags())
    }
    var plan = WorldPlan(seed: seed, nodes: nodes)
    plan.engine = engine
    var lab = Lab(plan, watch: watch)
    lab.recorder = recorder
    try lab.form(managers: managers)
    return lab
  }

  /// Forms a swarm of all nodes: the first `managers` become managers, the first of them makes it.
  ///
  /// Managers join one after the other, for Raft takes one change at a time; workers all at once.
  public mutating func form(managers: Int) throws(FormingFailure) {
    let hosts = world.hosts
    let leader = hosts[0]
    let address = world.node(leader).ip
    _ = try must(post("/swarm/init", Lab.initBody(address), to: leader))
    let tokens = try json(must(get("/swarm", from: leader)))["JoinTokens"]
    for host in hosts[1..<managers] {
      _ = try must(post("/swarm/join", joinBody(host, address, tokens["Manager"].string ?? ""), to: host))
    }
    let joins = hosts[managers...].map { host in
      open(Lab.request("POST", "/swarm/join", joinBody(host, address, tokens["Worker"].string ?? "")), at: host)
    }
    for join in joins {
      guard let head = head(of: join, by: now + Lab.patience), head.status == 200 else {
        throw FormingFailure(reason: "a worker could not join")
      }
      close(join)
    }
    try awaitReady(count: hosts.count, managers: managers, asking: leader)
  }

  private mutating func awaitReady(count: Int, managers: Int, asking leader: HostID) throws(FormingFailure) {
    let end = now + .seconds(60)
    while now < end {
      let nodes = try json(must(get("/nodes", from: leader))).array ?? []
      let ready = nodes.count { $0["Status"]["State"].string == "ready" }
      let reachable = nodes.count { $0["ManagerStatus"]["Reachability"].string == "reachable" }
      if ready == count && reachable == managers { return }
      advance(by: .milliseconds(50))
    }
    throw FormingFailure(reason: "not all \(count) nodes became Ready")
  }

  private static func initBody(_ address: String) -> JSON {
    ["ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": .string(address), "SubnetSize": 24, "Spec": [:]]
  }

  private func joinBody(_ host: HostID, _ address: String, _ token: String) -> JSON {
    [
      "ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": .string(world.node(host).ip),
      "RemoteAddrs": [.string("\(address):2377")], "JoinToken": .string(token),
    ]
  }

  private mutating func post(
    _ path: String, _ body: JSON, to host: HostID
  ) throws(FormingFailure) -> EngineResponse {
    try reached { lab throws(EngineUnreachable) in try lab.send(Lab.request("POST", path, body), to: host) }
  }

  private mutating func get(_ path: String, from host: HostID) throws(FormingFailure) -> EngineResponse {
    try reached { lab throws(EngineUnreachable) in try lab.send(Lab.request("GET", path), to: host) }
  }

  private mutating func reached(
    _ body: (inout Lab) throws(EngineUnreachable) -> EngineResponse
  ) throws(FormingFailure) -> EngineResponse {
    do { return try body(&self) } catch { throw FormingFailure(reason: error.reason) }
  }

  private func must(_ response: EngineResponse) throws(FormingFailure) -> EngineResponse {
    if response.status < 300 { return response }
    throw FormingFailure(reason: String(decoding: response.body, as: UTF8.self).trimmed())
  }

  private func json(_ response: EngineResponse) throws(FormingFailure) -> JSON {
    do { return try JSON.parse(response.body) } catch { throw FormingFailure(reason: error.message) }
  }
}
