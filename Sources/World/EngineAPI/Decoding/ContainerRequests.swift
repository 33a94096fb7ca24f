import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

/// What `GET /containers/json` asks for.
public struct ContainerList: Sendable, Equatable {
  /// Stopped ones too.
  public var all: Bool
  /// With sizes.
  public var withSize: Bool
  /// The newest so many, stopped ones included; 0 for no limit.
  public var limit: Int
  /// Filters, their names and fixed words checked.
  public var filters: FilterArguments

  private static let states = ["created", "running", "paused", "restarting", "removing", "exited", "dead"]
  private static let healths = ["none", "starting", "healthy", "unhealthy"]

  init(_ query: Query) throws(APIError) {
    all = query.flag("all")
    withSize = query.flag("size")
    switch GoNumber.parseInt(query["limit"]) {
    case .success(let number): limit = Int(number)
    case .failure(let fault):
      guard query["limit"].isEmpty else {
        throw APIError(.system, fault.message(of: "Atoi", query["limit"]))
      }
      limit = 0
    }
    filters = try FilterArguments(query["filters"])
    try filters.validate(
      "ancestor", "before", "exited", "expose", "health", "id", "isolation", "label", "name", "network", "publish",
      "since", "status", "volume", "is-task")
    for word in filters["status"] where !ContainerList.states.contains(word) {
      throw ContainerList.badWord(word, "status", "state", ContainerList.states)
    }
    for word in filters["health"] where !ContainerList.healths.contains(word) {
      throw ContainerList.badWord(word, "health", "health", ContainerList.healths)
    }
  }

  private static func badWord(_ word: String, _ key: String, _ noun: String, _ words: [String]) -> APIError {
    APIError(
      .invalidParameter,
      "invalid filter '\(key)=\(word)': invalid value for \(noun) (\(word)): must be one of "
        + words.joined(separator: ", "))
  }
}

/// How output is to be shown.
public struct LogOptions: Sendable, Equatable {
  /// Standard output.
  public var stdout: Bool
  /// Standard error.
  public var stderr: Bool
  /// What comes later too.
  public var follow: Bool
  /// A timestamp before each line.
  public var timestamps: Bool
  /// Attributes before each line.
  public var details: Bool
  /// Only lines from then on; nil for all.
  public var since: Instant?
  /// Only lines until then; nil for all.
  public var until: Instant?
  /// `all`, empty or the number of last lines, as sent.
  public var tail: String

  init(_ query: Query) throws(APIError) {
    self.init(streamsOf: query)
    since = try VirtualTime.instant(query["since"])
    until = try VirtualTime.instant(query["until"])
  }

  /// All but the times, which may be wrong.
  init(streamsOf query: Query) {
    stdout = query.flag("stdout")
    stderr = query.flag("stderr")
    follow = query.flag("follow")
    timestamps = query.flag("timestamps")
    details = query.flag("details")
    tail = query["tail"]
  }

  /// How many last lines; nil for all, which is also what a container makes of nonsense.
  public var lineLimit: Int? {
    guard let number = Int(tail), number >= 0 else { return nil }
    return number
  }

  /// What a service's logs make of a limit that is none.
  public func checkTail() throws(APIError) {
    if tail.isEmpty || tail == "all" { return }
    guard let number = Int(tail) else {
      throw APIError(.system, "tail value must be a positive integer or \"all\"")
    }
    if number < 0 { throw APIError(.system, "negative tail values not supported") }
  }
}

/// Times in queries. They come as seconds since the world's zero: the door has turned the client's dates into those.
enum VirtualTime {
  /// The moment that a parameter names; nil where it names none.
  static func instant(_ text: String) throws(APIError) -> Instant? {
    if text.isEmpty || text == "0" { return nil }
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let whole = Int64(parts[0]), abs(whole) < 9_000_000_000 else {
      throw APIError(.system, GoNumber.Fault.syntax.message(of: "ParseInt", text))
    }
    let digits = parts.count > 1 ? String(parts[1].prefix(9)) : ""
    let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0
    return Instant(nanoseconds: whole * 1_000_000_000 + (whole < 0 ? -fraction : fraction))
  }
}

/// When a wait ends. Source: moby/moby `api/types/container/waitresponse.go`.
public enum WaitCondition: String, Sendable {
  /// At once if the container does not run.
  case notRunning = "not-running"
  /// At its next end.
  case nextExit = "next-exit"
  /// When it is gone.
  case removed

  init(_ query: Query) throws(APIError) {
    let word = query["condition"]
    guard let condition = WaitCondition(rawValue: word.isEmpty ? "not-running" : word) else {
      throw APIError(.invalidParameter, "invalid condition: \(word.goQuoted)")
    }
    self = condition
  }
}

/// Which streams of a container a client joins.
public struct AttachOptions: Sendable, Equatable {
  /// Sends input.
  public var stdin: Bool
  /// Gets output.
  public var stdout: Bool
  /// Gets errors.
  public var stderr: Bool
  /// Gets what is yet to come.
  public var stream: Bool
  /// Gets what there was.
  public var logs: Bool
  /// Keys that end it; empty for the default.
  public var detachKeys: String
  /// Whether the client asked for an upgraded connection.
  public var upgrades: Bool

  init(_ query: Query, _ request: EngineRequest) {
    stdin = query.flag("stdin")
    stdout = query.flag("stdout")
    stderr = query.flag("stderr")
    stream = query.flag("stream")
    logs = query.flag("logs")
    detachKeys = query["detachKeys"]
    upgrades = request.header("Upgrade") != nil
  }
}

/// A process to be run in a container.
public struct ExecConfig: Sendable, Equatable {
  /// User and group; empty for the container's.
  public var user: String
  /// With all rights.
  public var isPrivileged: Bool
  /// With a terminal.
  public var tty: Bool
  /// Its size, height first; nil where absent.
  public var consoleSize: [Int]?
  /// Takes input.
  public var attachesStdin: Bool
  /// Gives output.
  public var attachesStdout: Bool
  /// Gives errors.
  public var attachesStderr: Bool
  /// Keys that end it; empty for the default.
  public var detachKeys: String
  /// `NAME=value`.
  public var env: [String]
  /// Where it starts; empty for the container's.
  public var workingDir: String
  /// Program and arguments.
  public var command: [String]

  init(_ json: JSON) throws(DecodingFault) {
    let fields = try JSONFields(json, "container.ExecOptions")
    user = try fields.text("User")
    isPrivileged = try fields.flag("Privileged")
    tty = try fields.flag("Tty")
    consoleSize = fields.any("ConsoleSize").array?.compactMap { $0.int.map(Int.init) }
    attachesStdin = try fields.flag("AttachStdin")
    attachesStdout = try fields.flag("AttachStdout")
    attachesStderr = try fields.flag("AttachStderr")
    detachKeys = try fields.text("DetachKeys")
    env = try fields.texts("Env")
    workingDir = try fields.text("WorkingDir")
    command = try fields.texts("Cmd")
    if command.isEmpty { throw .malformed("No exec command specified") }
  }
}
