import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

/// `docker stats`: what a container uses, once a second; or once, with the second before to compare with.
///
/// A single look that asks for no comparison is answered at once. A container that does not run uses nothing.
///
/// Source: moby/moby `daemon/stats.go`, `daemon/stats/collector.go`.
struct StatsOperation: EngineOperation {
  private let name: String
  private let isStream: Bool
  private let isOneShot: Bool
  private var container: ContainerID?
  private var previous: (at: Instant, stats: ContainerStats)?
  private(set) var nextDeadline: Instant?

  init(_ name: String, isStream: Bool, isOneShot: Bool) {
    self.name = name
    self.isStream = isStream
    self.isOneShot = isOneShot
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    do throws(APIError) {
      if isStream && isOneShot {
        throw APIError(.invalidParameter, "cannot have stream=true and one-shot=true")
      }
      let known = try asked { () throws(EngineError) in try node.engine.container(.typed(name)) }
      let isRunning = known.state.isRunning && known.state.status != .restarting
      if !isStream && (isOneShot || !isRunning) {
        let sample = isRunning ? try? node.engine.stats(of: .id(known.id), at: turn.now) : nil
        let view = StatsView(name: isRunning ? nil : known, at: turn.now, now: sample, before: nil)
        turn.answer(.json { $0.stats(view) })
        return
      }
      container = known.id
      turn.stream(headers: [HTTPHeader("Content-Type", "application/json")])
      look(&turn, node)
    } catch {
      turn.answer(.refusal(error))
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard let container else { return }
    switch news {
    case .due: look(&turn, node)
    case .notice(.removed(container)): turn.finish()
    default: break
    }
  }

  /// Looks once; the first look of a single answer is only for comparison.
  private mutating func look(_ turn: inout OperationTurn, _ node: SwarmNode) {
    guard let container, let known = node.engine.container(container) else { return turn.finish() }
    let isRunning = known.state.isRunning && known.state.status != .restarting
    let sample = isRunning ? try? node.engine.stats(of: .id(container), at: turn.now) : nil
    if isStream || previous != nil {
      var writer = JSONWriter()
      writer.stats(StatsView(name: known, at: turn.now, now: sample, before: previous))
      turn.send(writer.line)
      if !isStream { return turn.finish() }
    }
    previous = sample.map { (turn.now, $0) }
    nextDeadline = turn.now + .seconds(1)
    if previous == nil && !isStream { turn.finish() }
  }
}

/// A moment of `docker stats`.
struct StatsView {
  /// Whose it is; nil leaves the name out, as a single look does.
  let name: Container?
  /// When.
  let at: Instant
  /// What is used; nil if the container does not run.
  let now: ContainerStats?
  /// What was used the last time.
  let before: (at: Instant, stats: ContainerStats)?
}

extension JSONWriter {
  /// Source: moby/moby `api/types/container/stats.go`; the fields of memory are those of the first control groups.
  mutating func stats(_ view: StatsView) {
    object { writer in
      if let container = view.name {
        writer.field("name", "/" + container.name)
        writer.field("id", container.id.description)
      }
      writer.orZero("read", view.now == nil ? nil : view.at)
      writer.orZero("preread", view.before?.at)
      writer.object("pids_stats") { $0.unlessZero("current", Int64(view.now?.processes ?? 0)) }
      writer.object("blkio_stats") { writer in
        for key in StatsKeys.blockDevices {
          if view.now == nil { writer.null(key) } else { writer.field(key, [String]()) }
        }
      }
      writer.field("num_procs", 0)
      writer.object("storage_stats") { _ in }
      writer.object("cpu_stats") { $0.cpu(view.now) }
      writer.object("precpu_stats") { $0.cpu(view.before?.stats) }
      writer.object("memory_stats") { if let stats = view.now { $0.memory(stats) } }
      guard let interfaces = view.now?.interfaces, !interfaces.isEmpty else { return }
      writer.object("networks") { writer in
        for interface in interfaces { writer.field(named: interface.name) { $0.object { $0.traffic(interface) } } }
      }
    }
  }

  private mutating func cpu(_ stats: ContainerStats?) {
    let total = stats?.cpuNanoseconds ?? 0
    object("cpu_usage") { writer in
      writer.field("total_usage", total)
      if stats != nil {
        writer.field("percpu_usage") { $0.array([total / 3, total - total / 3]) { $0.int(Int64($1)) } }
      }
      // The kernel counts these in hundredths of a second.
      writer.field("usage_in_kernelmode", total / 3 / 10_000_000 * 10_000_000)
      writer.field("usage_in_usermode", total / 2 / 10_000_000 * 10_000_000)
    }
    if let stats {
      field("system_cpu_usage", stats.systemNanoseconds)
      field("online_cpus", 2)
    }
    object("throttling_data") { writer in
      for key in StatsKeys.throttling { writer.field(key, 0) }
    }
  }

  private mutating func memory(_ stats: ContainerStats) {
    field("usage", stats.memory)
    field("max_usage", stats.memoryPeak)
    object("stats") { writer in
      let cache = stats.memory / 10
      let resident = stats.memory - cache
      for key in StatsKeys.memory {
        switch key.description {
        case "hierarchical_memory_limit", "hierarchical_memsw_limit": writer.field(key, 9_223_372_036_854_771_712)
        case "cache", "total_cache", "active_file", "total_active_file": writer.field(key, cache)
        case "rss", "total_rss", "inactive_anon", "total_inactive_anon": writer.field(key, resident)
        case "pgfault", "total_pgfault": writer.field(key, 1_400 + stats.memory / 4_096)
        case "pgpgin", "total_pgpgin": writer.field(key, 1_000 + stats.memory / 4_096)
        case "pgpgout", "total_pgpgout": writer.field(key, 1_000)
        default: writer.field(key, 0)
        }
      }
    }
    field("limit", stats.memoryLimit)
  }

  private mutating func traffic(_ interface: ContainerStats.Interface) {
    field("rx_bytes", interface.receivedBytes)
    field("rx_packets", interface.receivedPackets)
    field("rx_errors", 0)
    field("rx_dropped", 0)
    field("tx_bytes", interface.sentBytes)
    field("tx_packets", interface.sentPackets)
    field("tx_errors", 0)
    field("tx_dropped", 0)
  }
}

private enum StatsKeys {
  static let blockDevices: [StaticString] = [
    "io_service_bytes_recursive", "io_serviced_recursive", "io_queue_recursive", "io_service_time_recursive",
    "io_wait_time_recursive", "io_merged_recursive", "io_time_recursive", "sectors_recursive",
  ]
  static let throttling: [StaticString] = ["periods", "throttled_periods", "throttled_time"]
  static let memory: [StaticString] = [
    "active_anon", "active_file", "cache", "dirty", "hierarchical_memory_limit", "hierarchical_memsw_limit",
    "inactive_anon", "inactive_file", "mapped_file", "pgfault", "pgmajfault", "pgpgin", "pgpgout", "rss", "rss_huge",
    "total_active_anon", "total_active_file", "total_cache", "total_dirty", "total_inactive_anon",
    "total_inactive_file", "total_mapped_file", "total_pgfault", "total_pgmajfault", "total_pgpgin", "total_pgpgout",
    "total_rss", "total_rss_huge", "total_unevictable", "total_writeback", "unevictable", "writeback",
  ]
}
