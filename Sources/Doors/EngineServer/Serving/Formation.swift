import EngineTypes
import SimBase

/// Forms the swarm of a new lab, through the Engine API, as a person would: init, join, wait until all are Ready.
///
/// Managers join one after another, since each is a change of the Raft group; workers all at once.
struct Formation {
  let server: LabServer
  let plan: LabPlan

  /// Forms the swarm; time passes unpaced.
  func run() throws(DoorError) {
    if plan.isBare { return }
    let first = plan.nodes[0].address
    try expect(server.ask(0, post("/v1.51/swarm/init", swarmInit(first))), "swarm init on \(plan.nodes[0].name)")
    let swarm = try expect(server.ask(0, EngineRequest("GET", "/v1.51/swarm")), "the join tokens")
    let tokens = ((try? JSON.parse(swarm.body)) ?? .null)["JoinTokens"]
    guard let managerToken = tokens["Manager"].string, let workerToken = tokens["Worker"].string else {
      throw .refused("the new swarm has no join tokens")
    }
    for node in plan.nodes.indices.dropFirst().prefix(max(0, plan.managers - 1)) {
      let request = post("/v1.51/swarm/join", join(node, managerToken))
      try expect(server.ask(node, request), "swarm join of \(plan.nodes[node].name)")
    }
    let workers = Array(plan.nodes.indices.dropFirst(plan.managers))
    let answers = server.askAll(
      workers.map { ($0, post("/v1.51/swarm/join", join($0, workerToken))) }, patience: .seconds(120))
    for (node, answer) in zip(workers, answers) { try expect(answer, "swarm join of \(plan.nodes[node].name)") }
    try awaitReady()
  }

  private func awaitReady() throws(DoorError) {
    var ready = 0
    for _ in 0..<600 {
      if let answer = server.ask(0, EngineRequest("GET", "/v1.51/nodes")), answer.status == 200,
        let nodes = (try? JSON.parse(answer.body))?.array
      {
        ready = nodes.count { $0["Status"]["State"].string == "ready" }
        let reachable = nodes.count { $0["ManagerStatus"]["Reachability"].string == "reachable" }
        if ready == plan.nodes.count && reachable == plan.managers { return }
      }
      server.runUnpaced(to: server.world.now() + .milliseconds(100))
    }
    throw .refused("only \(ready) of \(plan.nodes.count) nodes became Ready within a virtual minute")
  }

  @discardableResult
  private func expect(_ answer: EngineResponse?, _ what: String) throws(DoorError) -> EngineResponse {
    guard let answer else { throw .refused("\(what): no answer") }
    if answer.status < 300 { return answer }
    let message = (try? JSON.parse(answer.body))?["message"].string
    throw .refused("\(what): \(message ?? "status \(answer.status)")")
  }

  private func post(_ path: String, _ body: JSON) -> EngineRequest {
    EngineRequest(
      "POST", path, headers: [HTTPHeader("Content-Type", "application/json")], body: Array(body.text.utf8))
  }

  private func swarmInit(_ address: String) -> JSON {
    ["ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": .string(address), "SubnetSize": 24, "Spec": [:]]
  }

  private func join(_ node: Int, _ token: String) -> JSON {
    [
      "ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": .string(plan.nodes[node].address),
      "RemoteAddrs": [.string("\(plan.nodes[0].address):2377")], "JoinToken": .string(token),
    ]
  }
}
