import EngineAPI
import EngineTypes
import SimBase
import SwarmManager
import SwarmModel
import SwarmNode
import SwarmStore
import Testing

/// The recorded requests, put to a swarm with the recorded objects, get the recorded answers: status, fields, their order,
/// and what is null or left out.
@Suite struct ConformanceTests {
  /// All but what the engine itself answers, whose objects are none of this room's.
  private static let rows = RecordedSwarm.rows.filter { row in
    switch (row.request.method, row.request.target) {
    case ("GET", "/version"), ("GET", "/info"), ("DELETE", "/networks/bridge"): false
    case ("POST", "/networks/local-net/connect"): false
    case ("POST", "/networks/create"): row.status == 409
    default: true
    }
  }

  @Test("an answer is the recorded one", arguments: rows)
  func answers(row: RecordedSwarm.Row) throws {
    let answer = answer(to: row)
    #expect(answer.status == row.status)
    let bytes = answer.rendered(with: .fixed).body
    if row.request.target == "/_ping" {
      #expect(String(decoding: bytes, as: UTF8.self) == row.answer.string)
      return
    }
    if row.answer.string == "" {
      #expect(bytes.isEmpty)
      return
    }
    #expect(bytes.last == UInt8(ascii: "\n"))
    #expect(answer.header("Content-Type") == "application/json")
    #expect(try JSON.parse(bytes).text == row.answer.text)
  }

  private func answer(to row: RecordedSwarm.Row) -> EngineAnswer {
    let standing: SwarmStanding = row.node == 2 ? .worker : .manager
    switch EngineRouter.route(row.request).call {
    case .answered(let answer): return answer
    case .ping: return .ping(swarm: "active/manager", isHead: false)
    case .control(let request, let shape):
      if let refusal = standing.managerRefusal { return .refusal(refusal) }
      return EngineAnswer(ask(request), as: shape)
    case .managerRefusal(let error): return .refusal(standing.managerRefusal ?? error)
    case .swarm(.unlock): return .refusal(standing.unlockRefusal ?? .malformedUnlockKey)
    case .swarm: return .refusal(.alreadyInSwarm)
    case .network(let call): return answer(to: call)
    default: preconditionFailure("\(row) is not for the swarm")
    }
  }

  private func ask(_ request: ControlRequest) -> Result<ControlReply, APIError> {
    var api = ControlAPI()
    api.showsInbuiltPool = false
    var dice = Dice(seed: 1, label: "conformance")
    let swarm = RecordedSwarm.whole
    api.submit(ControlCallID(1), request, raft: swarm.raft, in: swarm.store, dice: &dice)
    var tx = Transaction(swarm.store, version: 200, at: .zero)
    if api.wantsToWrite { api.transact(&tx, dice: &dice) }
    guard let answer = api.takeAnswers().first else { preconditionFailure("\(request) would have changed the swarm") }
    return answer.result
  }

  private func answer(to call: NetworkCall) -> EngineAnswer {
    let swarm = RecordedSwarm.whole
    let resolution = NetworkResolution(local: swarm.local, swarm: swarm.store.networks.values)
    do throws(APIError) {
      switch call {
      case .list(let filter):
        guard case .success(.networks(let networks)) = ask(filter.control) else { return .empty(500) }
        let mine = swarm.local.filter { $0.scope == "local" }.map { view in
          var listed = view
          listed.containers = []
          return listed
        }
        return .networks(
          (networks.map { NetworkView($0.value) } + mine).filter { filter.admits($0) })
      case .inspect(let term, let scope, _): return .network(try resolution.inspect(term, scope: scope))
      case .remove(let term):
        let network = try resolution.unique(term)
        return EngineAnswer(ask(.removeNetwork(network.id)), as: .noContent)
      case .create(let creation): return EngineAnswer(ask(creation.control), as: .networkCreated)
      case .connect, .disconnect, .prune: preconditionFailure("not recorded")
      }
    } catch {
      return .refusal(error)
    }
  }

  @Test("version and info have the recorded fields in the recorded order") func systemFields() throws {
    let version = try JSON.parse(EngineAnswer.version().rendered(with: .fixed).body)
    #expect(keys(version) == keys(RecordedSwarm.answer("/version")))
    #expect(version["Components"].array?.map(keys) == RecordedSwarm.answer("/version")["Components"].array?.map(keys))
    #expect(
      keys(version["Components"][0]["Details"]) == keys(RecordedSwarm.answer("/version")["Components"][0]["Details"]))
    var info = EngineInfo()
    info.swarm.state = .active
    info.swarm.isManager = true
    let swarm = RecordedSwarm.whole
    info.swarm.nodeID = swarm.raft.members[0].node
    info.swarm.remoteManagers = swarm.raft.members.map { .init(node: $0.node, address: $0.address) }
    info.swarm.summary = SwarmSummary(
      cluster: try #require(swarm.store.cluster), nodes: 3, managers: swarm.raft.members.count)
    let ours = try JSON.parse(EngineAnswer.info(info).rendered(with: .fixed).body)
    let theirs = RecordedSwarm.answer("/info")
    #expect(keys(ours) == keys(theirs))
    // Versions before 1.50 get more, and all of it by name.
    let older = try JSON.parse(EngineAnswer.info(info, for: APIVersion("1.44")).rendered(with: .fixed).body)
    #expect(keys(older) == keys(older).sorted() && keys(older).contains("BridgeNfIptables"))
    #expect(older["FirewallBackend"].isNull && older["Containerd"].isNull)
    #expect(keys(older["RegistryConfig"]).contains("AllowNondistributableArtifactsCIDRs"))
    #expect(keys(ours["Swarm"]) == keys(theirs["Swarm"]))
    for part in ["Cluster", "Warnings", "LocalNodeState", "ControlAvailable", "Nodes", "Managers"] {
      #expect(ours["Swarm"][part].text == theirs["Swarm"][part].text)
    }
    #expect(ours["Warnings"] == theirs["Warnings"])
    for part in ["Plugins", "RegistryConfig", "FirewallBackend", "Containerd"] {
      #expect(keys(ours[part]) == keys(theirs[part]))
    }
  }

  private func keys(_ json: JSON) -> [String] { (json.fields ?? []).map(\.key) }

  @Test("every recorded spec is what it was when it is read and written again") func specsRoundTrip() throws {
    for recorded in RecordedSwarm.answer("/services").array ?? [] {
      var service = Service()
      service.spec = Shared(decodedSpec(recorded["Spec"]))
      let answer = EngineAnswer(.success(.service(Shared(service))), as: .object)
      #expect(try JSON.parse(answer.rendered(with: .fixed).body)["Spec"].text == recorded["Spec"].text)
    }
  }
}
