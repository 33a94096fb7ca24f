import SimBase
import SwarmModel

// The sentences of the control API, each in one place. Source: moby/swarmkit `manager/controlapi`, `manager/resourceapi`,
// `api/validation`.

extension ControlError {
  private static func invalid(_ text: String) -> ControlError { ControlError(.invalidArgument, text) }
  private static func precondition(_ text: String) -> ControlError { ControlError(.failedPrecondition, text) }
  private static func unimplemented(_ text: String) -> ControlError { ControlError(.unimplemented, text) }

  // MARK: Names

  static let nameMissing = invalid("meta: name must be provided")
  static let nameNotDNS = invalid("name must be valid as a DNS name component")
  static let nameTooLong = invalid("name must be 63 characters or fewer")
  static let secretNameMissing = invalid("name must be provided")
  static let secretNameInvalid = invalid(
    "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]")

  // MARK: Not found

  static func nodeNotFound(_ id: NodeID) -> ControlError { ControlError(.notFound, "node \(id) not found") }
  static func serviceNotFound(_ text: String) -> ControlError { ControlError(.notFound, "service \(text) not found") }
  static func taskNotFound(_ text: String) -> ControlError { ControlError(.notFound, "task \(text) not found") }
  static func networkNotFound(_ text: String) -> ControlError { ControlError(.notFound, "network \(text) not found") }
  /// A volume, or a secret or config that is to be updated; removing one of those that is not there has other words.
  static func notFound(_ kind: String, _ id: String) -> ControlError {
    ControlError(.notFound, "\(kind) \(id) not found")
  }
  static func gone(_ kind: String, _ id: String) -> ControlError {
    ControlError(.notFound, "could not find \(kind) \(id)")
  }
  static func pluginMissing(_ name: String) -> ControlError {
    ControlError(.unknown, "plugin \(name.goQuoted) not found")
  }
  static func clusterNotFound(_ id: String) -> ControlError { ControlError(.notFound, "cluster \(id) not found") }

  // MARK: Nodes

  static let lastManager = precondition("attempting to demote the last manager of the swarm")
  static let notInMemberlist = ControlError(.notFound, "can't find manager in raft memberlist")
  static let quorumWouldBeLost = precondition(
    "can't remove member from the raft: this would result in a loss of quorum")
  static func nodeIsManager(_ id: NodeID) -> ControlError {
    precondition(
      "node \(id) is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal"
    )
  }
  static func nodeNotDown(_ id: NodeID) -> ControlError { precondition("node \(id) is not down and can't be removed") }
  static let noClusterObject = ControlError(.internal, "could not fetch cluster object")

  // MARK: Services

  static func cpuTooSmall(nano: Int64) -> ControlError {
    invalid("invalid cpu value \(goShortest(Double(nano) / 1e9)): Must be at least 0.001")
  }
  static func memoryTooSmall(_ bytes: Int64) -> ControlError {
    invalid("invalid memory value \(bytes): Must be at least 4MiB")
  }
  static let restartDelayNegative = invalid("TaskSpec: restart-delay cannot be negative")
  static let restartWindowNegative = invalid("TaskSpec: restart-window cannot be negative")
  static func referenceMalformed(_ kind: String) -> ControlError { invalid("malformed \(kind) reference") }
  static func referenceWithoutTarget(_ kind: String) -> ControlError {
    invalid("malformed \(kind) reference, no target provided")
  }
  static func referenceWithoutFileName(_ kind: String) -> ControlError {
    invalid("malformed file \(kind) reference, invalid target file name provided")
  }
  static func referencesConflict(_ kind: String, _ first: String, _ second: String, target: String) -> ControlError {
    invalid("\(kind) references '\(first)' and '\(second)' have a conflicting target: '\(target)'")
  }
  static func credentialSpecConfigMissing(_ config: String) -> ControlError {
    invalid(
      "CredentialSpec references config '\(config)', but that config isn't in config references with RuntimeTarget")
  }
  static let runtimeUnimplemented = unimplemented("RuntimeSpec: unimplemented runtime in service spec")
  static func templateBroken(_ text: String) -> ControlError { invalid(text) }
  static let imageMissing = invalid("ContainerSpec: image reference must be provided")
  static func imageInvalid(_ image: String) -> ControlError {
    invalid("ContainerSpec: \(image.goQuoted) is not a valid repository/tag")
  }
  static func mountPointTwice(_ target: String) -> ControlError {
    invalid("ContainerSpec: duplicate mount point: \(target)")
  }
  static func healthDurationTooShort(_ field: String) -> ControlError {
    invalid("ContainerSpec: \(field) in HealthConfig cannot be less than 1ms")
  }
  static let healthRetriesNegative = invalid("ContainerSpec: Retries in HealthConfig cannot be negative")
  static let replicasNegative = invalid("Number of replicas must be non-negative")
  static let maxConcurrentNegative = invalid("Maximum concurrent jobs must not be negative")
  static let totalCompletionsNegative = invalid("Total completed jobs must not be negative")
  static let jobWithUpdateConfig = invalid("Jobs may not have an update config")
  static let updateDelayNegative = invalid("TaskSpec: update-delay cannot be negative")
  static let updateMonitorNegative = invalid("TaskSpec: update-monitor cannot be negative")
  static let updateRatioOutOfRange = invalid(
    "TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1")
  static let ingressPortWithDNSRR = invalid(
    "EndpointSpec: port published with ingress mode can't be used with dnsrr mode")
  static let publishedPortTwice = invalid("EndpointSpec: duplicate published ports provided")
  static func attachedToIngress(_ network: String) -> ControlError {
    invalid("Service cannot be explicitly attached to the ingress network \(network.goQuoted)")
  }
  static func portInUse(_ port: PortConfig, by service: Service) -> ControlError {
    let kind = port.mode == .host ? "a host-published" : "an ingress"
    return invalid(
      "port '\(port.publishedPort)' is already in use by service '\(service.name)' (\(service.id)) as \(kind) port")
  }
  static let ingressNetworkMissing = precondition(
    "service needs ingress network, but no ingress network is present")
  static func referencesNotFound(_ kind: String, _ names: [String]) -> ControlError {
    invalid("\(names.count == 1 ? kind : kind + "s") not found: \(names.joined(separator: ", "))")
  }
  static func serviceNameTaken(_ name: String) -> ControlError {
    ControlError(.alreadyExists, "name conflicts with an existing object: service \(name) already exists")
  }
  static let modeChange = unimplemented("service mode change is not allowed")
  static let networksNotMigrated = unimplemented("networks must be migrated to TaskSpec before being changed")
  static let renaming = unimplemented("renaming services is not supported")
  static func noPreviousSpec(_ id: ServiceID) -> ControlError {
    precondition("service \(id) does not have a previous spec")
  }

  // MARK: Networks

  static let ingressAttachable = invalid("ingress network cannot be attachable")
  static let predefinedLabelReserved = ControlError(
    .permissionDenied,
    "label \(Network.predefinedLabel) is for internally created predefined networks and cannot be applied by users")
  static let ingressDriver = unimplemented("only overlay driver is currently supported for ingress network")
  static let driverWithoutName = invalid("driver name: if driver is specified name is required")
  static func noPlugin(_ name: String) -> ControlError { invalid("error during lookup of plugin \(name)") }
  static func ipam(_ text: String) -> ControlError { invalid("ipam configuration: \(text)") }
  static func ingressPresent(_ id: NetworkID) -> ControlError {
    ControlError(.alreadyExists, "ingress network (\(id)) is already present")
  }
  static let nameConflict = ControlError.plain("name conflicts with an existing object")
  static func networkPredefined(_ network: Network) -> ControlError {
    precondition(
      "network \(network.id) (\(network.spec.annotations.name)) is a swarm predefined network and cannot be removed")
  }
  static func networkInUse(_ id: NetworkID, byService service: ServiceID) -> ControlError {
    precondition("network \(id) is in use by service \(service)")
  }
  static func networkInUse(_ id: NetworkID, byTask task: TaskID) -> ControlError {
    precondition("network \(id) is in use by task \(task)")
  }
  static func ingressNeeded(by service: ServiceID) -> ControlError {
    precondition("ingress network cannot be removed because service \(service) depends on it")
  }
  static func notAttachable(_ network: String) -> ControlError {
    ControlError(.permissionDenied, "network \(network) not manually attachable")
  }
  static func attachmentNotFound(_ id: TaskID) -> ControlError {
    ControlError(.notFound, "attachment \(id) not found")
  }
  static func attachmentElsewhere(_ id: TaskID) -> ControlError {
    ControlError(.permissionDenied, "attachment \(id) doesn't belong to this node")
  }

  // MARK: Secrets and configs

  static let secretSize = invalid("secret data must be larger than 0 and less than 512000 bytes")
  static let configSize = invalid("config data must be larger than 0 and less than 1024000 bytes")
  static let secretDriverWithoutName = invalid("secret driver must have a name")
  static let onlyLabels = invalid("only updates to Labels are allowed")
  static func alreadyExists(_ kind: String, _ name: String) -> ControlError {
    ControlError(.alreadyExists, "\(kind) \(name) already exists")
  }
  static func inUse(_ kind: String, _ name: String, by services: [String]) -> ControlError {
    let noun = services.count == 1 ? "service" : "services"
    return invalid("\(kind) '\(name)' is in use by the following \(noun): \(services.joined(separator: ", "))")
  }

  // MARK: Cluster

  static let certExpiryTooShort = invalid("minimum certificate expiry time is: 1h0m0s")
  static let heartbeatNegative = invalid("heartbeat time period cannot be a negative duration")
}

/// A number as Go's `%g` writes it: `1e-07`, `0.0005`.
private func goShortest(_ value: Double) -> String {
  let text = value.description
  guard let mark = text.firstIndex(of: "e") else { return text.hasSuffix(".0") ? String(text.dropLast(2)) : text }
  var mantissa = text[..<mark]
  if mantissa.hasSuffix(".0") { mantissa = mantissa.dropLast(2) }
  var exponent = text[text.index(after: mark)...]
  let sign = exponent.first == "-" ? "-" : "+"
  if exponent.first == "-" || exponent.first == "+" { exponent.removeFirst() }
  return "\(mantissa)e\(sign)\(exponent.count < 2 ? "0" : "")\(exponent)"
}
