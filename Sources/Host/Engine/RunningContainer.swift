import SimBase
import Workloads

/// A container's process and what goes on around it: all that a crash takes away.
///
/// Its phases: *starting* until the process runs, *running*, *ending* from the process's end until it is reported. While
/// starting, what a user asks (stop, kill) waits in `asked`.
struct RunningContainer: Sendable {
  enum Phase: Sendable, Hashable {
    case starting(Instant)
    case running
    case ending(code: Int32, reportedAt: Instant)
  }

  var phase: Phase
  /// What the process will be, until it is one.
  let launch: Launch
  var process: Process?
  /// Signals that came while it was starting.
  var asked: [Signal] = []
  /// When patience with a stop request ends.
  var killAt: Instant?
  var isStopAsked = false
  /// Whether it is to start again at once: `docker restart`.
  var restartsAfter = false
  /// Whether this start is a restart request's, which reports it.
  var isRestart = false
  /// Whether it is to be removed when it has ended, and its anonymous volumes with it.
  var removal: Removal?
  var pausedAt: Instant?
  var terminal = Terminal()
  /// What its probes say whatever they find: a fault.
  var forcedHealth: Bool?
  /// Whether its process takes no signal but SIGKILL: a fault.
  var isHung = false
  /// Whether networks have changed since its files were last made up.
  var hasStaleFiles = true
  /// When the process ended.
  var endedAt: Instant?
  var probe: HealthProbe?
  var nextProbe: Instant?
  /// Output that no line feed has ended yet.
  var unfinishedOutput: [UInt8] = []
  var unfinishedError: [UInt8] = []

  struct Removal: Sendable, Hashable {
    var withVolumes: Bool
  }

  init(startingUntil instant: Instant, launch: Launch) {
    phase = .starting(instant)
    self.launch = launch
  }

  /// When something is due.
  var nextDeadline: Instant? {
    switch phase {
    case .starting(let instant): instant
    case .ending(_, let instant): instant
    case .running:
      pausedAt != nil
        ? killAt
        : earliest(earliest(process?.nextDeadline, killAt), earliest(nextProbe, probe?.nextDeadline))
    }
  }
}

/// A container's restart policy at work.
struct RestartTimer: Sendable {
  /// How long it last waited; doubled from time to time.
  var wait = Duration.zero
  /// When it starts the container; nil while that runs.
  var due: Instant?

  /// The next wait: 100 ms, doubled each time up to a minute; from the beginning after a run of ten seconds.
  ///
  /// Source: moby/moby `daemon/internal/restartmanager/restartmanager.go`.
  mutating func nextWait(afterRunOf span: Duration) -> Duration {
    if span >= .seconds(10) { wait = .zero }
    wait = wait == .zero ? .milliseconds(100) : min(wait * 2, .minutes(1))
    return wait
  }
}

/// A port of the machine.
struct HostPort: Hashable, Comparable, Sendable {
  var transport: ContainerPort.Transport
  var number: UInt16

  static func < (a: HostPort, b: HostPort) -> Bool { (a.transport, a.number) < (b.transport, b.number) }
}

/// Who holds a port of the machine, and on which of its addresses.
struct PortHolder: Sendable {
  var container: ContainerNumber
  var address: IPv4Address
}
