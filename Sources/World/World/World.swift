import Engine
import EngineAPI
import EngineTypes
import SimBase
import SimKernel
import SwarmNode

/// The whole lab as one value: clock, queue, network, nodes, requests in flight.
///
/// It changes in one way only: an input is accepted, or the run loop takes the next event and lets the node that owns it
/// step. Equal seeds, plans and inputs at equal instants give equal histories, and a copy is a snapshot: the copy and the
/// original go on alike, or apart.
public struct World: Sendable {
  /// What can be in the queue.
  enum Event: BitwiseCopyable, Sendable {
    /// A node asked to be woken.
    case wake(HostID)
    /// The network has something to do.
    case network(NetworkEvent)
    /// A sync of a node's log ends; so many records are durable, unless the node has died meanwhile.
    case synced(HostID, records: UInt32, boot: UInt32)
    /// A lasting fault's time is over.
    case faultEnds(FaultID)
  }

  /// What waits for a node that stands still.
  enum Stashed: Sendable {
    case notice(NetworkNotice<Wire>)
    case synced(records: UInt32, boot: UInt32)
    case input(Input)
  }

  /// All nodes by number, each behind a pointer: a snapshot shares those to which nothing happens.
  struct Sites: Sendable {
    private var places: [Aside<Site>] = []

    subscript(host: HostID) -> Site {
      _read { yield places[host.index].value }
      _modify { yield &places[host.index].value }
    }

    mutating func append(_ site: Site) { places.append(Aside(site)) }
  }

  /// A node, the requests at its API, and what the loop knows about it.
  struct Site: Sendable {
    var node: SwarmNode
    var service: EngineService
    /// When the earliest wake in the queue comes; an earlier deadline adds another, a later one does not.
    var armed: Instant?
    /// Counts boots, so that a sync that was under way at a crash is told from later ones.
    var boot: UInt32 = 0
    /// Whether its processes stand still.
    var isFrozen = false
    /// What has come for it meanwhile.
    var stash: [Stashed] = []
  }

  /// The clock.
  public private(set) var now = Instant.zero
  /// How many events have been handled.
  public private(set) var handledEvents: UInt64 = 0
  /// The node at which something last happened: an event or an input touches one at most.
  public private(set) var touchedHost: HostID?
  private var last: Event?

  /// What it was made of.
  public let plan: WorldPlan
  /// The faults that last now.
  public internal(set) var faults = FaultBook()
  var queue = EventQueue<Event>()
  var network: SimNetwork<Wire>
  var sites = Sites()
  /// What was pushed to registries out in the world.
  var outside = RegistryShelf()
  private var hostsByRequest = Table<RequestID, HostID>()
  private var outputs: [EngineOutput] = []
  private var hasher = TraceHasher()

  /// A world of machines that have just been switched on, in no swarm.
  public init(_ plan: WorldPlan) {
    self.plan = plan
    let dice = Dice(seed: plan.seed, label: "world")
    network = SimNetwork(
      link: .init(latency: plan.linkLatency, jitter: plan.linkJitter), dice: dice.forked("network"))
    for (number, nodePlan) in plan.nodes.enumerated() {
      let host = HostID(number)
      network.attach(host, ip: nodePlan.ip)
      var engine = plan.engine
      engine.daemon = nodePlan.daemon
      engine.reachesLab = true
      let node = SwarmNode(
        host: host, hostname: nodePlan.name, ip: nodePlan.ip, syncTime: plan.diskSync,
        dice: dice.forked("node/\(number)"), engine: engine)
      sites.append(Site(node: node, service: EngineService()))
    }
  }

  // MARK: Looking

  /// When the next event happens; nil if nothing will ever happen by itself.
  public var nextEventAt: Instant? { queue.nextInstant }
  /// The hash of the history so far.
  public var traceHash: UInt64 { hasher.digest }
  /// The hash of the history so far, as sixteen hexadecimal digits.
  public var traceHex: String { hasher.hex }
  /// What was handled last, in words, for comparing two histories event by event.
  public var lastEvent: String {
    switch last {
    case .wake(let host): "wake \(host.number)"
    case .network(let event): "network \(event)"
    case .synced(let host, let records, let boot): "synced \(host.number), \(records) records, boot \(boot)"
    case .faultEnds(let id): "fault \(id) ends"
    case nil: "input"
    }
  }
  /// The nodes, in the plan's order.
  public var hosts: [HostID] { plan.nodes.indices.map { HostID($0) } }
  /// A node.
  public func node(_ host: HostID) -> SwarmNode { sites[host].node }
  /// A node, lent: who asks for one field of it pays for no copy.
  public subscript(host: HostID) -> SwarmNode { _read { yield sites[host].node } }
  /// The node of this name; nil if there is none.
  public func host(named name: String) -> HostID? { plan.nodes.firstIndex { $0.name == name }.map { HostID($0) } }
  /// Whether packets pass between two nodes.
  public func canReach(_ a: HostID, _ b: HostID) -> Bool { network.canReach(a, b) }
  /// Whether a node's processes stand still.
  public func isFrozen(_ host: HostID) -> Bool { sites[host].isFrozen }
  /// The requests that have no whole answer yet.
  public var openRequests: [RequestID] { hostsByRequest.keys }

  // MARK: Running

  /// Accepts something from outside, at the world's present instant.
  public mutating func accept(_ input: Input) {
    last = nil
    hasher.mix(0xFFFF_0000)
    hasher.mix(UInt64(bitPattern: now.nanoseconds))
    switch input {
    case .request(_, _, let request):
      hasher.mix(request.target.utf8)
      hasher.mix(request.body)
    case .bytes(_, let bytes): hasher.mix(bytes)
    case .closeWriting, .hangUp, .fault: break
    }
    perform(input)
  }

  /// Does what an input asks for, or keeps it for a node that stands still.
  mutating func perform(_ input: Input) {
    if let host = input.host ?? input.request.flatMap({ hostsByRequest[$0] }), sites[host].isFrozen {
      if case .request(let id, _, _) = input { hostsByRequest[id] = host }
      return sites[host].stash.append(.input(input))
    }
    switch input {
    case .request(let id, let host, let request):
      hostsByRequest[id] = host
      if !sites[host].node.isUp {
        refuseConnection(id)
        return
      }
      touch(host, cause: 0) { site, network, now, out in
        site.service.begin(id, request, on: &site.node, at: now, network: &network, into: &out)
      }
    case .bytes(let id, let bytes):
      guard let host = hostsByRequest[id] else { return }
      touch(host, cause: 0) { site, network, now, out in
        site.service.received(bytes, for: id, on: &site.node, at: now, network: &network, into: &out)
      }
    case .closeWriting(let id):
      guard let host = hostsByRequest[id] else { return }
      touch(host, cause: 0) { site, network, now, out in
        site.service.inputEnded(id, on: &site.node, at: now, network: &network, into: &out)
      }
    case .hangUp(let id):
      guard let host = hostsByRequest.removeValue(id) else { return }
      touch(host, cause: 0) { site, network, now, out in
        site.service.hangUp(id, on: &site.node, at: now, network: &network)
      }
    case .fault(let fault, let span): befall(fault, for: span)
    }
  }

  /// Handles the events that are due up to `limit`, at most so many; then, if none is left before it, the clock reads `limit`.
  ///
  /// Returns how many events were handled.
  @discardableResult
  public mutating func run(until limit: Instant, atMost events: Int = .max) -> Int {
    var handled = 0
    while handled < events, let entry = queue.popFirst(upTo: limit) {
      now = Instant(nanoseconds: entry.instant)
      handle(entry)
      handled += 1
    }
    if handled < events && now < limit { now = limit }
    return handled
  }

  /// Takes out what has been answered, in order.
  public mutating func drainOutputs() -> [EngineOutput] {
    defer { outputs = [] }
    return outputs
  }

  private mutating func handle(_ entry: EventQueue<Event>.Entry) {
    handledEvents += 1
    last = entry.event
    hasher.mix(UInt64(bitPattern: entry.instant))
    switch entry.event {
    case .wake(let host):
      hasher.mix(1 << 32 | UInt64(host.number))
      wake(host, entry)
    case .network(let event):
      hasher.mix(2 << 32)
      if let (host, notice) = network.handle(event, at: now) {
        hasher.mix(UInt64(host.number))
        tell(host, notice, cause: entry.sequence)
      } else {
        scheduleNetwork(cause: entry.sequence)
      }
    case .synced(let host, let records, let boot):
      hasher.mix(3 << 32 | UInt64(host.number))
      synced(host, records: records, boot: boot, cause: entry.sequence)
    case .faultEnds(let id):
      hasher.mix(4 << 32 | UInt64(id.number))
      faultEnds(id)
    }
  }

  mutating func synced(_ host: HostID, records: UInt32, boot: UInt32, cause: UInt64) {
    if sites[host].boot != boot { return }
    if sites[host].isFrozen {
      return sites[host].stash.append(.synced(records: records, boot: boot))
    }
    touch(host, cause: cause) { site, network, now, _ in
      site.node.diskSynced(records: Int(records), at: now, network: &network)
    }
  }

  private mutating func wake(_ host: HostID, _ entry: EventQueue<Event>.Entry) {
    // A wake that an earlier one has made needless finds another armed instant.
    if sites[host].armed != now { return }
    sites[host].armed = nil
    // What is due is seen to when the node goes on.
    if sites[host].isFrozen { return }
    touch(host, cause: entry.sequence) { site, network, now, out in
      site.node.wake(at: now, network: &network)
      site.service.wake(on: &site.node, at: now, network: &network, into: &out)
    }
  }

  mutating func tell(_ host: HostID, _ notice: NetworkNotice<Wire>, cause: UInt64) {
    if sites[host].isFrozen {
      sites[host].stash.append(.notice(notice))
      return scheduleNetwork(cause: cause)
    }
    let nodes = plan.nodes
    touch(host, cause: cause) { site, network, now, _ in
      site.node.handle(notice, at: now, network: &network) { nodes[$0.index].ip }
    }
  }

  /// Lets something happen at a node, and sees to what follows: requests that were waiting for it, wakes, syncs, packets.
  mutating func touch(
    _ host: HostID, cause: UInt64,
    _ body: (inout Site, inout SimNetwork<Wire>, Instant, inout Outbox<EngineOutput>) -> Void
  ) {
    touchedHost = host
    var out = Outbox<EngineOutput>()
    body(&sites[host], &network, now, &out)
    sites[host].resume(at: now, network: &network, into: &out)
    // Lent by `self`: through `sites[host].node` Swift 6.3 gives the node back before its engine is read, in debug builds.
    if self[host].engine.hasRegistryCalls { carryRegistryCalls(from: host, into: &out) }
    publish(&out)
    scheduleNetwork(cause: cause)
    if let records = sites[host].node.takeSyncRequest() {
      let event = Event.synced(host, records: UInt32(records), boot: sites[host].boot)
      queue.schedule(event, at: now + sites[host].node.disk.syncTime, causedBy: cause)
    }
    arm(host, cause: cause)
  }

  private mutating func arm(_ host: HostID, cause: UInt64) {
    // Field by field: a copy of the whole node would cost more than all the rest of an event.
    guard
      let next = earliest(sites[host].node.findDeadline(), sites[host].service.nextDeadline)
    else { return }
    let due = max(next, now)
    if let armed = sites[host].armed, armed <= due { return }
    sites[host].armed = due
    queue.schedule(.wake(host), at: due, causedBy: cause)
  }

  mutating func scheduleNetwork(cause: UInt64) {
    if network.schedule.isEmpty { return }
    for (event, instant) in network.schedule { queue.schedule(.network(event), at: instant, causedBy: cause) }
    network.forgetSchedule()
  }

  private mutating func publish(_ out: inout Outbox<EngineOutput>) {
    for output in out.drain() {
      output.mix(into: &hasher)
      if output.isLast { hostsByRequest[output.request] = nil }
      outputs.append(output)
    }
  }

  /// Who has asked something of a node that has just died finds the connection gone.
  mutating func closeRequests(at host: HostID) {
    for (id, owner) in hostsByRequest where owner == host {
      hostsByRequest[id] = nil
      outputs.append(.closed(id))
    }
  }

  private mutating func refuseConnection(_ id: RequestID) {
    hostsByRequest[id] = nil
    outputs.append(.closed(id))
  }
}

extension World.Site {
  /// Lets requests hear what the node has for them, until neither has more for the other.
  mutating func resume(at now: Instant, network: inout SimNetwork<Wire>, into out: inout Outbox<EngineOutput>) {
    while node.hasNews || service.isDueToServe(node) {
      service.resume(on: &node, at: now, network: &network, into: &out)
    }
  }
}
