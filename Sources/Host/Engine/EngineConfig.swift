import SimBase
import Workloads

/// What a machine and its engine are like: valid by default.
public struct EngineConfig: Sendable {
  /// How long things take.
  public var costs = EngineCosts()
  /// How many processors the machine has.
  public var cpus = 2
  /// How much memory it has, in bytes.
  public var memory: UInt64 = 25_276_510_208
  /// What its engine was started with.
  public var daemon = DaemonFlags()
  /// The images that its registries have.
  public var library = Shared(PersonaLibrary())
  /// The images that a new machine has on its disk already.
  public var imagesAtHand: [ImageReference] = []
  /// What is wrong with its registries.
  public var registry = RegistryCondition()
  /// How long `docker stop` waits if neither it nor the container says.
  public var stopTimeout = Duration.seconds(10)
  /// How many lines of a container's log are kept at least.
  public var logLimit = 65_536

  /// A small machine with the built-in images.
  public init() {}
}

/// How long an engine takes for things, drawn evenly from these ranges.
///
/// Source: a real 28.5.2 swarm on one machine: a container whose process ends at once lives 0.2 s from request to
/// report, one that obeys SIGTERM is reported dead 0.19 s later, a cheap health probe takes 0.07 to 0.1 s.
public struct EngineCosts: Sendable, Hashable {
  /// From the request until the process runs.
  public var start = Duration.milliseconds(120)..<Duration.milliseconds(180)
  /// From the end of the process until it is reported.
  public var exit = Duration.milliseconds(60)..<Duration.milliseconds(120)
  /// From the request until a command in a running container runs.
  public var exec = Duration.milliseconds(50)..<Duration.milliseconds(90)
  /// What a registry takes to say what it has.
  public var manifest = Duration.milliseconds(25)..<Duration.milliseconds(45)
  /// Bytes a second that come from a registry.
  public var downloadRate: Int64 = 120_000_000
  /// Bytes a second that are unpacked.
  public var unpackRate: Int64 = 400_000_000

  /// Costs as measured.
  public init() {}

  /// Nothing takes any time: for tests that are about something else.
  public static var none: EngineCosts {
    var costs = EngineCosts()
    let nothing = Duration.zero..<Duration.zero
    (costs.start, costs.exit, costs.exec, costs.manifest) = (nothing, nothing, nothing, nothing)
    costs.downloadRate = .max
    costs.unpackRate = .max
    return costs
  }
}

/// What is wrong with the registries that an engine asks.
public struct RegistryCondition: Sendable, Hashable {
  /// The ways in which they can fail.
  public enum Fault: UInt8, Sendable, Hashable {
    /// Nobody answers.
    case down
    /// They want a login.
    case unauthorized
    /// They have lost everything.
    case empty
  }

  /// How they fail; nil if they do not.
  public var fault: Fault?
  /// How many times as long everything takes.
  public var slowdown: Int64 = 1

  /// Nothing is wrong.
  public init() {}
}
