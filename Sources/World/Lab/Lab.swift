import Checkers
import EngineAPI
import EngineTypes
import SimBase
import SimKernel
import SwarmNode
import World

/// The front door in process: the caller is the clock.
///
/// A request is pushed in and the world runs until its answer is there; a sleep advances virtual time. A lab is a value as its
/// world is: copy it, and the two go on alike until they are treated differently.
public struct Lab: Sendable {
  /// The world inside.
  public internal(set) var world: World
  /// Checks the laws of a swarm after every event and input; nil where nobody does. It changes nothing in the world.
  ///
  /// A new lab's watch traps, so that no test has to ask it; whoever wants to go on after a broken law puts one that
  /// collects.
  public var watch: Watch?
  /// Writes down every event and input; nil where nobody asked for it.
  public var recorder: Recorder?
  private var lastRequest: UInt64 = 0
  /// What has come for requests whose answers stream, and is not read yet.
  private var streams = Table<RequestID, LabStream>()
  /// What the answers of requests under way would promise, for the watch.
  private var promises = Table<RequestID, PendingPromise>()

  /// How long a request may go unanswered before it counts as hung: no Docker command takes longer.
  public static let patience = Duration.seconds(120)

  /// A lab on this world.
  public init(_ world: World, watch: Watch? = Watch(.traps)) {
    self.world = world
    self.watch = watch
  }

  /// A lab of machines in no swarm.
  public init(_ plan: WorldPlan, watch: Watch? = Watch(.traps)) { self.init(World(plan), watch: watch) }

  /// A watch that keeps what it finds, for whoever reports it.
  public static var collectingWatch: Watch { Watch() }
  /// Laws that did not hold, in words.
  public var brokenLaws: [String] { watch?.violations.map(\.description) ?? [] }

  // MARK: Time

  /// The clock.
  public var now: Instant { world.now }

  /// Lets time pass.
  public mutating func advance(by span: Duration) { advance(to: world.now + span) }

  /// Lets time pass until an instant.
  public mutating func advance(to instant: Instant) {
    run(until: instant)
    collect()
  }

  /// Lets time pass event by event until `condition` holds; false if it does not by `limit`.
  public mutating func advance(upTo limit: Duration, until condition: (World) -> Bool) -> Bool {
    let end = world.now + limit
    while !condition(world) {
      guard let next = world.nextEventAt, next <= end else {
        advance(to: end)
        return condition(world)
      }
      run(until: next, atMost: 1)
      collect()
    }
    return true
  }

  /// Runs the world, event by event where somebody watches.
  private mutating func run(until limit: Instant, atMost events: Int = .max) {
    if watch == nil && recorder == nil {
      world.run(until: limit, atMost: events)
      return
    }
    var left = events
    while left > 0, world.run(until: limit, atMost: 1) > 0 {
      watch?.look(at: world)
      recorder?.note(world)
      left -= 1
    }
  }

  /// Lets whoever watches look at everything now.
  public mutating func sweep() { watch?.sweep(world) }

  /// Hands an input in.
  private mutating func accept(_ input: Input) {
    recorder?.note(input, into: world)
    if watch != nil, case .request(let id, let host, let request) = input { expect(id, at: host, request) }
    world.accept(input)
    watch?.look(at: world)
    recorder?.note(world)
  }

  // MARK: Requests

  /// Sends a request to a node and runs the world until the whole answer is there.
  ///
  /// Throws where the node is down, or does not answer for `patience`.
  public mutating func send(
    _ request: EngineRequest, to host: HostID, patience: Duration = Lab.patience
  ) throws(EngineUnreachable) -> EngineResponse {
    let id = open(request, at: host)
    let limit = world.now + patience
    while streams[id]?.isEnded == false {
      if !stepTowards(limit) { break }
    }
    guard let stream = streams.removeValue(id) else { throw EngineUnreachable(reason: "the request was lost") }
    if !stream.isEnded { accept(.hangUp(id)) }
    guard var response = stream.head, stream.isEnded, !stream.wasCut else {
      throw EngineUnreachable(reason: stream.isEnded ? "connection reset by peer" : "no answer")
    }
    response.body = stream.body
    return response
  }

  /// Sends a request whose answer streams; nothing runs yet.
  public mutating func open(_ request: EngineRequest, at host: HostID) -> RequestID {
    lastRequest += 1
    let id = RequestID(lastRequest)
    streams[id] = LabStream()
    accept(.request(id, node: host, request))
    collect()
    return id
  }

  /// The head of a streaming answer, once it is there; the world runs until then, at most to `limit`.
  public mutating func head(of id: RequestID, by limit: Instant) -> EngineResponse? {
    while let stream = streams[id], stream.head == nil, !stream.isEnded {
      if !stepTowards(limit) { break }
    }
    return streams[id]?.head
  }

  /// More of a streaming answer: the world runs until there is some, at most to `limit`. Nil at its end or at the limit.
  public mutating func read(_ id: RequestID, by limit: Instant) -> [UInt8]? {
    while let stream = streams[id] {
      if !stream.body.isEmpty { return streams[existing: id].takeBody() }
      if stream.isEnded { return nil }
      if !stepTowards(limit) { return nil }
    }
    return nil
  }

  /// Whether a streaming answer has ended.
  public func hasEnded(_ id: RequestID) -> Bool { streams[id]?.isEnded ?? true }

  /// Sends bytes on a hijacked connection.
  public mutating func write(_ bytes: [UInt8], to id: RequestID) {
    accept(.bytes(id, bytes))
    collect()
  }

  /// Says that nothing more will be sent on a hijacked connection.
  public mutating func closeWriting(_ id: RequestID) {
    accept(.closeWriting(id))
    collect()
  }

  /// Hangs up.
  public mutating func close(_ id: RequestID) {
    guard let stream = streams.removeValue(id) else { return }
    if !stream.isEnded { accept(.hangUp(id)) }
    collect()
  }

  // MARK: Faults

  /// Breaks or mends something.
  public mutating func apply(_ fault: Fault, for span: Duration? = nil) {
    accept(.fault(fault, for: span))
    collect()
  }

  /// Handles the next event, if it comes by `limit`; false, with the clock at the limit, if none does.
  private mutating func stepTowards(_ limit: Instant) -> Bool {
    guard let next = world.nextEventAt, next <= limit else {
      advance(to: limit)
      return false
    }
    run(until: next, atMost: 1)
    collect()
    return true
  }

  /// Notes what the answer to a request will promise.
  private mutating func expect(_ id: RequestID, at host: HostID, _ request: EngineRequest) {
    if request.method == "GET" { return }
    if PendingPromise.makesNewCluster(request) { watch?.forget() }
    guard let cluster = world[host].clusterID, let store = watch?.committedStore(of: cluster) else { return }
    promises[id] = PendingPromise(request, in: cluster, store)
  }

  /// Holds the swarm to an answer.
  private mutating func hear(_ output: EngineOutput) {
    guard output.isLast, let pending = promises.removeValue(output.request) else { return }
    guard case .answer(_, let response, let bytes) = output, response.status < 300 else { return }
    guard let promise = pending.promise(answeredBy: bytes.rendered(with: .fixed)) else { return }
    watch?.heard(promise, in: pending.cluster, at: world.now)
  }

  private mutating func collect() {
    for output in world.drainOutputs() {
      if !promises.isEmpty { hear(output) }
      streams.update(output.request) { stream in stream.take(output) }
    }
  }
}

/// What has come of one answer.
struct LabStream: Sendable {
  private(set) var head: EngineResponse?
  private(set) var body: [UInt8] = []
  private(set) var isEnded = false
  /// Whether the connection broke before the answer was whole.
  private(set) var wasCut = false

  mutating func take(_ output: EngineOutput) {
    switch output {
    case .answer(_, let response, let bytes):
      head = response
      take(bytes)
      isEnded = true
    case .head(_, let response): head = response
    case .bytes(_, let bytes): take(bytes)
    case .end: isEnded = true
    case .closed:
      isEnded = true
      wasCut = true
    }
  }

  private mutating func take(_ bytes: DatedBytes) {
    let rendered = bytes.rendered(with: .fixed)
    if body.isEmpty { body = rendered } else { body += rendered }
  }

  mutating func takeBody() -> [UInt8] {
    defer { body = [] }
    return body
  }
}
