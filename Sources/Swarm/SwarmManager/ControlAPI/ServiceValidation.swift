import GoTemplate
import SimBase
import SwarmModel

/// Whether a service's spec makes sense by itself. The order of the checks is swarmkit's: the first that fails is the one
/// that the user reads.
///
/// Source: moby/swarmkit `manager/controlapi/service.go` (`validateServiceSpec`).
enum ServiceValidation {
  private static let leastNanoCPUs: Int64 = 1_000_000
  private static let leastMemory: Int64 = 4 << 20
  private static let leastHealthDuration = Duration.milliseconds(1)

  static func check(_ spec: ServiceSpec) throws(ControlError) {
    try NameRules.checkDNS(spec.annotations.name)
    try check(spec.task)
    try check(spec.mode)
    if spec.mode.isJob {
      if spec.update != nil { throw .jobWithUpdateConfig }
    } else if let update = spec.update {
      try check(update)
    }
    if let endpoint = spec.endpoint { try check(endpoint) }
  }

  private static func check(_ task: TaskSpec) throws(ControlError) {
    try check(task.resources?.limits)
    try check(task.resources?.reservations)
    if let delay = task.restart?.delay, delay < .zero { throw .restartDelayNegative }
    if let window = task.restart?.window, window < .zero { throw .restartWindowNegative }
    do { _ = try Constraint.parse(task.placement?.constraints ?? []) } catch { throw .plain(error.description) }
    guard case .container(let container) = task.runtime else { throw .runtimeUnimplemented }
    try checkSecrets(of: container)
    try checkConfigs(of: container)
    do throws(TemplateError) {
      _ = try TaskTemplate.trial.expand(container)
    } catch {
      throw .templateBroken(error.message)
    }
    try check(container)
  }

  private static func check(_ resources: Resources?) throws(ControlError) {
    guard let resources else { return }
    if resources.nanoCPUs != 0 && resources.nanoCPUs < leastNanoCPUs { throw .cpuTooSmall(nano: resources.nanoCPUs) }
    if resources.memoryBytes != 0 && resources.memoryBytes < leastMemory {
      throw .memoryTooSmall(resources.memoryBytes)
    }
  }

  private static func checkSecrets(of container: ContainerSpec) throws(ControlError) {
    var targets = Table<String, String>()
    for reference in container.secrets {
      if reference.secretID.isEmpty || reference.secretName.isEmpty { throw .referenceMalformed("secret") }
      guard let file = reference.file else { throw .referenceWithoutTarget("secret") }
      try claim(file.name, for: reference.secretName, "secret", among: &targets)
    }
  }

  private static func checkConfigs(of container: ContainerSpec) throws(ControlError) {
    var targets = Table<String, String>()
    for reference in container.configs {
      if reference.configID.isEmpty || reference.configName.isEmpty { throw .referenceMalformed("config") }
      if let file = reference.file {
        try claim(file.name, for: reference.configName, "config", among: &targets)
      } else if !reference.isRuntime {
        throw .referenceWithoutTarget("config")
      }
    }
    if let config = container.credentialSpecConfig,
      !container.configs.contains(where: { $0.isRuntime && $0.configID == config })
    {
      throw .credentialSpecConfigMissing(config)
    }
  }

  private static func claim(
    _ file: String, for name: String, _ kind: String, among targets: inout Table<String, String>
  ) throws(ControlError) {
    if file.isEmpty { throw .referenceWithoutFileName(kind) }
    if let first = targets[file] { throw .referencesConflict(kind, first, name, target: file) }
    targets[file] = name
  }

  private static func check(_ container: ContainerSpec) throws(ControlError) {
    if container.image.isEmpty { throw .imageMissing }
    if !ImageReferenceSyntax.isValid(container.image) { throw .imageInvalid(container.image) }
    var mountPoints = Table<String, Bool>()
    for mount in container.mounts {
      if mountPoints.contains(mount.target) { throw .mountPointTwice(mount.target) }
      mountPoints[mount.target] = true
    }
    if let health = container.healthcheck { try check(health) }
  }

  private static func check(_ health: HealthConfig) throws(ControlError) {
    let durations = [
      ("Interval", health.interval), ("Timeout", health.timeout), ("StartPeriod", health.startPeriod),
      ("StartInterval", health.startInterval),
    ]
    for (field, duration) in durations where duration != .zero && duration < leastHealthDuration {
      throw .healthDurationTooShort(field)
    }
    if health.retries < 0 { throw .healthRetriesNegative }
  }

  /// Numbers that are negative as signed ones: a careless client wraps them.
  private static func check(_ mode: ServiceMode) throws(ControlError) {
    switch mode {
    case .replicated(let replicas): if Int64(bitPattern: replicas) < 0 { throw .replicasNegative }
    case .replicatedJob(let maxConcurrent, let totalCompletions):
      if Int64(bitPattern: maxConcurrent) < 0 { throw .maxConcurrentNegative }
      if Int64(bitPattern: totalCompletions) < 0 { throw .totalCompletionsNegative }
    case .global, .globalJob: break
    }
  }

  private static func check(_ update: UpdateConfig) throws(ControlError) {
    if update.delay < .zero { throw .updateDelayNegative }
    if let monitor = update.monitor, monitor < .zero { throw .updateMonitorNegative }
    if update.maxFailureRatio < 0 || update.maxFailureRatio > 1 { throw .updateRatioOutOfRange }
  }

  private static func check(_ endpoint: EndpointSpec) throws(ControlError) {
    for (place, port) in endpoint.ports.enumerated() {
      if endpoint.mode == .dnsrr && port.mode == .ingress { throw .ingressPortWithDNSRR }
      let isTaken = endpoint.ports[..<place].contains {
        $0.publishedPort == port.publishedPort && $0.protocol == port.protocol
      }
      if port.publishedPort != 0 && isTaken { throw .publishedPortTwice }
    }
  }
}

extension ContainerSpec {
  /// The config that holds the Windows credential spec; nil where there is none. Privileges are kept as the JSON that
  /// engines write, whose first field this is.
  fileprivate var credentialSpecConfig: String? {
    let opening = "{\"CredentialSpec\":{\"Config\":\""
    guard privileges.hasPrefix(opening) else { return nil }
    let config = privileges.dropFirst(opening.count).prefix { $0 != "\"" }
    return config.isEmpty ? nil : String(config)
  }
}
