import EngineAPI
import EngineTypes
import NIOCore
import SimBase
import SwarmNode

/// Owns a lab's world, on one event loop: lets time pass in it, hands requests in and answers out.
///
/// It is no `Sendable`, so the compiler keeps it, and the world in it, on the loop's thread: others reach it through a
/// `NIOLoopBound`. There is one arrival order, that of the loop, and no lock.
///
/// A *turn* (`pump`) is: handle what is due, take inputs in, write answers out; at most 2 ms or one event of it, then the
/// listeners are polled. An input gets the instant max(last event, paced now): what is due before it is handled first, and
/// every event of its own instant that is already in the queue, so that a replay which knows only the instant takes the
/// same way. It is journaled before the world sees it, and the journal is on disk before a change is answered.
final class LabServer {
  /// What the lab is made of.
  let plan: LabPlan
  /// The nodes' doors; set once they are bound.
  var doors: NodeDoors?
  /// Writes a line about a fault of swarmlab's into the server's log.
  var tellBug: (String) -> Void = { ProcessFacts.log($0) }
  /// Ends the process: `stop` and `down` call it once their answer is out.
  var end: () -> Void = {}

  let world: WorldHandle
  let clock: WallClock
  var pace: Pace
  /// A jump of the clock under way.
  var jump: Jump?
  /// Who waits for an instant, in order of arrival.
  var waiting: [(until: Instant, connection: HTTPConnection)] = []
  /// When the server began, by the monotonic clock.
  let startedAt: Int64

  /// What swarmlab itself has done wrong in this lab since it was started, as far as it has noticed.
  private(set) var bugs: [String] = []

  private let loop: any EventLoop
  private let journal: Journal?
  private let reachedFile: ReachedFile?
  private var inbox: [DoorInput] = []
  private var lastRequest: UInt64
  private var replies: [RequestID: Reply] = [:]
  /// Requests that may have changed something, and whose answer has to wait for the disk.
  private var changes: Set<RequestID> = []
  /// Doors of nodes that live again, and are not yet open.
  private var opening: [EventLoopFuture<any Channel>] = []
  private var cloggedCount = 0
  private var isPumping = false
  private var wake: Scheduled<Void>?
  private var reachedNotedAt: Int64 = 0

  private static let slice = TimeAmount.milliseconds(2)
  private static let batch = 64

  /// A jump of the clock to an instant.
  struct Jump {
    let from: Instant
    let target: Instant
    let connection: HTTPConnection
  }

  /// A server of this world. `lastRequest` is the highest number that the epoch has used.
  init(
    plan: LabPlan, world: WorldHandle, loop: any EventLoop, clock: WallClock = .system, journal: Journal? = nil,
    reachedFile: ReachedFile? = nil, lastRequest: UInt64 = 0
  ) {
    self.plan = plan
    self.world = world
    self.loop = loop
    self.clock = clock
    self.journal = journal
    self.reachedFile = reachedFile
    self.lastRequest = lastRequest
    startedAt = clock.monotonic()
    pace = Pace(speed: plan.speed, at: world.now(), clock)
  }

  /// Starts to count from this moment: called once the lab is formed or resumed, which is not paced.
  func begin() {
    pace.anchor(at: world.now(), clock)
    followNodes()
    pump()
  }

  /// Closes the doors of nodes that have died, and opens those of nodes that live again.
  private func followNodes() {
    for node in plan.nodes.indices { opening += doors?.set(node, isOpen: world.isUp(node)) ?? [] }
  }

  /// Does something once the doors that are to be open are.
  func onceDoorsAreOpen(_ body: @escaping () -> Void) {
    let all = EventLoopFuture.andAllComplete(opening, on: loop)
    opening = []
    all.assumeIsolated().whenComplete { _ in body() }
  }

  /// Whether somebody reads so slowly that virtual time waits.
  var isHeldUp: Bool { cloggedCount > 0 }

  /// What dates are written with now.
  var epoch: Epoch { pace.epoch(at: world.now(), clock) }

  // MARK: Inputs

  /// Takes an input in as soon as what is due before it is done.
  func submit(_ input: DoorInput) {
    inbox.append(input)
    pump()
  }

  /// A request's number, for its answer to find the way back.
  private func number(_ reply: Reply, _ request: EngineRequest) -> RequestID {
    lastRequest += 1
    let id = RequestID(lastRequest)
    replies[id] = reply
    if request.method != "GET" && request.method != "HEAD" { changes.insert(id) }
    return id
  }

  private func acceptAll() {
    let inputs = inbox
    inbox = []
    for input in inputs {
      // What is left of this very instant comes before the input, as it does in a replay.
      while world.run(world.now(), LabServer.batch) == LabServer.batch {}
      do {
        try journal?.append(JournalRecord(instant: world.now(), traceHash: world.traceHash(), input: input))
      } catch {
        // A history that cannot be written down must not go on: it could not be resumed.
        preconditionFailure("\(error)")
      }
      world.accept(input)
      if case .fault = input { followNodes() }
    }
  }

  // MARK: Turns

  /// One turn. A call from within a turn only leaves its input behind: the turn under way takes it.
  func pump() {
    if isPumping { return }
    isPumping = true
    // By the loop's own clock: a slice is for the sockets' sake, whatever clock the lab has.
    let end = NIODeadline.now() + LabServer.slice
    var isCaughtUp = runDue(until: end)
    while !inbox.isEmpty && NIODeadline.now() < end {
      acceptAll()
      isCaughtUp = runDue(until: end)
    }
    settle()
    isPumping = false
    armWake(isCaughtUp: isCaughtUp && inbox.isEmpty)
  }

  private var horizon: Instant {
    let now = world.now()
    if isHeldUp { return now }
    return max(now, jump?.target ?? pace.due(clock))
  }

  /// Handles due events, and writes out what comes of them, until the slice ends; whether none is left.
  private func runDue(until end: NIODeadline) -> Bool {
    while true {
      let handled = world.run(horizon, LabServer.batch)
      deliver()
      if handled < LabServer.batch { return true }
      if NIODeadline.now() >= end { return false }
    }
  }

  private func deliver() {
    let outputs = world.drainOutputs()
    if outputs.isEmpty { return }
    if outputs.contains(where: { $0.acknowledges && changes.contains($0.request) }) {
      do { try journal?.sync() } catch { preconditionFailure("\(error)") }
    }
    let epoch = epoch
    for output in outputs {
      guard let reply = replies[output.request] else { continue }
      switch output {
      case .answer(let id, let head, let body):
        forget(id)
        reply.answer(head, body.rendered(with: epoch))
      case .head(_, let head): reply.begin(head)
      case .bytes(_, let bytes): reply.send(bytes.rendered(with: epoch))
      case .end(let id):
        forget(id)
        reply.end()
      case .closed(let id):
        forget(id)
        reply.drop()
      }
    }
  }

  private func forget(_ id: RequestID) {
    replies[id] = nil
    changes.remove(id)
  }

  /// Looks at what has come to pass with the time.
  private func settle() {
    let now = world.now()
    if let jump {
      if now >= jump.target { endJump() }
    } else {
      pace.reached(now, clock)
    }
    let done = waiting.filter { $0.until <= now }
    waiting.removeAll { $0.until <= now }
    for wait in done { answer(wait.connection, clockJSON) }
    let wall = clock.monotonic()
    if wall - reachedNotedAt >= 1_000_000_000 {
      reachedNotedAt = wall
      reachedFile?.note(now)
      noteBugs()
    }
  }

  /// Says loudly, once, what swarmlab itself did wrong: a simulator that breaks its own rules in silence misleads.
  func noteBugs() {
    for text in world.refusedMoves() where !bugs.contains(text) {
      bugs.append(text)
      tellBug(
        "\(world.now()) a fault of swarmlab's: a write was refused that no part of a swarm may make: \(text). Please report "
          + "it with the lab's folder; what the lab does from here on may not be what Docker does.")
    }
  }

  /// Ends the jump under way where it has got to.
  func endJump() {
    guard let jump else { return }
    self.jump = nil
    pace.anchor(at: world.now(), clock)
    answer(jump.connection, clockJSON)
  }

  private func armWake(isCaughtUp: Bool) {
    wake?.cancel()
    wake = nil
    // The loop polls its sockets only when no task is due at once: the least wait lets it.
    var delay: Int64 = 50_000
    if isHeldUp && isCaughtUp { return }  // The reader's progress wakes us.
    if isCaughtUp && jump == nil {
      // Once a second while time passes, for the note of how far it has come.
      delay = 1_000_000_000
      let next = earliest(world.nextEventAt(), waiting.map(\.until).min())
      if let due = next.flatMap(pace.wallTime) { delay = min(delay, max(50_000, due - clock.monotonic())) }
      if pace.isPaused { return }
    }
    wake = loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) { [unowned self] in pump() }
  }

  /// Stops for good: answers nothing more, and writes what the next `up` needs. Where the world can hand out its disks the
  /// epoch ends here; else its journal is kept, to be replayed.
  func close(_ folder: LabFolder) throws(DoorError) {
    wake?.cancel()
    isPumping = true
    reachedFile?.note(world.now())
    try journal?.sync()
    if let disks = world.disks() {
      try Files.write(disks, to: folder.disksPath)
      try Files.remove(folder.journalPath)
      try Files.remove(folder.bodiesPath)
      try Files.remove(folder.reachedPath)
    }
  }
}

// MARK: Requests of this process itself

extension LabServer {
  /// Sends a request and runs the world, unpaced, until the answer is there; nil after so much virtual time without one.
  func ask(_ node: Int, _ request: EngineRequest, patience: Duration = .seconds(60)) -> EngineResponse? {
    askAll([(node, request)], patience: patience).first ?? nil
  }

  /// Sends requests all at once and runs the world, unpaced, until the last answer is there.
  func askAll(_ requests: [(node: Int, request: EngineRequest)], patience: Duration) -> [EngineResponse?] {
    let answers = requests.map { node, request in
      let answer = LocalAnswer()
      inbox.append(.request(number(.local(answer), request), node: node, request))
      return answer
    }
    acceptAll()
    runUnpaced(to: world.now() + patience) { answers.allSatisfy(\.isWhole) }
    return answers.map { $0.isWhole ? $0.response : nil }
  }

  /// Runs the world, unpaced, for a span, or until something is so.
  func runUnpaced(to limit: Instant, until isDone: () -> Bool = { false }) {
    deliver()
    while !isDone() && world.run(limit, 1) > 0 { deliver() }
  }
}

// MARK: Connections

extension LabServer: HTTPService {
  var date: Timestamp { epoch.date(world.now()) }

  func received(_ request: EngineRequest, from connection: HTTPConnection) {
    guard let node = connection.node else {
      control(request, connection)
      return
    }
    let request = DateRewriting.rewrite(request, with: epoch)
    let id = number(.connection(connection), request)
    connection.request = id
    submit(.request(id, node: node, request))
  }

  func received(_ bytes: [UInt8], from connection: HTTPConnection) {
    if let id = connection.request { submit(.bytes(id, bytes)) }
  }

  func closedWriting(_ connection: HTTPConnection) {
    if let id = connection.request { submit(.closeWriting(id)) }
  }

  func hungUp(_ connection: HTTPConnection) {
    waiting.removeAll { $0.connection === connection }
    if jump?.connection === connection { endJump() }  // ^C ends an `advance` where it has got to.
    guard let id = connection.request else { return }
    connection.request = nil
    forget(id)
    submit(.hangUp(id))
  }

  func clogged(_ connection: HTTPConnection, _ isClogged: Bool) {
    cloggedCount += isClogged ? 1 : -1
    if !isClogged { pump() }
  }
}

extension EngineOutput {
  /// Whether a client may take it as word that what it asked for is done: all but the pieces of a stream.
  var acknowledges: Bool { if case .bytes = self { false } else { true } }
}
