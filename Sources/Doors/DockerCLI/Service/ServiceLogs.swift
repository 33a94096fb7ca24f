import EngineTypes
import SimBase

/// `docker service logs`: what the containers of a service, or of a task, have printed.
///
/// Source: docker/cli `cli/command/service/logs.go`.
enum ServiceLogs {
  static let command = Command(
    use: "logs [OPTIONS] SERVICE|TASK", short: "Fetch the logs of a service or task", arity: .exactly(1),
    options: [
      Option("no-resolve", nil, .bool, "Do not map IDs to Names in output"),
      Option("no-trunc", nil, .bool, "Do not truncate output"),
      Option("raw", nil, .bool, "Do not neatly format logs"),
      Option("no-task-ids", nil, .bool, "Do not include task IDs in output"),
    ] + LogOptions.options, run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    let name = call.arguments[0]
    let isRaw = call.flags.isOn("raw")
    var padding = 1
    var isTTY = false
    var path = "services"
    do throws(Failure) {
      let spec = try engine.get("/services/\(pathEscaped(name))", ["insertDefaults": "false"])["Spec"]
      isTTY = spec["TaskTemplate"]["ContainerSpec"]["TTY"].bool ?? false
      if let replicas = spec["Mode"]["Replicated"]["Replicas"].int { padding = String(replicas).count }
    } catch {
      guard error.isNotFound else { throw error }
      do throws(Failure) {
        let task = try engine.get("/tasks/\(pathEscaped(name))")
        isTTY = task["Spec"]["ContainerSpec"]["TTY"].bool ?? false
        padding = String(task["Slot"].int ?? 0).count
        path = "tasks"
      } catch {
        throw error.isNotFound ? Failure("no such task or service: \(name)") : error
      }
    }
    if isTTY, !isRaw { throw Failure("tty service logs only supported with --raw") }
    var query = try LogOptions.query(call)
    if !isRaw { query["details"] = "1" }
    let stream = try engine.open("GET", "/\(path)/\(pathEscaped(name))/logs", query)
    defer { stream.close() }
    if isTTY || isRaw {
      return try LogStream(stream: stream, isFramed: !isTTY).copy(to: call.session)
    }
    var lines = ServiceLogLines(call: call, padding: padding)
    var failure: Failure?
    try LogStream(stream: stream, isFramed: true).forEach { bytes, target in
      do throws(Failure) {
        call.session.host.write(try lines.line(bytes), to: target)
      } catch {
        failure = failure ?? error
      }
      return failure == nil && !call.session.host.isInterrupted
    }
    if let failure { throw failure }
  }
}

/// Puts before each line of a service's logs which task printed it.
private struct ServiceLogLines {
  let call: Invocation
  let padding: Int
  private let resolver: NameResolver
  private var titles: [String: String] = [:]

  init(call: Invocation, padding: Int) {
    self.call = call
    self.padding = padding
    resolver = NameResolver(engine: call.session.engine(), isOff: call.flags.isOn("no-resolve"))
  }

  /// One line as it is printed. It comes as `[time ]details text`, where the details name node, service and task.
  mutating func line(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
    let parts = call.flags.isOn("timestamps") ? 3 : 2
    var words: [[UInt8]] = bytes.split(separator: 32, maxSplits: parts - 1, omittingEmptySubsequences: false).map(
      Array.init)
    guard words.count == parts else {
      throw Failure("invalid context in log message: \(String(decoding: bytes, as: UTF8.self))")
    }
    var details = Table<String, String>()
    for pair in String(decoding: words[parts - 2], as: UTF8.self).split(separator: ",") {
      guard let (key, value) = String(pair).cut("=") else { continue }
      details[queryUnescaped(key)] = queryUnescaped(value)
    }
    let prefix = "com.docker.swarm."
    guard let node = details.removeValue(prefix + "node.id"), let service = details.removeValue(prefix + "service.id"),
      let task = details.removeValue(prefix + "task.id")
    else { throw Failure("missing node id in context") }
    var head = ""
    if parts == 3 { head += String(decoding: words[0], as: UTF8.self) + " " }
    head += try title(task: task, service: service, node: node) + "    | "
    if call.flags.isOn("details") {
      head += details.map { "\($0.key)=\($0.value)" }.joined(separator: ",") + " "
    }
    return Array(head.utf8) + words.removeLast()
  }

  private mutating func title(task: String, service: String, node: String) throws(Failure) -> String {
    if let known = titles[task] { return known }
    let nodeName = try resolver.node(node)
    var name = try resolver.service(service)
    let slot = try call.session.engine().get("/tasks/\(pathEscaped(task))")["Slot"].int ?? 0
    name += ".\(slot)"
    if !call.flags.isOn("no-task-ids") { name += "." + (call.flags.isOn("no-trunc") ? task : truncatedID(task)) }
    let title = name + "@" + nodeName + String(repeating: " ", count: max(0, padding - String(slot).count))
    titles[task] = title
    return title
  }
}
