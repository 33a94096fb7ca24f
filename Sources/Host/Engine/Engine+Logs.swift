import SimBase
import Workloads

/// Which lines of a container's log are wanted.
public struct LogSelection: Sendable, Hashable {
  /// Lines of standard output.
  public var output = true
  /// Lines of standard error.
  public var error = true
  /// Only the last so many; nil for all.
  public var tail: Int?
  /// Only those not before.
  public var since: Instant?
  /// Only those not after.
  public var until: Instant?

  /// All lines.
  public init() {}

  /// Whether a line is wanted, its number aside.
  public func admits(_ line: LogLine) -> Bool {
    (line.stream == .output ? output : error) && since.map { line.instant >= $0 } ?? true
      && until.map { line.instant <= $0 } ?? true
  }
}

extension Engine {
  /// The log drivers that engines have; a distribution's build comes without that of Google's cloud.
  public static let logDrivers = ["awslogs", "fluentd", "gelf", "journald", "json-file", "local", "splunk", "syslog"]

  /// The lines of a container's log, oldest first, and the number of the next one, from which a follower goes on.
  ///
  /// Source: moby/moby `daemon/logger/loggerutils/logfile.go`: the tail is cut before lines are sifted.
  public func log(of key: ContainerKey, _ selection: LogSelection = LogSelection()) throws(EngineError) -> (
    lines: [LogLine], next: Int
  ) {
    let container = try container(key)
    if container.host.value.logDriver == "none" { throw .logsNotReadable }
    let end = container.log.endNumber
    let start = selection.tail.map { max(0, end - max(0, $0)) } ?? 0
    return (container.log.elements(from: start).filter { selection.admits($0) }, end)
  }

  /// What a container's log says of each line beside the line itself: the labels and variables that its options name.
  ///
  /// **Differs from Docker:** the options that name them by a pattern are not obeyed.
  /// Source: moby/moby `daemon/logger/loginfo.go` (`ExtraAttributes`).
  public func logAttributes(of id: ContainerID) -> Table<String, String> {
    guard let container = container(id) else { return [:] }
    let options = container.host.value.logOptions
    if options.isEmpty { return [:] }
    func names(_ option: String) -> [String] {
      (options[option] ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    var attributes = Table<String, String>()
    for name in names("labels") { if let value = container.config.value.labels[name] { attributes[name] = value } }
    for name in names("env") {
      if let entry = container.config.value.env.last(where: { $0.hasPrefix(name + "=") }) {
        attributes[name] = String(entry.dropFirst(name.count + 1))
      }
    }
    if let tag = options["tag"], !tag.isEmpty { attributes["tag"] = tag }
    return attributes
  }

  /// The lines from the one with this number on: what a follower has not seen. Nothing if the container is gone.
  public func log(of id: ContainerID, from number: Int) -> [LogLine] {
    container(id)?.log.elements(from: number) ?? []
  }

  /// Somebody follows a container's log: `.logged` tells of new lines.
  public mutating func followLog(of id: ContainerID) {
    if let number = disk.numbers[id] { memory.watches[number, default: Watch()].logs += 1 }
  }
  /// Somebody no longer does.
  public mutating func unfollowLog(of id: ContainerID) {
    if let number = disk.numbers[id] { memory.watches.update(number) { $0.logs = max(0, $0.logs - 1) } }
  }

  /// Somebody is attached to a container: `.output` hands on what it writes.
  public mutating func attach(
    _ key: ContainerKey, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) -> ContainerID {
    let number = try find(key)
    let container = disk.containers[existing: number]
    if container.state.status == .paused { throw .execInPaused(container.id.description) }
    if container.state.status == .restarting { throw .isRestarting(container.id) }
    memory.watches[number, default: Watch()].outputs += 1
    post(EngineEvent("attach", container: container, attributes: [], at: now), into: &out)
    return container.id
  }

  /// Somebody has gone.
  public mutating func detach(_ id: ContainerID, at now: Instant, into out: inout Outbox<EngineNotice>) {
    guard let number = disk.numbers[id] else { return }
    memory.watches.update(number) { $0.outputs = max(0, $0.outputs - 1) }
    // What others typed before the start stays until none of them is left to have typed it.
    if memory.watches[number]?.outputs ?? 0 == 0 { memory.earlyInput[number] = nil }
    post(EngineEvent("detach", container: disk.containers[existing: number], attributes: [], at: now), into: &out)
  }

  /// Hands a container's output to those who are attached and cuts it into lines for the log.
  mutating func write(
    _ bytes: [UInt8], to stream: OutputStream, of number: ContainerNumber, at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) {
    let id = disk.containers[existing: number].id
    let watch = memory.watches[number]
    if watch?.outputs ?? 0 > 0 { out.post(.output(id, stream, bytes)) }
    var rest =
      stream == .output
      ? memory.running[existing: number].unfinishedOutput : memory.running[existing: number].unfinishedError
    rest += bytes
    var lines: [LogLine] = []
    while let end = rest.firstIndex(of: 10) {
      lines.append(LogLine(String(decoding: rest[..<end], as: UTF8.self), stream, at: now))
      rest.removeSubrange(...end)
    }
    memory.running.update(number) { run in
      if stream == .output { run.unfinishedOutput = rest } else { run.unfinishedError = rest }
    }
    append(lines, to: number, into: &out)
  }

  /// What a process left without a line feed is a line all the same.
  mutating func flushOutput(_ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>) {
    guard let run = memory.running[number] else { return }
    var lines: [LogLine] = []
    for (rest, stream) in [(run.unfinishedOutput, OutputStream.output), (run.unfinishedError, .error)]
    where !rest.isEmpty {
      lines.append(LogLine(String(decoding: rest, as: UTF8.self), stream, at: run.endedAt ?? now, isWhole: false))
    }
    append(lines, to: number, into: &out)
  }

  private mutating func append(_ lines: [LogLine], to number: ContainerNumber, into out: inout Outbox<EngineNotice>) {
    let limit = config.logLimit
    if lines.isEmpty || disk.containers[existing: number].host.value.logDriver == "none" { return }
    disk.containers.update(number) { container in
      for line in lines { container.log.append(line) }
      container.log.trim(to: limit)
    }
    if memory.watches[number]?.logs ?? 0 > 0 { out.post(.logged(disk.containers[existing: number].id)) }
  }
}
