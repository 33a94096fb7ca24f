import EngineTypes
import NIOCore
import NIOPosix
import SimBase
import Synchronization
import Testing

@testable import EngineServer

/// A lab over real sockets in a folder of its own, with a world that echoes; gone when it goes out of scope.
final class TestLab {
  let folder: LabFolder
  private(set) var plan: LabPlan
  let clock: HandClock
  private let loop: any EventLoop
  private let group: MultiThreadedEventLoopGroup
  private let server: NIOLoopBound<LabServer>

  private static let counter = Mutex(0)

  /// A served lab. With a stopped clock, virtual time passes only by `clock.pass` and by jumps.
  init(nodes: Int = 1, managers: Int = 0, speed: Double = 1, realClock: Bool = false, journaled: Bool = true) throws {
    let number = TestLab.counter.withLock {
      $0 += 1
      return $0
    }
    let root = "/tmp/slt\(ProcessFacts.pid)-\(number)"
    folder = LabFolders(state: root + "/s", runtime: root + "/r").lab("lab")
    plan = LabPlan(
      name: "lab", seed: 7,
      nodes: (1...nodes).map { LabPlan.Node(name: "node\($0)", address: "10.99.0.\(10 + $0)") },
      managers: managers, speed: speed, block: 150 + (Int(ProcessFacts.pid) * 7 + number) % 100)
    try folder.create(plan)
    clock = HandClock()
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    self.loop = loop
    let wall = realClock ? WallClock.system : clock.wall
    let (plan, folder) = (plan, folder)
    server = try loop.submit {
      let journal = try Journal(
        creating: folder.journalPath, bodies: folder.bodiesPath, JournalHeader(build: "test", seed: 7))
      let server = LabServer(
        plan: plan, world: WorldHandle(echo: EchoWorld()), loop: loop, clock: wall, journal: journaled ? journal : nil,
        reachedFile: try ReachedFile(folder.reachedPath))
      return NIOLoopBound(server, eventLoop: loop)
    }.wait()
    let listeners = Listeners(loop: loop, server: server)
    let bound = try bind(listeners)
    try onLoop {
      $0.doors = NodeDoors(bound, listeners)
      try Formation(server: $0, plan: plan).run()
      $0.begin()
    }
  }

  /// Binds the lab's sockets. Other tests, and other people's, take addresses too: then it takes others.
  private func bind(_ listeners: Listeners) throws -> Listeners.Bound {
    for _ in 0..<50 {
      do {
        return try listeners.bindAll(folder, plan)
      } catch DoorError.addressInUse {
        plan.block = Int.random(in: 130...254)
      }
    }
    throw DoorError.addressInUse("127.\(plan.block).0.1:2375")
  }

  deinit {
    group.shutdownGracefully { _ in }
    try? Files.remove(String(folder.folders.state.dropLast(2)))
  }

  /// Does something with the server, on its own thread.
  @discardableResult
  func onLoop<T: Sendable>(_ body: @Sendable @escaping (LabServer) throws -> T) throws -> T {
    let server = server
    return try loop.submit { try body(server.value) }.wait()
  }

  /// Lets so much wall time pass, between two turns: within one it would count as a stall, and the pace would slip.
  func pass(_ span: Duration) throws {
    let clock = clock
    try onLoop {
      clock.pass(span)
      $0.pump()
    }
  }

  /// A client of a node, over its unix socket.
  func client(_ node: String = "node1") throws -> SocketClient {
    try SocketClient(host: "unix://" + folder.sockets.node(node))
  }

  /// A client of the control socket.
  func control() throws -> SocketClient { try SocketClient(host: "unix://" + folder.sockets.control) }

  /// Asks the control socket, and gives the status and the document.
  func control(_ method: String, _ path: String, _ body: JSON = .null) throws -> (status: Int, document: JSON) {
    var request = EngineRequest(method, path, headers: [HTTPHeader("Host", "swarmlab")])
    if !body.isNull { request.body = Array(body.text.utf8) }
    let answer = try control().send(request)
    return (answer.status, try JSON.parse(answer.body))
  }

  /// A bare connection to a node.
  func connect(_ node: String = "node1") throws -> SocketConnection {
    try SocketConnection(to: SocketAddressText("unix://" + folder.sockets.node(node)))
  }

  /// Runs the journal again in a new world, and gives its hash.
  func replayedHash() throws -> UInt64 {
    let past = try Journal.read(folder.journalPath, bodies: folder.bodiesPath)
    let world = WorldHandle(echo: EchoWorld())
    _ = try Replay(world: world, build: Build.identity, report: { _ in }).run(past.records, to: .zero)
    return world.traceHash()
  }
}

/// A clock that a test moves by hand.
final class HandClock: Sendable {
  private let state = Mutex((monotonic: Int64(1_000_000_000), date: Int64(1_800_000_000_000_000_000)))

  var wall: WallClock {
    WallClock(
      monotonic: { self.state.withLock { $0.monotonic } },
      date: { Timestamp(unixNanoseconds: self.state.withLock { $0.date }) })
  }

  /// Wall time passes.
  func pass(_ span: Duration) {
    state.withLock {
      $0.monotonic += span.nanoseconds
      $0.date += span.nanoseconds
    }
  }

  /// The laptop sleeps: its date moves on, and nothing else.
  func sleep(_ span: Duration) { state.withLock { $0.date += span.nanoseconds } }

  var date: Timestamp { wall.date() }
}

extension EngineResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
}

extension SocketConnection {
  /// All that comes until the other side closes.
  func readAll() -> [UInt8] {
    var all: [UInt8] = []
    while case let more = read(), !more.isEmpty { all += more }
    return all
  }

  func readAllText() -> String { String(decoding: readAll(), as: UTF8.self) }
}
