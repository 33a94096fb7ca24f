import SimBase

/// The flags of `run` and `create`.
///
/// Source: docker/cli `cli/command/container/opts.go` (`addFlags`), `run.go`, `create.go`.
enum RunOptions {
  /// The flags that both commands have.
  static let shared: [Option] = [
    Option("add-host", nil, .hosts, "Add a custom host-to-IP mapping (host:ip)"),
    Option(
      "annotation", nil, .map, shows: "map[]",
      "Add an annotation to the container (passed through to the OCI runtime)"),
    Option("attach", "a", .streams, "Attach to STDIN, STDOUT or STDERR"),
    Option(
      "blkio-weight", nil, .uint16, shows: "0",
      "Block IO (relative weight), between 10 and 1000, or 0 to disable"),
    Option("blkio-weight-device", nil, .list, shows: "[]", "Block IO weight (relative device weight)"),
    Option("cap-add", nil, .list, "Add Linux capabilities"),
    Option("cap-drop", nil, .list, "Drop Linux capabilities"),
    Option("cgroup-parent", nil, "Optional parent cgroup for the container"),
    Option(
      "cgroupns", nil,
      """
      Cgroup namespace to use (host|private)
      'host':    Run the container in the Docker host's cgroup namespace
      'private': Run the container in its own private cgroup namespace
      '':        Use the cgroup namespace as configured by the
                 default-cgroupns-mode option on the daemon (default)
      """),
    Option("cidfile", nil, "Write the container ID to the file"),
    Option("cpu-count", nil, .int, hidden: true, "CPU count (Windows only)"),
    Option("cpu-percent", nil, .int, hidden: true, "CPU percent (Windows only)"),
    Option("cpu-period", nil, .int, "Limit CPU CFS (Completely Fair Scheduler) period"),
    Option("cpu-quota", nil, .int, "Limit CPU CFS (Completely Fair Scheduler) quota"),
    Option("cpu-rt-period", nil, .int, "Limit CPU real-time period in microseconds"),
    Option("cpu-rt-runtime", nil, .int, "Limit CPU real-time runtime in microseconds"),
    Option("cpu-shares", "c", .int, "CPU shares (relative weight)"),
    Option("cpus", nil, .cpus, "Number of CPUs"),
    Option("cpuset-cpus", nil, "CPUs in which to allow execution (0-3, 0,1)"),
    Option("cpuset-mems", nil, "MEMs in which to allow execution (0-3, 0,1)"),
    Option("device", nil, .list, "Add a host device to the container"),
    Option("device-cgroup-rule", nil, .list, "Add a rule to the cgroup allowed devices list"),
    Option("device-read-bps", nil, .list, shows: "[]", "Limit read rate (bytes per second) from a device"),
    Option("device-read-iops", nil, .list, shows: "[]", "Limit read rate (IO per second) from a device"),
    Option("device-write-bps", nil, .list, shows: "[]", "Limit write rate (bytes per second) to a device"),
    Option("device-write-iops", nil, .list, shows: "[]", "Limit write rate (IO per second) to a device"),
    Option("disable-content-trust", nil, .bool, default: "true", "Skip image verification"),
    Option("dns", nil, .addresses, "Set custom DNS servers"),
    Option("dns-option", nil, .list, "Set DNS options"),
    Option("dns-search", nil, .list, "Set custom DNS search domains"),
    Option("domainname", nil, "Container NIS domain name"),
    Option("entrypoint", nil, "Overwrite the default ENTRYPOINT of the image"),
    Option("env", "e", .variables, "Set environment variables"),
    Option("env-file", nil, .list, "Read in a file of environment variables"),
    Option("expose", nil, .list, "Expose a port or a range of ports"),
    Option("gpus", nil, .gpus, "GPU devices to add to the container ('all' to pass all GPUs)"),
    Option("group-add", nil, .list, "Add additional groups to join"),
    Option("health-cmd", nil, "Command to run to check health"),
    Option("health-interval", nil, .duration, shows: "0s", "Time between running the check (ms|s|m|h)"),
    Option("health-retries", nil, .int, "Consecutive failures needed to report unhealthy"),
    Option(
      "health-start-interval", nil, .duration, shows: "0s",
      "Time between running the check during the start period (ms|s|m|h)"),
    Option(
      "health-start-period", nil, .duration, shows: "0s",
      "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h)"),
    Option("health-timeout", nil, .duration, shows: "0s", "Maximum time to allow one check to run (ms|s|m|h)"),
    Option("hostname", "h", "Container host name"),
    Option("init", nil, .bool, "Run an init inside the container that forwards signals and reaps processes"),
    Option("interactive", "i", .bool, "Keep STDIN open even if not attached"),
    Option(
      "io-maxbandwidth", nil, .bytes, hidden: true,
      "Maximum IO bandwidth limit for the system drive (Windows only)"),
    Option("io-maxiops", nil, .uint, hidden: true, "Maximum IOps limit for the system drive (Windows only)"),
    Option("ip", nil, "IPv4 address (e.g., 172.30.100.104)"),
    Option("ip6", nil, "IPv6 address (e.g., 2001:db8::33)"),
    Option("ipc", nil, "IPC mode to use"),
    Option("isolation", nil, "Container isolation technology"),
    Option("kernel-memory", nil, .bytes, "Kernel memory limit"),
    Option("label", "l", .labels, "Set meta data on a container"),
    Option("label-file", nil, .list, "Read in a line delimited file of labels"),
    Option("link", nil, .list, "Add link to another container"),
    Option("link-local-ip", nil, .list, "Container IPv4/IPv6 link-local addresses"),
    Option("log-driver", nil, "Logging driver for the container"),
    Option("log-opt", nil, .list, "Log driver options"),
    Option("mac-address", nil, "Container MAC address (e.g., 92:d0:c6:0a:29:33)"),
    Option("memory", "m", .bytes, "Memory limit"),
    Option("memory-reservation", nil, .bytes, "Memory soft limit"),
    Option("memory-swap", nil, .swapBytes, "Swap limit equal to memory plus swap: '-1' to enable unlimited swap"),
    Option("memory-swappiness", nil, .int, default: "-1", "Tune container memory swappiness (0 to 100)"),
    Option("mount", nil, MountValue.kind, "Attach a filesystem mount to the container"),
    Option("name", nil, "Assign a name to the container"),
    Option("network", nil, NetworkValue.kind, "Connect a container to a network"),
    Option("net", nil, NetworkValue.kind, hidden: true, "Connect a container to a network").standing(for: "network"),
    Option("network-alias", nil, .list, "Add network-scoped alias for the container"),
    Option("net-alias", nil, .list, hidden: true, "Add network-scoped alias for the container")
      .standing(for: "network-alias"),
    Option("no-healthcheck", nil, .bool, "Disable any container-specified HEALTHCHECK"),
    Option("oom-kill-disable", nil, .bool, "Disable OOM Killer"),
    Option("oom-score-adj", nil, .int, "Tune host's OOM preferences (-1000 to 1000)"),
    Option("pid", nil, "PID namespace to use"),
    Option("pids-limit", nil, .int, "Tune container pids limit (set -1 for unlimited)"),
    Option("platform", nil, "Set platform if server is multi-platform capable"),
    Option("privileged", nil, .bool, "Give extended privileges to this container"),
    Option("publish", "p", .list, "Publish a container's port(s) to the host"),
    Option("publish-all", "P", .bool, "Publish all exposed ports to random ports"),
    Option("quiet", "q", .bool, "Suppress the pull output"),
    Option("read-only", nil, .bool, "Mount the container's root filesystem as read only"),
    Option("restart", nil, default: "no", "Restart policy to apply when a container exits"),
    Option(
      "rm", nil, .bool,
      "Automatically remove the container and its associated anonymous volumes when it exits"),
    Option("runtime", nil, "Runtime to use for this container"),
    Option("security-opt", nil, .list, "Security Options"),
    Option("shm-size", nil, .bytes, "Size of /dev/shm"),
    Option("stop-signal", nil, "Signal to stop the container"),
    Option("stop-timeout", nil, .int, "Timeout (in seconds) to stop a container"),
    Option("storage-opt", nil, .list, "Storage driver options for the container"),
    Option("sysctl", nil, .sysctls, shows: "map[]", "Sysctl options"),
    Option("tmpfs", nil, .list, "Mount a tmpfs directory"),
    Option("tty", "t", .bool, "Allocate a pseudo-TTY"),
    Option("ulimit", nil, .ulimit, shows: "[]", "Ulimit options"),
    Option("use-api-socket", nil, .bool, "Bind mount Docker API socket and required auth"),
    Option("user", "u", "Username or UID (format: <name|uid>[:<group|gid>])"),
    Option("userns", nil, "User namespace to use"),
    Option("uts", nil, "UTS namespace to use"),
    Option("volume", "v", .list, "Bind mount a volume"),
    Option("volume-driver", nil, "Optional volume driver for the container"),
    Option("volumes-from", nil, .list, "Mount volumes from the specified container(s)"),
    Option("workdir", "w", "Working directory inside the container"),
  ]

  /// The flags of `run` alone.
  static let run: [Option] = [
    Option("pull", nil, default: "missing", "Pull image before running (\"always\", \"missing\", \"never\")"),
    Option("detach", "d", .bool, "Run container in background and print container ID"),
    Option("detach-keys", nil, "Override the key sequence for detaching a container"),
    Option("sig-proxy", nil, .bool, default: "true", "Proxy received signals to the process"),
  ]
}

extension RunOptions {
  /// The flags of `create` alone.
  static let create: [Option] = [
    Option("pull", nil, default: "missing", "Pull image before creating (\"always\", \"|missing\", \"never\")")
  ]
}

extension Option.Kind {
  /// Names of standard streams.
  static let streams = Option.Kind.custom("list", .many) { (text, _) throws(FlagTrouble) in
    if ["stdin", "stdout", "stderr"].contains(text.lowercased()) { return }
    throw FlagTrouble("valid streams are STDIN, STDOUT and STDERR")
  }

  /// GPUs: a number of them, `all`, or fields that the engine checks.
  static let gpus = Option.Kind.custom("gpu-request", .many) { (text, _) throws(FlagTrouble) in
    if text == "all" || text.includes("=") || Int(text) != nil { return }
    throw FlagTrouble("invalid count (\(text)): value must be either \"all\" or an integer: invalid syntax")
  }

  /// A size in bytes, or -1 for no limit.
  static let swapBytes = Option.Kind.custom("bytes", .once) { (text, _) throws(FlagTrouble) in
    if text != "-1" { _ = try parsedSize(text) }
  }

  /// Kernel settings that belong to a container's namespaces.
  static let sysctls = Option.Kind.custom("map", .many) { (text, _) throws(FlagTrouble) in
    let known = [
      "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
      "kernel.shmmni", "kernel.shm_rmid_forced",
    ]
    let name = text.cut("=")?.before ?? ""
    if known.contains(name) || name.hasPrefix("net.") || name.hasPrefix("fs.mqueue.") { return }
    throw FlagTrouble("sysctl '\(text)' is not allowed")
  }
}
