import EngineTypes
import SimBase
import SwarmModel

extension ServiceSpec {
  /// A service spec from a request's body, with Docker's normalisation: what is absent stays absent where inspecting shows
  /// it, and gets its default where not. Networks keep the names that the client gave.
  ///
  /// **Differs from Docker:** plugin services do not exist.
  ///
  /// Source: moby/moby `daemon/cluster/convert/service.go`, `daemon/server/router/swarm/helpers.go`.
  init(_ json: JSON, version: APIVersion) throws(DecodingFault) {
    let fields = try JSONFields(json, "swarm.ServiceSpec")
    self.init()
    annotations = try Annotations(fields)
    let template = try fields.object("TaskTemplate", "TaskSpec") ?? .none("TaskSpec")
    task = try TaskSpec(template, version: version)
    for network in try fields.objects("Networks", "NetworkAttachmentConfig") {
      networks.append(try NetworkAttachmentConfig(network))
    }
    update = try fields.object("UpdateConfig", "UpdateConfig").map { fields throws(DecodingFault) in
      try UpdateConfig(fields)
    }
    rollback = try fields.object("RollbackConfig", "UpdateConfig").map { fields throws(DecodingFault) in
      try UpdateConfig(fields)
    }
    endpoint = try fields.object("EndpointSpec", "EndpointSpec").map { fields throws(DecodingFault) in
      try EndpointSpec(fields)
    }
    mode = try ServiceMode(fields.object("Mode", "ServiceMode"), version: version)
  }
}

extension Annotations {
  /// Name and labels as fields of the object that has them.
  init(_ fields: JSONFields) throws(DecodingFault) {
    self.init(name: try fields.text("Name"), labels: try fields.map("Labels"))
  }
}

extension ServiceMode {
  /// A mode; one replica where none is given.
  fileprivate init(_ fields: JSONFields?, version: APIVersion) throws(DecodingFault) {
    self = .replicated(replicas: 1)
    guard let fields else { return }
    let allowsJobs = version >= APIVersion("1.41")
    var modes: [ServiceMode] = []
    if try fields.object("Global") != nil { modes.append(.global) }
    if allowsJobs, try fields.object("GlobalJob") != nil { modes.append(.globalJob) }
    if allowsJobs, let job = try fields.object("ReplicatedJob", "ReplicatedJob") {
      let maxConcurrent = try job.optionalUInt("MaxConcurrent") ?? 1
      let total = try job.optionalUInt("TotalCompletions") ?? maxConcurrent
      modes.append(.replicatedJob(maxConcurrent: maxConcurrent, totalCompletions: total))
    }
    if let replicated = try fields.object("Replicated", "ReplicatedService") {
      modes.append(.replicated(replicas: try replicated.optionalUInt("Replicas") ?? 1))
    }
    if modes.count > 1 { throw .conversion("must specify only one service mode") }
    if let mode = modes.first { self = mode }
  }
}

extension UpdateConfig {
  /// An update's or a rollback's settings.
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    parallelism = try fields.uint("Parallelism")
    delay = try fields.duration("Delay")
    let watched = try fields.duration("Monitor")
    monitor = watched == .zero ? nil : watched
    maxFailureRatio = try fields.fraction("MaxFailureRatio")
    switch try fields.text("FailureAction") {
    case "", "pause": failureAction = .pause
    case "continue": failureAction = .continue
    case "rollback": failureAction = .rollback
    case let word: throw .conversion("unrecognized update failure action \(word)")
    }
    switch try fields.text("Order") {
    case "", "stop-first": order = .stopFirst
    case "start-first": order = .startFirst
    case let word: throw .conversion("unrecognized update order \(word)")
    }
  }
}

extension EndpointSpec {
  /// How a service is to be reached.
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    switch try fields.text("Mode", as: "swarm.ResolutionMode") {
    case "", "vip": mode = .vip
    case "dnsrr": mode = .dnsrr
    case let word: throw .conversion("invalid resolution mode: \(word.goQuoted)")
    }
    for port in try fields.objects("Ports", "PortConfig") { ports.append(try PortConfig(port)) }
  }
}

extension PortConfig {
  /// A port; unknown words for protocol and mode read as the defaults.
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    name = try fields.text("Name")
    switch try fields.text("Protocol").lowercased() {
    case "udp": `protocol` = .udp
    case "sctp": `protocol` = .sctp
    default: `protocol` = .tcp
    }
    targetPort = try fields.uint32("TargetPort")
    publishedPort = try fields.uint32("PublishedPort")
    mode = try fields.text("PublishMode").lowercased() == "host" ? .host : .ingress
  }
}

extension NetworkAttachmentConfig {
  /// A network to join.
  init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    target = try fields.text("Target")
    aliases = try fields.texts("Aliases")
    driverOptions = try fields.map("DriverOpts")
  }
}
