import SimBase

/// The flags of `service create` and `service update`.
///
/// Source: docker/cli `cli/command/service/opts.go` (`addServiceFlags`), `create.go`, `update.go`.
enum ServiceOptions {
  /// The flags that both commands have. Only `create` states defaults: `update` leaves alone what is not given.
  static func shared(statesDefaults: Bool) -> [Option] {
    func text(_ usage: String, _ standard: String) -> String {
      statesDefaults ? "\(usage) (default \(standard))" : usage
    }
    return [
      SharedOptions.detach, SharedOptions.quietProgress,
      Option("workdir", "w", "Working directory inside the container"),
      Option("user", "u", "Username or UID (format: <name|uid>[:<group|gid>])"),
      Option(
        "credential-spec", nil, .credentialSpec, "Credential spec for managed service account (Windows only)"),
      Option("hostname", nil, "Container hostname"),
      Option("entrypoint", nil, .commandLine, "Overwrite the default ENTRYPOINT of the image"),
      Option("cap-add", nil, .list, "Add Linux capabilities"),
      Option("cap-drop", nil, .list, "Drop Linux capabilities"),
      Option("limit-cpu", nil, .cpus, "Limit CPUs"), Option("limit-memory", nil, .bytes, "Limit Memory"),
      Option("reserve-cpu", nil, .cpus, "Reserve CPUs"), Option("reserve-memory", nil, .bytes, "Reserve Memory"),
      Option(
        "limit-pids", nil, .int, default: "0", "Limit maximum number of processes (default 0 = unlimited)"),
      Option(
        "stop-grace-period", nil, .duration,
        text("Time to wait before force killing a container (ns|us|ms|s|m|h)", "10s")),
      Option("replicas", nil, .uint, "Number of tasks"),
      Option(
        "max-concurrent", nil, .uint, "Number of job tasks to run concurrently (default equal to --replicas)"),
      Option(
        "replicas-max-per-node", nil, .uint, "Maximum number of tasks per node (default 0 = unlimited)"),
      Option("stop-signal", nil, "Signal to stop the container"), Option("tty", "t", .bool, "Allocate a pseudo-TTY"),
      Option("read-only", nil, .bool, "Mount the container's root filesystem as read only"),
      Option("init", nil, .bool, "Use an init inside each service container to forward signals and reap processes"),
      Option("isolation", nil, "Service container isolation mode"),
      Option("oom-score-adj", nil, .int, "Tune host's OOM preferences (-1000 to 1000) "),
      Option("with-registry-auth", nil, .bool, "Send registry authentication details to swarm agents"),
      Option(
        "no-resolve-image", nil, .bool,
        "Do not query the registry to resolve image digest and supported platforms"),
      Option("log-driver", nil, "Logging driver for service"), Option("log-opt", nil, .list, "Logging driver options"),
      Option("endpoint-mode", nil, default: "", text("Endpoint mode (vip or dnsrr)", "\"vip\"")),
    ] + restart(text) + update("update", "update", text) + update("rollback", "rollback", text) + health
  }

  private static func restart(_ text: (String, String) -> String) -> [Option] {
    [
      Option(
        "restart-condition", nil, text("Restart when condition is met (\"none\", \"on-failure\", \"any\")", "\"any\"")),
      Option(
        "restart-delay", nil, .duration,
        text("Delay between restart attempts (ns|us|ms|s|m|h)", "5s")),
      Option("restart-max-attempts", nil, .uint, "Maximum number of restarts before giving up"),
      Option(
        "restart-window", nil, .duration, "Window used to evaluate the restart policy (ns|us|ms|s|m|h)"),
    ]
  }

  private static func update(_ prefix: String, _ word: String, _ text: (String, String) -> String) -> [Option] {
    let isUpdate = prefix == "update"
    let actions = isUpdate ? "(\"pause\", \"continue\", \"rollback\")" : "(\"pause\", \"continue\")"
    let verb = isUpdate ? "updated" : "rolled back"
    return [
      Option(
        prefix + "-parallelism", nil, .uint,
        text(
          "Maximum number of tasks \(verb) simultaneously (0 to \(isUpdate ? "update" : "roll back") all at once)", "1")
      ),
      Option(
        prefix + "-delay", nil, .duration,
        text("Delay between \(isUpdate ? "updates" : "task rollbacks") (ns|us|ms|s|m|h)", "0s")),
      Option(
        prefix + "-monitor", nil, .duration,
        text("Duration after each task \(word) to monitor for failure (ns|us|ms|s|m|h)", "5s")),
      Option(prefix + "-failure-action", nil, text("Action on \(word) failure \(actions)", "\"pause\"")),
      Option(
        prefix + "-max-failure-ratio", nil, .float,
        text("Failure rate to tolerate during \(isUpdate ? "an" : "a") \(word)", "0")),
      Option(
        prefix + "-order", nil,
        text("\(isUpdate ? "Update" : "Rollback") order (\"start-first\", \"stop-first\")", "\"stop-first\"")),
    ]
  }

  private static let health: [Option] = [
    Option("health-cmd", nil, "Command to run to check health"),
    Option("health-interval", nil, .positiveDuration, "Time between running the check (ms|s|m|h)"),
    Option("health-timeout", nil, .positiveDuration, "Maximum time to allow one check to run (ms|s|m|h)"),
    Option("health-retries", nil, .int, "Consecutive failures needed to report unhealthy"),
    Option(
      "health-start-period", nil, .positiveDuration,
      "Start period for the container to initialize before counting retries towards unstable (ms|s|m|h)"),
    Option(
      "health-start-interval", nil, .positiveDuration,
      "Time between running the check during the start period (ms|s|m|h)"),
    Option("no-healthcheck", nil, .bool, "Disable any container-specified HEALTHCHECK"),
  ]

  static let create: [Option] = [
    Option(
      "mode", nil, default: "replicated",
      "Service mode (\"replicated\", \"global\", \"replicated-job\", \"global-job\")"),
    Option("name", nil, "Service name"), Option("label", "l", .labels, "Service labels"),
    Option("container-label", nil, .labels, "Container labels"),
    Option("env", "e", .variables, "Set environment variables"),
    Option("env-file", nil, .list, "Read in a file of environment variables"),
    Option("mount", nil, MountValue.kind, "Attach a filesystem mount to the service"),
    Option("constraint", nil, .list, "Placement constraints"),
    Option("placement-pref", nil, .placementPreference, "Add a placement preference"),
    Option("network", nil, NetworkValue.kind, "Network attachments"),
    Option("secret", nil, FileReferenceValue.secret, "Specify secrets to expose to the service"),
    Option("config", nil, FileReferenceValue.config, "Specify configurations to expose to the service"),
    Option("publish", "p", PublishedPorts.kind, "Publish a port as a node port"),
    Option("group", nil, .list, "Set one or more supplementary user groups for the container"),
    Option("dns", nil, .addresses, "Set custom DNS servers"), Option("dns-option", nil, .list, "Set DNS options"),
    Option("dns-search", nil, .searchDomains, "Set custom DNS search domains"),
    Option("host", nil, .hosts, "Set one or more custom host-to-IP mappings (host:ip)"),
    Option("generic-resource", nil, .genericResources, "User defined resources"),
    Option("sysctl", nil, .list, "Sysctl options"), Option("ulimit", nil, .ulimit, shows: "[]", "Ulimit options"),
  ]

  static let update: [Option] = [
    Option("image", nil, "Service image tag"), Option("args", nil, .commandLine, "Service command args"),
    Option("rollback", nil, .bool, "Rollback to previous specification"),
    Option("force", nil, .bool, "Force update even if no changes require it"),
    Option("label-add", nil, .labels, "Add or update a service label"),
    Option("label-rm", nil, .list, "Remove a label by its key"),
    Option("container-label-add", nil, .labels, "Add or update a container label"),
    Option("container-label-rm", nil, .list, "Remove a container label by its key"),
    Option("env-add", nil, .variables, "Add or update an environment variable"),
    Option("env-rm", nil, .list, "Remove an environment variable"),
    Option("mount-add", nil, MountValue.kind, "Add or update a mount on a service"),
    Option("mount-rm", nil, .list, "Remove a mount by its target path"),
    Option("constraint-add", nil, .list, "Add or update a placement constraint"),
    Option("constraint-rm", nil, .list, "Remove a constraint"),
    Option("placement-pref-add", nil, .placementPreference, "Add a placement preference"),
    Option("placement-pref-rm", nil, .placementPreference, "Remove a placement preference"),
    Option("network-add", nil, NetworkValue.kind, "Add a network"),
    Option("network-rm", nil, .list, "Remove a network"),
    Option("secret-add", nil, FileReferenceValue.secret, "Add or update a secret on a service"),
    Option("secret-rm", nil, .list, "Remove a secret"),
    Option("config-add", nil, FileReferenceValue.config, "Add or update a config file on a service"),
    Option("config-rm", nil, .list, "Remove a configuration file"),
    Option("publish-add", nil, PublishedPorts.kind, "Add or update a published port"),
    Option("publish-rm", nil, PublishedPorts.kind, "Remove a published port by its target port"),
    Option("group-add", nil, .list, "Add an additional supplementary user group to the container"),
    Option("group-rm", nil, .list, "Remove a previously added supplementary user group from the container"),
    Option("dns-add", nil, .addresses, "Add or update a custom DNS server"),
    Option("dns-rm", nil, .list, "Remove a custom DNS server"),
    Option("dns-option-add", nil, .list, "Add or update a DNS option"),
    Option("dns-option-rm", nil, .list, "Remove a DNS option"),
    Option("dns-search-add", nil, .searchDomains, "Add or update a custom DNS search domain"),
    Option("dns-search-rm", nil, .list, "Remove a DNS search domain"),
    Option("host-add", nil, .hosts, "Add a custom host-to-IP mapping (\"host:ip\")"),
    Option("host-rm", nil, .list, "Remove a custom host-to-IP mapping (\"host:ip\")"),
    Option("generic-resource-add", nil, .genericResources, "Add a Generic resource"),
    Option("generic-resource-rm", nil, .list, "Remove a Generic resource"),
    Option("sysctl-add", nil, .list, "Add or update a Sysctl option"),
    Option("sysctl-rm", nil, .list, "Remove a Sysctl option"),
    Option("ulimit-add", nil, .ulimit, shows: "[]", "Add or update a ulimit option"),
    Option("ulimit-rm", nil, .list, "Remove a ulimit option"),
  ]

}
