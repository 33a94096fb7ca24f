import EngineTypes
import SimBase

/// A service as a storm's users want it: a spec in a few words, and its JSON.
struct StormService: Sendable {
  enum Mode: Sendable, Equatable {
    case replicated(Int64)
    case global
    case job(Int64)
    case globalJob
  }

  /// What a container of it does.
  enum Behaviour: Sendable, Equatable {
    case runs
    /// It ends with an error a second after its start.
    case crashes
    /// Its image cannot be had.
    case isMissing
  }

  var name: String
  /// Counts forced updates: a job runs once more for each, another service's tasks are replaced.
  var forced: Int64 = 0
  var mode: Mode
  var behaviour = Behaviour.runs
  /// Changes with each update, so that tasks are replaced.
  var edit: Int64 = 0
  var startsFirst = false
  var failureAction = "continue"
  var parallelism: Int64 = 2
  var delaySeconds: Int64 = 0
  var restarts = "any"
  var constraint = ""
  var maxReplicas: Int64 = 0
  var nanoCPUs: Int64 = 0
  var meshPort: Int64 = 0
  var hostPort: Int64 = 0
  var network = ""
  /// ID and name.
  var secret: (id: String, name: String)?
  var config: (id: String, name: String)?

  init(_ name: String, _ mode: Mode) {
    self.name = name
    self.mode = mode
  }

  /// Whether its tasks are to end.
  var isJob: Bool {
    switch mode {
    case .job, .globalJob: true
    case .replicated, .global: false
    }
  }

  /// The body of a create or update request.
  var json: JSON {
    var fields: [JSON.Field] = [
      .init("Name", .string(name)), .init("TaskTemplate", task), .init("Mode", modeJSON),
      .init("UpdateConfig", update), .init("RollbackConfig", update),
    ]
    if isJob { fields.removeLast(2) }
    var ports: [JSON] = []
    if meshPort > 0 { ports.append(["TargetPort": 80, "PublishedPort": .int(meshPort)]) }
    if hostPort > 0 { ports.append(["TargetPort": 81, "PublishedPort": .int(hostPort), "PublishMode": "host"]) }
    if !ports.isEmpty { fields.append(.init("EndpointSpec", ["Ports": .array(ports)])) }
    return .object(fields)
  }

  private var modeJSON: JSON {
    switch mode {
    case .replicated(let replicas): ["Replicated": ["Replicas": .int(replicas)]]
    case .global: ["Global": [:]]
    case .job(let total): ["ReplicatedJob": ["MaxConcurrent": 2, "TotalCompletions": .int(total)]]
    case .globalJob: ["GlobalJob": [:]]
    }
  }

  private var update: JSON {
    [
      "Parallelism": .int(parallelism), "Delay": .int(delaySeconds * 1_000_000_000), "Monitor": 2_000_000_000,
      "FailureAction": .string(failureAction), "MaxFailureRatio": 0,
      "Order": .string(startsFirst ? "start-first" : "stop-first"),
    ]
  }

  private var task: JSON {
    var fields: [JSON.Field] = [.init("ContainerSpec", container)]
    if !network.isEmpty { fields.append(.init("Networks", [["Target": .string(network)]])) }
    if forced > 0 { fields.append(.init("ForceUpdate", .int(forced))) }
    if isJob {
      fields.append(.init("RestartPolicy", ["Condition": "on-failure", "Delay": 1_000_000_000]))
    } else {
      fields.append(.init("RestartPolicy", ["Condition": .string(restarts), "Delay": 1_000_000_000]))
    }
    var placement: [JSON.Field] = []
    if !constraint.isEmpty { placement.append(.init("Constraints", [.string(constraint)])) }
    if maxReplicas > 0 { placement.append(.init("MaxReplicas", .int(maxReplicas))) }
    if !placement.isEmpty { fields.append(.init("Placement", .object(placement))) }
    if nanoCPUs > 0 { fields.append(.init("Resources", ["Reservations": ["NanoCPUs": .int(nanoCPUs)]])) }
    return .object(fields)
  }

  private var container: JSON {
    var fields: [JSON.Field] = [
      .init("StopGracePeriod", 1_000_000_000), .init("Env", [.string("EDIT=\(edit)")]),
    ]
    switch (behaviour, mode) {
    case (.runs, .job), (.runs, .globalJob):
      fields += [.init("Image", "alpine"), .init("Args", ["sleep", "2"])]
    case (.runs, _): fields.append(.init("Image", "nginx"))
    case (.crashes, _): fields += [.init("Image", "alpine"), .init("Args", ["sh", "-c", "sleep 1; exit 3"])]
    case (.isMissing, _): fields.append(.init("Image", "registry.example.invalid/none:1"))
    }
    if let secret {
      let file: JSON = ["Name": .string(secret.name), "UID": "0", "GID": "0", "Mode": 292]
      fields.append(
        .init(
          "Secrets", [["File": file, "SecretID": .string(secret.id), "SecretName": .string(secret.name)]]))
    }
    if let config {
      let file: JSON = ["Name": .string("/" + config.name), "UID": "0", "GID": "0", "Mode": 292]
      fields.append(
        .init(
          "Configs", [["File": file, "ConfigID": .string(config.id), "ConfigName": .string(config.name)]]))
    }
    return .object(fields)
  }
}
