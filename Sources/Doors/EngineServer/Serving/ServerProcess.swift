import EngineTypes
import NIOCore
import NIOPosix
import SimBase
import SwarmNode

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The process that serves one lab: from its folder to its sockets, until it is told to stop.
public struct ServerProcess: Sendable {
  private let folder: LabFolder
  private let report: @Sendable (String) -> Void

  /// A process for the lab in this folder. `report` is told how a long start goes on.
  public init(_ folder: LabFolder, report: @escaping @Sendable (String) -> Void) {
    self.folder = folder
    self.report = report
  }

  /// Serves until SIGTERM, SIGINT or a `stop`. `ready` is called once clients can come. Blocks the calling thread, which
  /// must be the process's first and only one so far, so that all later ones inherit its blocked signals.
  public func run(ready: (LabPlan) -> Void) throws {
    let plan = try folder.plan()
    guard let lock = try FileLock.take(folder.pidPath) else {
      throw DoorError.alreadyRunning(folder.name, pid: folder.pid)
    }
    lock.note("\(ProcessFacts.pid)\n")
    ProcessFacts.raiseDescriptorLimit()
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)

    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    let server = try loop.submit { NIOLoopBound(try open(plan, loop), eventLoop: loop) }.wait()
    let listeners = Listeners(loop: loop, server: server)
    let bound = try bind(listeners, plan)
    try loop.submit { try start(server.value, plan, NodeDoors(bound, listeners)) }.wait()
    ready(plan)

    var signal: Int32 = 0
    sigwait(&signals, &signal)
    try loop.submit { try server.value.close(folder) }.wait()
    try Files.remove(folder.sockets.folder)
    withExtendedLifetime(lock) {}
  }

  /// Binds all sockets. A new lab whose block of addresses somebody took since it was chosen takes another.
  private func bind(_ listeners: Listeners, _ plan: LabPlan) throws(DoorError) -> Listeners.Bound {
    var plan = plan
    while true {
      do {
        return try listeners.bindAll(folder, plan)
      } catch DoorError.addressInUse(let address) {
        if Files.exists(folder.formedPath) { throw .addressInUse(address) }
        plan.block = try folder.folders.freeBlock(after: plan.block)
        try Files.write(plan.json, to: folder.planPath)
      }
    }
  }

  /// Makes the server with its world: new, booted from the disks of a clean stop, or replayed after a kill.
  private func open(_ plan: LabPlan, _ loop: any EventLoop) throws -> LabServer {
    let resumes = Files.exists(folder.formedPath)
    if !resumes { try forget() }
    let world = WorldHandle(plan)
    let journal: Journal
    var lastRequest: UInt64 = 0
    var orphans: [RequestID] = []
    if resumes && Files.exists(folder.journalPath) {
      let past = try Journal.read(folder.journalPath, bodies: folder.bodiesPath)
      let replay = Replay(world: world, build: past.header.build, report: report)
      (lastRequest, orphans) = try replay.run(past.records, to: ReachedFile.read(folder.reachedPath))
      journal = try Journal(resuming: folder.journalPath, bodies: folder.bodiesPath, at: past.wholeLength)
    } else {
      let header = JournalHeader(build: Build.identity, seed: plan.seed)
      journal = try Journal(creating: folder.journalPath, bodies: folder.bodiesPath, header)
    }
    let server = LabServer(
      plan: plan, world: world, loop: loop, journal: journal, reachedFile: try ReachedFile(folder.reachedPath),
      lastRequest: lastRequest)
    server.end = { kill(getpid(), SIGTERM) }
    // Whoever was connected when the last server died is gone.
    for id in orphans { server.submit(.hangUp(id)) }
    return server
  }

  /// What is left of a start that never came to its end.
  private func forget() throws(DoorError) {
    for path in [folder.journalPath, folder.bodiesPath, folder.reachedPath, folder.disksPath] {
      try Files.remove(path)
    }
  }

  private func start(_ server: LabServer, _ plan: LabPlan, _ doors: NodeDoors) throws {
    server.doors = doors
    if !Files.exists(folder.formedPath) {
      try Formation(server: server, plan: plan).run()
      try Files.write([], to: folder.formedPath)
    }
    server.begin()
  }
}
