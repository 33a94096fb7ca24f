import EngineAPI
import EngineTypes
import SimBase
import SwarmManager
import SwarmModel
import SwarmNode
import SwarmStore
import Testing

@Suite struct SwarmRefusalTests {
  @Test("every standing but a manager's has its own sentence, all of status 503") func gate() {
    let standings: [SwarmStanding] = [.inactive, .worker, .managerStarting, .locked, .certificatesExpired]
    let refusals = standings.compactMap(\.managerRefusal)
    #expect(refusals.count == standings.count && refusals.allSatisfy { $0.status == 503 })
    #expect(Set(refusals.map(\.message)).count == standings.count)
    #expect(SwarmStanding.manager.managerRefusal == nil)
    #expect(SwarmStanding.worker.overlayRefusal?.status == 403)
    #expect(SwarmStanding.worker.overlayRefusal?.message == SwarmStanding.inactive.managerRefusal?.message)
    #expect(SwarmStanding.locked.unlockRefusal == nil && SwarmStanding.manager.unlockRefusal?.status == 409)
  }

  @Test("a manager that is to leave is told what that would do") func leave() {
    func text(_ isActive: Bool, _ counts: (Int, Int)?) -> String {
      APIError.leaveAsManager(
        isActive: isActive, isReachable: true, counts: counts.map { (reachable: $0.0, unreachable: $0.1) }
      ).message
    }
    let opening = "You are attempting to leave the swarm on a node that is participating as a manager. "
    let tail =
      "The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. "
      + "Use `--force` to suppress this message."
    #expect(
      text(true, (1, 0)) == opening
        + "Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ")
    #expect(
      text(true, (2, 0)) == opening
        + "Removing this node leaves 1 managers out of 2. "
        + "Without a Raft quorum your swarm will be inaccessible. " + tail)
    #expect(text(true, (3, 0)) == opening + tail)
    #expect(text(true, (3, 1)).contains("leaves 2 managers out of 4"))
    #expect(text(true, nil) == opening + tail)
    #expect(text(false, (3, 0)) == opening + "Doing so may lose the consensus of your cluster. " + tail)
  }

  @Test("errors of the control API wear gRPC's words, the engine's own do not") func words() {
    #expect(APIError.noLeader.message.hasPrefix("rpc error: code = Unknown desc = The swarm does not have a leader."))
    #expect(APIError.noLeader.status == 500)
    #expect(
      APIError.requestTimeout.message == "rpc error: code = DeadlineExceeded desc = context deadline exceeded")
    #expect(APIError.alreadyInSwarm.status == 503)
    for (code, status) in [
      (ControlError.Code.invalidArgument, 400), (.failedPrecondition, 400), (.outOfRange, 400),
      (.unauthenticated, 401), (.permissionDenied, 403), (.notFound, 404), (.alreadyExists, 409),
      (.unimplemented, 501), (.unavailable, 503), (.unknown, 500), (.aborted, 500), (.internal, 500),
    ] { #expect(APIError(ControlError(code, "x")).status == status) }
  }
}

@Suite struct ReplyTests {
  private func body(_ reply: ControlReply, _ shape: ReplyShape) -> String {
    String(decoding: EngineAnswer(.success(reply), as: shape).rendered(with: .fixed).body, as: UTF8.self)
  }

  @Test("made objects are named, in each kind's own way") func created() {
    let reply = ControlReply.created(id: "abc", warnings: [])
    #expect(body(reply, .created) == "{\"ID\":\"abc\"}\n")
    #expect(body(reply, .serviceCreated) == "{\"ID\":\"abc\",\"Warnings\":null}\n")
    #expect(body(reply, .networkCreated) == "{\"Id\":\"abc\",\"Warning\":\"\"}\n")
    #expect(EngineAnswer(.success(reply), as: .created).status == 201)
    #expect(body(.serviceUpdated(warnings: ["w"]), .serviceUpdated) == "{\"Warnings\":[\"w\"]}\n")
    #expect(EngineAnswer(.success(.done), as: .empty) == .empty())
    #expect(EngineAnswer(.success(.done), as: .noContent).status == 204)
    #expect(body(.services([]), .object) == "[]\n")
    #expect(body(.unlockKey("k"), .object) == "{\"UnlockKey\":\"k\"}\n")
  }

  @Test("a node that was never heard of, a network without addresses, a task of a plain container") func blanks() {
    let node = body(.node(NodeReport(Shared(Node()))), .object)
    #expect(
      node.contains(
        #""Description":{"Platform":{},"Resources":{},"Engine":{},"TLSInfo":{}},"Status":{"State":"unknown"}}"#))
    let network = body(.network(Shared(Network())), .object)
    #expect(network.contains(#""Driver":"","EnableIPv4":true"#))
    #expect(network.contains(#""IPAM":{"Driver":"","Options":null,"Config":null}"#))
    #expect(network.contains(#""Containers":null,"Options":null,"Labels":null}"#))
    var task = SwarmTask()
    var spec = TaskSpec()
    spec.runtime = .attachment("c1")
    task.attachmentSpec = Shared(spec)
    #expect(
      body(.task(Shared(task)), .object).contains(
        #""Spec":{"NetworkAttachmentSpec":{"ContainerID":"c1"},"ForceUpdate":0,"Runtime":"attachment"},"Status""#))
  }

  @Test("a later run of a job has a number, failure ratios are short") func numbers() {
    var service = Service()
    service.jobStatus = JobStatus()
    service.jobStatus?.iteration = 522
    var spec = ServiceSpec()
    spec.update = UpdateConfig()
    spec.update?.maxFailureRatio = 0.1
    service.spec = Shared(spec)
    let text = body(.service(Shared(service)), .object)
    #expect(text.contains(#""JobStatus":{"JobIteration":{"Index":522},"#))
    #expect(text.contains(#""MaxFailureRatio":0.1,"#))
  }
}

@Suite struct NetworkResolutionTests {
  private func local(_ name: String, _ id: String, scope: String = "local") -> NetworkView {
    var view = NetworkView()
    view.name = name
    view.id = id
    view.scope = scope
    view.containers = []
    return view
  }

  private func swarm(_ name: String, _ raw: UInt128, isPredefined: Bool = false) -> Shared<Network> {
    var network = Network()
    network.id = NetworkID(raw: raw)
    network.spec.annotations = Annotations(
      name: name, labels: isPredefined ? [Network.predefinedLabel: "true"] : [:])
    return Shared(network)
  }

  @Test("a swarm network in use here is shown as the engine knows it") func engineFirst() throws {
    let there = swarm("net", 5)
    let here = local("net", there.value.id.description, scope: "swarm")
    let both = NetworkResolution(local: [here], swarm: [there])
    #expect(try both.inspect("net", scope: "").containers == [])
    #expect(try both.inspect("net", scope: "swarm").containers == [])
    #expect(try NetworkResolution(local: [], swarm: [there]).inspect("net", scope: "").containers == nil)
  }

  @Test("one name in both scopes is ambiguous, unless the scope is named") func ambiguous() throws {
    let both = NetworkResolution(local: [local("net", "abc")], swarm: [swarm("net", 5)])
    #expect(throws: APIError(.invalidParameter, "2 matches found based on name: network net is ambiguous")) {
      try both.inspect("net", scope: "")
    }
    #expect(try both.inspect("net", scope: "swarm").scope == "swarm")
    #expect(try both.inspect("net", scope: "local").id == "abc")
    #expect(throws: APIError.self) { try both.unique("net") }
    #expect(try both.unique("ab").id == "abc")
    #expect(throws: APIError(.notFound, "network nope not found")) { try both.inspect("nope", scope: "") }
  }

  @Test("a twin of the engine's own network shows only to who asks the swarm") func predefined() throws {
    let networks = NetworkResolution(
      local: [local("bridge", "abc")], swarm: [swarm("bridge", 5, isPredefined: true)])
    #expect(try networks.inspect("bridge", scope: "").id == "abc")
    #expect(try networks.unique("bridge").id == "abc")
    #expect(try networks.inspect("bridge", scope: "swarm").scope == "swarm")
  }
}

/// Source: moby/moby `daemon/events.go`, `daemon/events/filter.go`.
@Suite struct EventTests {
  private func line(_ event: EventView) -> String {
    String(decoding: event.line.rendered(with: Epoch(zero: Timestamp(unixNanoseconds: 0))), as: UTF8.self)
  }

  @Test("a container's event begins with its status; a swarm object's does not") func lines() {
    let at = Instant(nanoseconds: 1_795_231_401_140_778_736)
    let container = EventView(
      type: "container", action: "start", id: "e5", attributes: ["image": "busybox", "name": "c1"], at: at)
    #expect(
      line(container)
        == #"{"status":"start","id":"e5","from":"busybox","Type":"container","Action":"start","Actor":{"ID":"e5","#
        + #""Attributes":{"image":"busybox","name":"c1"}},"scope":"local","time":1795231401,"#
        + #""timeNano":1795231401140778736}"# + "\n")
    let secret = EventView(
      type: "secret", action: "create", id: "kk", attributes: ["name": "pw"], scope: "swarm", at: at)
    #expect(
      line(secret).hasPrefix(#"{"Type":"secret","Action":"create","Actor":{"ID":"kk","Attributes":{"name":"pw"}}"#))
  }

  @Test("a changed service says what changed") func serviceChange() throws {
    var old = Service()
    var spec = ServiceSpec()
    spec.annotations.name = "web"
    old.spec = Shared(spec)
    var new = old
    spec.mode = .replicated(replicas: 3)
    new.spec = Shared(spec)
    new.meta.updatedAt = .zero + .seconds(4)
    new.updateStatus = UpdateStatus()
    new.updateStatus?.state = .updating
    let event = try #require(EventView(.service(old: Shared(old), new: Shared(new)), at: .zero))
    #expect(event.action == "update" && event.instant == new.meta.updatedAt && event.scope == "swarm")
    #expect(
      event.attributes
        == ["name": "web", "replicas.new": "3", "replicas.old": "1", "updatestate.new": "updating"])
    let removal = try #require(EventView(.service(old: Shared(old), new: nil), at: .zero + .seconds(9)))
    #expect(removal.action == "remove" && removal.instant == .zero + .seconds(9))
  }

  @Test("a node's events carry its hostname, and a task has none") func nodes() throws {
    var old = Node()
    old.description = NodeDescription()
    old.description?.hostname = "n1"
    var new = old
    new.spec.availability = .drain
    new.status.state = .down
    let event = try #require(EventView(.node(old: Shared(old), new: Shared(new)), at: .zero))
    #expect(
      event.attributes == [
        "name": "n1", "availability.old": "active", "availability.new": "drain", "state.old": "unknown",
        "state.new": "down",
      ])
    #expect(EventView(.node(old: nil, new: Shared(Node())), at: .zero)?.attributes == ["name": ""])
    #expect(EventView(.task(old: nil, new: Shared(SwarmTask())), at: .zero) == nil)
  }

  @Test(
    "filters of events",
    arguments: [
      ("", true), (#"{"type":["container"]}"#, true), (#"{"type":["service"]}"#, false),
      (#"{"event":["exec_start"]}"#, true), (#"{"event":["start"]}"#, false), (#"{"container":["c"]}"#, true),
      (#"{"container":["x"]}"#, false), (#"{"image":["busybox"]}"#, true), (#"{"label":["a=b"]}"#, true),
      (#"{"label":["a=c"]}"#, false), (#"{"scope":["swarm"]}"#, false), (#"{"nonsense":["x"]}"#, true),
    ])
  func filters(text: String, isAdmitted: Bool) {
    let encoded = text.utf8.map { byte in
      let digits = String(byte, radix: 16)
      return "%" + (digits.count < 2 ? "0" : "") + digits
    }
    guard
      case .system(.events(let query)) =
        EngineRouter.route(EngineRequest("GET", "/events?filters=\(encoded.joined())")).call
    else {
      Issue.record("no events")
      return
    }
    let event = EventView(
      type: "container", action: "exec_start: sh", id: "e5",
      attributes: ["image": "busybox:1", "name": "c1", "a": "b"], at: .zero)
    #expect(query.admits(event) == isAdmitted)
  }
}
