import EngineTypes
import SimBase

/// `docker update`: other limits and another restart policy for containers.
///
/// Source: docker/cli `cli/command/container/update.go`.
enum ContainerUpdate {
  static let command = Command(
    use: "update [OPTIONS] CONTAINER [CONTAINER...]", short: "Update configuration of one or more containers",
    aliases: ["docker container update", "docker update"], arity: .atLeast(1),
    options: [
      Option(
        "blkio-weight", nil, .uint16, shows: "0",
        "Block IO (relative weight), between 10 and 1000, or 0 to disable"),
      Option("cpu-period", nil, .int, "Limit CPU CFS (Completely Fair Scheduler) period"),
      Option("cpu-quota", nil, .int, "Limit CPU CFS (Completely Fair Scheduler) quota"),
      Option("cpu-rt-period", nil, .int, "Limit the CPU real-time period in microseconds"),
      Option("cpu-rt-runtime", nil, .int, "Limit the CPU real-time runtime in microseconds"),
      Option("cpu-shares", "c", .int, "CPU shares (relative weight)"),
      Option("cpus", nil, .cpus, "Number of CPUs"),
      Option("cpuset-cpus", nil, "CPUs in which to allow execution (0-3, 0,1)"),
      Option("cpuset-mems", nil, "MEMs in which to allow execution (0-3, 0,1)"),
      Option("memory", "m", .bytes, "Memory limit"),
      Option("memory-reservation", nil, .bytes, "Memory soft limit"),
      Option(
        "memory-swap", nil, .swapBytes, "Swap limit equal to memory plus swap: -1 to enable unlimited swap"),
      Option("pids-limit", nil, .int, "Tune container pids limit (set -1 for unlimited)"),
      Option("restart", nil, "Restart policy to apply when a container exits"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    if call.flags.names.isEmpty { throw Failure("you must provide one or more flags when using this command") }
    let body = try body(call.flags)
    var warnings: [String] = []
    var failures = Failures()
    for name in call.arguments {
      do throws(Failure) {
        let answer = try call.session.engine().post("/containers/\(pathEscaped(name))/update", body: body)
        call.session.print(name)
        warnings += (answer["Warnings"].array ?? []).compactMap(\.string)
      } catch {
        failures.note(error)
      }
    }
    for warning in warnings { call.session.print(warning) }
    try failures.raise()
  }

  private static func body(_ flags: Flags) throws(Failure) -> JSON {
    var config = GoType.structure(containerStructs["container.HostConfig"]).zero
    config["BlkioWeight"] = .uint(flags.uint("blkio-weight"))
    for (field, flag) in [("CpusetCpus", "cpuset-cpus"), ("CpusetMems", "cpuset-mems")] {
      config[field] = .string(flags.text(flag))
    }
    for (field, flag) in [
      ("CPUShares", "cpu-shares"), ("CPUPeriod", "cpu-period"), ("CPUQuota", "cpu-quota"),
      ("CPURealtimePeriod", "cpu-rt-period"), ("CPURealtimeRuntime", "cpu-rt-runtime"),
    ] { config[field] = .int(flags.int(flag)) }
    for (field, flag) in [("Memory", "memory"), ("MemoryReservation", "memory-reservation")] {
      config[field] = .int(flags.size(flag))
    }
    config["MemorySwap"] = .int(flags.text("memory-swap") == "-1" ? -1 : flags.size("memory-swap"))
    config["NanoCPUs"] = .int((try? parsedCPUs(flags.text("cpus"))) ?? 0)
    if flags.int("pids-limit") != 0 { config["PidsLimit"] = .int(flags.int("pids-limit")) }
    let policy = try RunRequest.restartPolicy(flags.text("restart"))
    let wanted = Set(Self.fields)
    let fields = (config.json.fields ?? []).filter { wanted.contains($0.key) }
    return .object(fields + [.init("RestartPolicy", policy.json)])
  }

  /// What a change of a container's limits is made of.
  private static let fields = [
    "CpuShares", "Memory", "NanoCpus", "CgroupParent", "BlkioWeight", "BlkioWeightDevice", "BlkioDeviceReadBps",
    "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps", "CpuPeriod", "CpuQuota",
    "CpuRealtimePeriod", "CpuRealtimeRuntime", "CpusetCpus", "CpusetMems", "Devices", "DeviceCgroupRules",
    "DeviceRequests", "MemoryReservation", "MemorySwap", "MemorySwappiness", "OomKillDisable", "PidsLimit", "Ulimits",
    "CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth",
  ]
}
