import EngineTypes
import SimBase

/// `docker stats`: what containers use.
///
/// Source: docker/cli `cli/command/container/stats.go`, `stats_helpers.go`, `formatter_stats.go`.
enum ContainerStats {
  static let command = Command(
    use: "stats [OPTIONS] [CONTAINER...]", short: "Display a live stream of container(s) resource usage statistics",
    aliases: ["docker container stats", "docker stats"], arity: .any,
    options: [
      Option("all", "a", .bool, "Show all containers (default shows just running)"),
      Option("no-stream", nil, .bool, "Disable streaming stats and only pull the first result"),
      Option("no-trunc", nil, .bool, "Do not truncate output"), SharedOptions.tableFormat,
    ], run: run)

  private static let listing = Listing(
    headers: [
      ("ID", "CONTAINER ID"), ("Container", "CONTAINER"), ("Name", "NAME"), ("CPUPerc", "CPU %"),
      ("MemUsage", "MEM USAGE / LIMIT"), ("MemPerc", "MEM %"), ("NetIO", "NET I/O"), ("BlockIO", "BLOCK I/O"),
      ("PIDs", "PIDS"),
    ],
    table: "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}")

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    var format = call.flags.text("format")
    if format.isEmpty { format = call.session.settings["statsFormat"].string ?? "" }
    let isOneShot = call.flags.isOn("no-stream")
    repeat {
      var names = call.arguments
      if names.isEmpty {
        let query: Query = call.flags.isOn("all") ? ["all": "1"] : [:]
        names = (try engine.get("/containers/json", query).array ?? []).map { truncatedID($0["Id"].string ?? "") }
      }
      // A reading takes the engine a second or two: all are asked for before any is awaited.
      var streams: [any EngineStream] = []
      for name in names {
        streams.append(try engine.open("GET", "/containers/\(pathEscaped(name))/stats", ["stream": "0"]))
      }
      var rows: [TableRow] = []
      for (name, stream) in zip(names, streams) {
        var bytes: [UInt8] = []
        while let more = stream.read() { bytes += more }
        stream.close()
        rows.append(row(name, (try? JSON.parse(bytes)) ?? .null, isTruncated: !call.flags.isOn("no-trunc")))
      }
      if !isOneShot { call.session.write("\u{1B}[H") }
      let text = try listing.text(rows, format: format, quiet: false)
      call.session.write(isOneShot ? text : text.replacing("\n", with: "\u{1B}[K\n") + "\u{1B}[J")
      if isOneShot { return }
      engine.sleep(.milliseconds(500))
    } while !call.session.host.isInterrupted
  }

  private static func row(_ container: String, _ stats: JSON, isTruncated: Bool) -> TableRow {
    let id = stats["id"].string ?? ""
    let name = String((stats["name"].string ?? "").drop { $0 == "/" })
    let (used, limit) = memory(stats)
    func percent(_ value: Double) -> GoValue { .string(fixed(value, 2) + "%") }
    func pair(_ a: Double, _ b: Double) -> GoValue {
      .string(humanSize(a, digits: 3) + " / " + humanSize(b, digits: 3))
    }
    let network = traffic(stats)
    let disk = disk(stats)
    return TableRow(
      "container.statsContext",
      [
        ("Container", .string(container)), ("Name", .string(name.isEmpty ? "--" : name)),
        ("ID", .string(isTruncated ? truncatedID(id) : id)), ("CPUPerc", percent(processor(stats))),
        ("MemUsage", .string("\(bytesSize(used)) / \(bytesSize(limit))")),
        ("MemPerc", percent(limit > 0 ? used / limit * 100 : 0)), ("NetIO", pair(network.received, network.sent)),
        ("BlockIO", pair(disk.read, disk.written)),
        ("PIDs", .string(String(stats["pids_stats"]["current"].int ?? 0))),
      ])
  }

  /// The share of the processors since the reading before.
  private static func processor(_ stats: JSON) -> Double {
    func total(_ key: String) -> Double { stats[key]["cpu_usage"]["total_usage"].double ?? 0 }
    func system(_ key: String) -> Double { stats[key]["system_cpu_usage"].double ?? 0 }
    let own = total("cpu_stats") - total("precpu_stats")
    let whole = system("cpu_stats") - system("precpu_stats")
    var count = stats["cpu_stats"]["online_cpus"].double ?? 0
    if count == 0 { count = Double(stats["cpu_stats"]["cpu_usage"]["percpu_usage"].array?.count ?? 0) }
    return own > 0 && whole > 0 ? own / whole * count * 100 : 0
  }

  /// Memory in use without what the page cache could give back, and the limit.
  private static func memory(_ stats: JSON) -> (used: Double, limit: Double) {
    let memory = stats["memory_stats"]
    let usage = memory["usage"].double ?? 0
    let cache = memory["stats"]["total_inactive_file"].double ?? memory["stats"]["inactive_file"].double ?? 0
    return (cache < usage ? usage - cache : usage, memory["limit"].double ?? 0)
  }

  private static func traffic(_ stats: JSON) -> (received: Double, sent: Double) {
    var result = (received: 0.0, sent: 0.0)
    for network in stats["networks"].fields ?? [] {
      result.received += network.value["rx_bytes"].double ?? 0
      result.sent += network.value["tx_bytes"].double ?? 0
    }
    return result
  }

  private static func disk(_ stats: JSON) -> (read: Double, written: Double) {
    var result = (read: 0.0, written: 0.0)
    for entry in stats["blkio_stats"]["io_service_bytes_recursive"].array ?? [] {
      switch entry["op"].string?.first {
      case "r", "R": result.read += entry["value"].double ?? 0
      case "w", "W": result.written += entry["value"].double ?? 0
      default: break
      }
    }
    return result
  }
}
