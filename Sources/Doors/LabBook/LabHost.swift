import Shell
import SimBase

/// The cluster that a lab runs on: the simulator in process, or a real swarm.
///
/// A lab is the only one who moves its time: `run` and `advance` return when the cluster's own clock stands where they
/// say.
public protocol LabHost: AnyObject {
  /// The cluster's clock.
  var now: Instant { get }
  /// The date of the clock's zero as seconds since 1970.
  var zeroSeconds: Int64 { get }
  /// The machines that exist now, in a fixed order. `docker compose up` may add some.
  var nodeNames: [String] { get }
  /// Programs beside the shell's own: `docker`, `curl`, `ping`.
  var programs: [String] { get }
  /// The seed of this history.
  var seed: UInt64 { get }
  /// The hash of the history so far.
  var traceHash: String { get }
  /// Laws of a swarm that did not hold so far, in words: a fault of ours, not of the lab.
  var brokenLaws: [String] { get }

  /// The files that a place starts with.
  func files(of place: LabPlace) -> FileTree
  /// Runs a program to its end, but no longer than until the limit: then it is hung up on.
  func run(_ call: LabCall) -> LabAnswer
  /// Does one of the lab's own verbs: the words after `swarmlab`, such as `chaos kill node1`.
  func control(_ words: [String], limit: Instant) -> LabAnswer
  /// Lets time pass.
  func advance(by span: Duration)
}

extension LabHost {
  /// None, for clusters whose inside nobody sees.
  public var brokenLaws: [String] { [] }
}

/// The files of a place, shared by its shell and the programs that run there.
public final class LabFiles {
  /// The tree as it is now.
  public var tree: FileTree

  /// Files to share.
  public init(_ tree: FileTree) { self.tree = tree }
}

/// A program that a lab's command calls.
public struct LabCall {
  /// Where it runs.
  public var place: LabPlace
  /// Its words, its environment and its directory.
  public var command: ExternalCommand
  /// The files of that place, to read and to write.
  public var files: LabFiles
  /// The next bytes of its standard input; nil at the end. Time may pass while it waits.
  public var input: () -> [UInt8]?
  /// When it is hung up on.
  public var limit: Instant

  /// A call.
  public init(
    place: LabPlace, command: ExternalCommand, files: LabFiles, input: @escaping () -> [UInt8]?, limit: Instant
  ) {
    self.place = place
    self.command = command
    self.files = files
    self.input = input
    self.limit = limit
  }

  /// All of its standard input.
  public func wholeInput() -> [UInt8] {
    var whole: [UInt8] = []
    while let more = input() { whole += more }
    return whole
  }
}

/// What became of a program.
public enum LabAnswer: Sendable, Equatable {
  /// It has ended; what it wrote is in the order of writing.
  case ended([LabOutput], status: Int)
  /// It was still running when its time was up.
  case unanswered([LabOutput])
  /// There is no program of that name.
  case notFound

  /// A program that wrote one text on standard output.
  public static func printed(_ text: String, status: Int = 0) -> LabAnswer {
    .ended([LabOutput(.output, text)], status: status)
  }
}

/// A piece of what a program wrote.
public struct LabOutput: Sendable, Equatable {
  /// On which stream.
  public var stream: ShellStream
  /// The bytes.
  public var bytes: [UInt8]

  /// A piece of output.
  public init(_ stream: ShellStream, _ bytes: [UInt8]) {
    self.stream = stream
    self.bytes = bytes
  }

  /// A piece of output.
  public init(_ stream: ShellStream, _ text: String) { self.init(stream, Array(text.utf8)) }
}
