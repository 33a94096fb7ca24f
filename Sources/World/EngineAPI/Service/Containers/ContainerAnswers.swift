import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

// What is asked of containers and answered at once. Source: moby/moby `daemon/create.go`, `list.go`, `inspect.go`,
// `top_unix.go`, `changes.go`, `update.go`, `prune.go`.

extension EngineAnswer {
  static func createdContainer(
    _ name: String, _ json: JSON, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    let creation: ContainerCreation
    do { creation = try ContainerCreation(name: name, json) } catch { throw APIError(error) }
    let id = try node.ask(at: now, &network) { engine, out throws(EngineError) in
      try engine.create(creation.spec, at: now, into: &out)
    }
    return .json(201) { writer in
      writer.object { writer in
        writer.field("Id", id.description)
        writer.field("Warnings", creation.warnings)
      }
    }
  }

  static func containers(_ request: ContainerList, _ engine: Engine, at now: Instant) throws(APIError) -> EngineAnswer {
    let containers = try ContainerListing(request, engine).containers
    return .json { writer in
      writer.array(containers) { writer, container in
        let view = ContainerView(container: container, engine: engine, now: now)
        writer.containerSummary(view, sizes: request.withSize ? engine.sizes(of: container) : nil)
      }
    }
  }

  static func container(
    _ name: String, _ withSize: Bool, _ engine: Engine, at now: Instant, for version: APIVersion
  ) throws(APIError) -> EngineAnswer {
    let container = try asked { () throws(EngineError) in try engine.container(.typed(name)) }
    var view = ContainerView(container: container, engine: engine, now: now)
    view.hasShortAlias = version < APIVersion("1.45")
    return .json { $0.container(view, sizes: withSize ? engine.sizes(of: container) : nil) }
  }

  /// A container's processes, in the columns of `ps` that its arguments ask for.
  static func processes(
    _ name: String, _ arguments: String, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    let container = try asked { () throws(EngineError) in try node.engine.container(.typed(name)) }
    switch container.state.status {
    case .running, .paused: break
    case .restarting: throw APIError(.isRestarting(container.id))
    case .created, .removing, .exited, .dead: throw APIError(.notRunning(container.id))
    }
    let rows = try asked { () throws(EngineError) in try node.engine.processes(of: .id(container.id)) }
    let columns = try ProcessColumn.columns(arguments)
    node.tellEngine(at: now, &network) { $0.tell("top", of: container.id, at: now, into: &$1) }
    return .json { writer in
      writer.object { writer in
        writer.field("Processes") { writer in
          writer.array(rows) { writer, row in
            writer.array(columns) { $0.cell($1, of: row, under: container.state.pid) }
          }
        }
        writer.field("Titles", columns.map(\.rawValue))
      }
    }
  }

  static func changes(
    _ name: String, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    let changes = try node.ask(at: now, &network) { engine, _ throws(EngineError) in
      try engine.changes(of: .typed(name), at: now)
    }
    return .json { writer in
      if changes.isEmpty { return writer.raw("null") }
      writer.array(changes) { writer, change in
        writer.object { writer in
          writer.field("Path", change.path)
          writer.field("Kind", change.kind.rawValue)
        }
      }
    }
  }

  /// Changes a container's limits and its restart policy; what is not given stays.
  static func updated(
    _ name: String, _ json: JSON, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    let (asked, warnings): (HostConfig, [String])
    do throws(DecodingFault) {
      let fields = try JSONFields(json, "container.UpdateConfig")
      (asked, warnings) = (try HostConfig(fields), try fields.warningsOfWeights())
    } catch {
      throw APIError(error)
    }
    let hasPolicy = !json.field("RestartPolicy").field("Name").isNull && json.field("RestartPolicy").field("Name") != ""
    try node.ask(at: now, &network) { engine, out throws(EngineError) in
      try engine.update(.typed(name), at: now, into: &out) { host in
        host.takeLimits(of: asked)
        if hasPolicy { host.restartPolicy = asked.restartPolicy }
      }
    }
    return .json { writer in writer.object { $0.orNull("Warnings", warnings) } }
  }

  static func prunedContainers(
    _ filters: FilterArguments, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    try filters.validate("label", "label!", "until")
    let until = try filters.until(at: now)
    let admitted = node.engine.containers.filter { container in
      !container.state.isRunning && until.map { container.created < $0 } ?? true
        && filters.hasLabels("label", container.labels) && filters.lacksLabels(container.labels)
    }
    var removed: [String] = []
    var reclaimed: UInt64 = 0
    for container in admitted {
      let size = node.engine.ownSize(of: container)
      // One that is just starting is not removed without force.
      let isGone: Void? = try? node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.remove(.id(container.id), at: now, into: &out)
      }
      if isGone == nil { continue }
      removed.append(container.id.description)
      reclaimed += size
    }
    return .json { writer in
      writer.object { writer in
        writer.orNull("ContainersDeleted", removed)
        writer.field("SpaceReclaimed", reclaimed)
      }
    }
  }
}

extension APIError {
  /// A body that could not be decoded.
  init(_ fault: DecodingFault) {
    switch fault {
    case .malformed(let text), .conversion(let text): self.init(.invalidParameter, text)
    case .unspecific(let text): self.init(.system, text)
    }
  }
}

extension Engine {
  /// The bytes of a container's own files, and of all that it sees.
  func sizes(of container: Container) -> (own: UInt64, all: UInt64) {
    let own = ownSize(of: container)
    let image = (try? image("sha256:\(container.image)"))?.size ?? 0
    return (own, own + image)
  }
}

extension HostConfig {
  /// Takes the limits that are not zero.
  fileprivate mutating func takeLimits(of other: HostConfig) {
    func take<Value: Equatable>(_ path: WritableKeyPath<HostConfig, Value>, unless blank: Value) {
      if other[keyPath: path] != blank { self[keyPath: path] = other[keyPath: path] }
    }
    take(\.cpuShares, unless: 0)
    take(\.memory, unless: 0)
    take(\.nanoCPUs, unless: 0)
    take(\.memoryReservation, unless: 0)
    take(\.memorySwap, unless: 0)
    take(\.cpuPeriod, unless: 0)
    take(\.cpuQuota, unless: 0)
    take(\.cpusetCpus, unless: "")
    take(\.cpusetMems, unless: "")
    take(\.pidsLimit, unless: nil)
  }
}

extension FilterArguments {
  /// The moment that `until` names: an age like `24h`, or a time. Nil where it is not used.
  func until(at now: Instant) throws(APIError) -> Instant? {
    let values = self["until"]
    guard let text = values.first else { return nil }
    if values.count > 1 { throw APIError(.invalidParameter, "more than one until filter specified") }
    if let age = Duration(go: text) { return now - age }
    do { return try VirtualTime.instant(text) } catch {
      throw APIError(.invalidParameter, "failed to parse value as time or duration: \(text.goQuoted)")
    }
  }
}

/// A column of `ps`, by its title.
enum ProcessColumn: String {
  case user = "USER"
  case uid = "UID"
  case pid = "PID"
  case parent = "PPID"
  case load = "C"
  case cpu = "%CPU"
  case memory = "%MEM"
  case virtualSize = "VSZ"
  case residentSize = "RSS"
  case terminal = "TTY"
  case state = "STAT"
  case begun = "STIME"
  case start = "START"
  case time = "TIME"
  case cmd = "CMD"
  case command = "COMMAND"

  /// The columns of `-ef`, which is the default, of `aux`, or of an explicit `-o`.
  static func columns(_ arguments: String) throws(APIError) -> [ProcessColumn] {
    let words = arguments.split(separator: " ").map(String.init)
    // Letters without a dash are options too: one of them is `o`, which wants a list of columns.
    if let first = words.first, !first.hasPrefix("-"), let place = first.firstIndex(of: "o") {
      let list = first[first.index(after: place)...].prefix(1)
      if words.count == 1 && byName[String(list)] == nil {
        throw APIError(.system, "ps: error: unknown user-defined format specifier \("\(list)".goQuoted)")
      }
    }
    if let place = words.firstIndex(where: { $0.hasPrefix("-") && $0.hasSuffix("o") }), place + 1 < words.count {
      let columns = try words[place + 1].split(separator: ",").map { name throws(APIError) in
        guard let column = byName[String(name)] else {
          throw APIError(.system, "Error running ps: exit status 1: error: unknown user-defined format specifier")
        }
        return column
      }
      if !columns.contains(.pid) { throw APIError(.system, "Couldn't find PID field in ps output") }
      return columns
    }
    if words.contains(where: { $0.includes("u") && $0.includes("a") }) {
      return [
        .user, .pid, .cpu, .memory, .virtualSize, .residentSize, .terminal, .state, .start, .time, .command,
      ]
    }
    return [.uid, .pid, .parent, .load, .begun, .terminal, .time, .cmd]
  }

  private static let byName: [String: ProcessColumn] = [
    "user": .user, "uid": .uid, "pid": .pid, "ppid": .parent, "c": .load, "pcpu": .cpu, "%cpu": .cpu,
    "pmem": .memory, "%mem": .memory, "vsz": .virtualSize, "rss": .residentSize, "tty": .terminal, "stat": .state,
    "stime": .begun, "start": .start, "time": .time, "cmd": .cmd, "args": .command, "comm": .command,
    "command": .command,
  ]
}

extension JSONWriter {
  /// What `ps` says of a process in a column. What only a kernel knows is made up.
  fileprivate mutating func cell(_ column: ProcessColumn, of row: ProcessRow, under first: Int) {
    switch column {
    case .user, .uid: string("root")
    case .pid: string(String(row.pid))
    // The first process hangs below containerd's shim.
    case .parent: string(String(row.pid == first ? first - 35 : first))
    case .load: string("0")
    case .cpu, .memory: string("0.0")
    case .virtualSize: string("4440")
    case .residentSize: string("1664")
    case .terminal: string("?")
    case .state: string(row.pid == first ? "Ss" : "S")
    case .begun, .start: date(row.started, as: .quotedClock)
    case .time: string("00:00:00")
    case .cmd, .command: string(row.command)
    }
  }
}
