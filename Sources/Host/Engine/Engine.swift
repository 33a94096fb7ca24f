import Shell
import SimBase
import Workloads

/// One machine's Docker, without a swarm: images, containers, commands in them, volumes, local networks, logs, events.
///
/// It decides what happens in one engine and when. Calls change it at once or refuse with an `EngineError`; what takes
/// time (a pull, a start, a stop, a probe) ends in a later `advance`, which is due at `nextDeadline` and posts
/// `EngineNotice`s for those who wait. Everything on disk is in `EngineDisk`, which outlives a crash; processes, execs,
/// pulls and events are in `EngineMemory`, which does not.
///
/// A container's life:
///
///     create ─▶ created ─start─▶ (starting) ─▶ running ◀─▶ paused
///                  ▲                              │ its process ends
///                  └ start refused                ▼
///                              exited ◀─ (ending) ─▶ restarting ─▶ (starting)
///
/// *Starting* and *ending* last what containerd takes; `docker ps` shows the state before.
///
/// **Differs from Docker:** a start that must fail (no such binary, port taken) fails at once, not after containerd's
/// 0.1 s. A container's end waits for nobody: Docker can take 2 s longer when a process keeps its output open. Logs
/// keep the last 65,536 lines and some.
public struct Engine: Sendable {
  /// The machine's host name.
  public var hostname: String
  /// What machine and engine are like.
  public var config: EngineConfig
  /// Whether the machine is in a swarm: a network that is not here may then be the swarm's.
  public var isInSwarm = false
  var disk: EngineDisk
  var memory = EngineMemory()
  private var idDice: Dice
  private var costDice: Dice
  private var nameDice: Dice
  var processDice: Dice

  /// An engine on an empty disk or on one that was left behind. Its containers begin in `boot`.
  public init(hostname: String, dice: Dice, config: EngineConfig = EngineConfig(), disk: EngineDisk = EngineDisk()) {
    self.hostname = hostname
    self.config = config
    self.disk = disk
    // An engine on an old disk must not draw the IDs that are there.
    idDice = dice.forked("ids/\(disk.boots)")
    costDice = dice.forked("costs")
    nameDice = dice.forked("names/\(disk.boots)")
    processDice = dice.forked("processes")
    self.disk.boots += 1
    if self.disk.networks.isEmpty {
      addPredefinedNetworks()
      addImagesAtHand()
    }
  }

  /// When `advance` must be called next; nil while nothing is under way.
  public var nextDeadline: Instant? { memory.deadlines.first?.instant }

  /// Does everything that is due by now, in order of time.
  public mutating func advance(to now: Instant, into out: inout Outbox<EngineNotice>) {
    while let due = memory.deadlines.popFirst(upTo: now) {
      switch due.key {
      case .container(let number): continueContainer(number, at: due.instant, into: &out)
      case .exec(let number): continueExec(number, at: due.instant, into: &out)
      case .push(let id): finishPush(id, into: &out)
      case .pull(let id): continuePull(id, at: due.instant, into: &out)
      }
    }
  }

  // MARK: Looking things up

  /// The container with this ID, name or beginning of an ID.
  public func container(_ key: ContainerKey) throws(EngineError) -> Container {
    disk.containers[existing: try find(key)]
  }

  /// The container with this ID; nil if it is gone.
  public func container(_ id: ContainerID) -> Container? { disk.numbers[id].flatMap { disk.containers[$0] } }

  /// All containers, oldest first.
  public var containers: [Container] { disk.containers.values }

  /// How many containers there are in all.
  public var containerCount: Int { disk.containers.count }

  /// Source: moby/moby `daemon/container.go` (`GetContainer`): full ID, then name, then a beginning that is unique.
  func find(_ key: ContainerKey) throws(EngineError) -> ContainerNumber {
    switch key {
    case .typed(let text): return try find(text)
    case .id(let id):
      guard let number = disk.numbers[id] else { throw .noSuchContainer(id.description) }
      return number
    }
  }

  private func find(_ text: String) throws(EngineError) -> ContainerNumber {
    if text.isEmpty { throw .emptyIdentifier }
    if let id = ContainerID(text), let number = disk.numbers[id] { return number }
    let name = text.hasPrefix("/") ? String(text.dropFirst()) : text
    if let number = disk.names[name] ?? disk.links[name].flatMap({ disk.numbers[$0] }) { return number }
    guard let lowest = ContainerID(lowestWithPrefix: text) else { throw .noSuchContainer(text) }
    var found: ContainerNumber?
    for (id, number) in disk.numbers.from(lowest) {
      if !id.description.hasPrefix(text) { break }
      if found != nil { throw .ambiguousPrefix(text) }
      found = number
    }
    guard let found else { throw .noSuchContainer(text) }
    return found
  }

  // MARK: Drawing

  mutating func drawID<Tag>() -> HexID<Tag> { HexID(drawnFrom: &idDice) }
  mutating func drawCost(_ range: Range<Duration>) -> Duration { costDice.duration(in: range) }
  mutating func drawName(attempt: Int) -> String { ContainerName.drawn(from: &nameDice, attempt: attempt) }
}

/// What an engine holds in its memory and loses in a crash.
struct EngineMemory: Sendable {
  var running: Table<ContainerNumber, RunningContainer> = [:]
  var restarts: Table<ContainerNumber, RestartTimer> = [:]
  /// What attached clients have sent to containers whose process has yet to begin.
  var earlyInput: Table<ContainerNumber, EarlyInput> = [:]
  var execs: Table<Int, Exec> = [:]
  var execNumbers: Table<ExecID, Int> = [:]
  var nextExec = 0
  var pulls: Table<PullID, Pull> = [:]
  var nextPull = 0
  var pushes: Table<PushID, Push> = [:]
  var hostPorts: Table<HostPort, [PortHolder]> = [:]
  var deadlines = DeadlineHeap<Due>()
  var events = ChunkedList<EngineEvent>()
  var watches: Table<ContainerNumber, Watch> = [:]
  var eventFollowers = 0
  /// The last config that was filled from an image: tasks of one service share it.
  var lastFill: (given: Shared<ContainerConfig>, image: ImageID, filled: Shared<ContainerConfig>)?
  /// What the last container got from its machine: the same goes for it.
  var lastHost: Shared<HostConfig>?
  var nextPID = 2_000
  /// Commands that processes wait for, by the number that they have outside.
  var commands: Table<CommandID, HostedCommand> = [:]
  var nextCommand = 0
  /// What mounts showed when a container's process last ran, so that changes on either side are told apart.
  var seenMounts: Table<ContainerNumber, [FileTree]> = [:]
  /// Files that are handed to a container from outside: secrets and configs. They are never on a disk.
  var handedFiles: Table<ContainerNumber, [HandedFile]> = [:]
  /// What images do, by image: looking it up by name is slow.
  var personas: Table<ImageID, Shared<Persona>> = [:]
  /// The files of fresh containers, by image.
  var freshFiles: Table<ImageID, FileTree> = [:]
  var isShuttingDown = false
}

/// Who watches a container.
struct Watch: Sendable {
  var outputs = 0
  var logs = 0
}

/// What a deadline belongs to.
enum Due: Hashable, Comparable, Sendable {
  case container(ContainerNumber)
  case exec(Int)
  case pull(PullID)
  case push(PushID)

  static func < (a: Due, b: Due) -> Bool { a.order < b.order }

  private var order: (Int, Int) {
    switch self {
    case .container(let number): (0, number.raw)
    case .exec(let number): (1, number)
    case .pull(let id): (2, id.number)
    case .push(let id): (3, id.number)
    }
  }
}
