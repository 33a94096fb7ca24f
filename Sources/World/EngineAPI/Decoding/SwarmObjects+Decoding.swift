import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

extension NodeSpec {
  /// A node spec. It never says whether the node is let in, so that every update leaves that pending.
  ///
  /// Source: moby/moby `daemon/cluster/convert/node.go`.
  init(_ json: JSON) throws(DecodingFault) {
    let fields = try JSONFields(json, "swarm.NodeSpec")
    self.init()
    annotations = try Annotations(fields)
    let role = try fields.text("Role", as: "swarm.NodeRole")
    switch role.lowercased() {
    case "worker": desiredRole = .worker
    case "manager": desiredRole = .manager
    default: throw .conversion("invalid Role: \(role.goQuoted)")
    }
    let word = try fields.text("Availability")
    guard let availability = Availability(word: word) else {
      throw .conversion("invalid Availability: \(word.goQuoted)")
    }
    self.availability = availability
  }
}

extension Availability {
  /// The availability of this name, in any case.
  init?(word: String) {
    switch word.lowercased() {
    case "active": self = .active
    case "pause": self = .pause
    case "drain": self = .drain
    default: return nil
    }
  }
}

extension SecretDraft {
  /// What a client gives of a secret; `type` is the Go name, as configs have the same fields but a driver.
  init(_ json: JSON, _ type: String = "swarm.SecretSpec") throws(DecodingFault) {
    let fields = try JSONFields(json, type)
    self.init()
    annotations = try Annotations(fields)
    data = try fields.bytes("Data")
    templating = try fields.object("Templating", "Driver").map { fields throws(DecodingFault) in try Driver(fields) }
    if type == "swarm.SecretSpec" {
      driver = try fields.object("Driver", "Driver").map { fields throws(DecodingFault) in try Driver(fields) }
    }
  }
}

extension ClusterSettings {
  /// A cluster's spec from a request. The log driver for tasks is dropped, as the control API's form has no place for it.
  ///
  /// Source: moby/moby `daemon/cluster/convert/swarm.go`.
  init(_ json: JSON) throws(DecodingFault) { try self.init(JSONFields(json, "swarm.Spec")) }

  /// The same from fields within a larger request. The name is checked first: it can only be the default.
  init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    let annotations = try Annotations(fields)
    if !["", "default"].contains(annotations.name) { throw .conversion("swarm spec must be named \"default\"") }
    labels = annotations.labels
    if let orchestration = try fields.object("Orchestration", "OrchestrationConfig") {
      taskHistoryRetentionLimit = try orchestration.optionalInt("TaskHistoryRetentionLimit")
    }
    if let raft = try fields.object("Raft", "RaftConfig") {
      snapshotInterval = try raft.uint("SnapshotInterval")
      keepOldSnapshots = try raft.optionalUInt("KeepOldSnapshots")
      logEntriesForSlowFollowers = try raft.uint("LogEntriesForSlowFollowers")
      electionTick = UInt64(clamping: try raft.int("ElectionTick", as: "int"))
      heartbeatTick = UInt64(clamping: try raft.int("HeartbeatTick", as: "int"))
    }
    if let dispatcher = try fields.object("Dispatcher", "DispatcherConfig") {
      heartbeatPeriod = try dispatcher.duration("HeartbeatPeriod")
    }
    if let authority = try fields.object("CAConfig", "CAConfig") {
      nodeCertExpiry = try authority.duration("NodeCertExpiry")
      forceRotate = try authority.uint("ForceRotate")
      externalCAs = try ClusterSettings.externalAuthorities(of: authority)
      for external in try authority.objects("ExternalCAs", "ExternalCA") {
        externalCACerts.append(try external.text("CACert"))
      }
      signingCACert = try authority.text("SigningCACert")
      signingCAKey = try authority.text("SigningCAKey")
    }
    if let encryption = try fields.object("EncryptionConfig", "EncryptionConfig") {
      autoLockManagers = try encryption.flag("AutoLockManagers")
    }
  }

  private static func externalAuthorities(of fields: JSONFields) throws(DecodingFault) -> String {
    var authorities: [JSON] = []
    for authority in try fields.objects("ExternalCAs", "ExternalCA") {
      let word = try authority.text("Protocol")
      if word.lowercased() != "cfssl" { throw .conversion("invalid protocol: \(word.goQuoted)") }
      let options = try authority.map("Options").map { JSON.Field($0.key, .string($0.value)) }
      authorities.append(
        .object(
          [JSON.Field("Protocol", "cfssl"), JSON.Field("URL", .string(try authority.text("URL")))]
            + (options.isEmpty ? [] : [JSON.Field("Options", .object(options))])
            + [JSON.Field("CACert", .string(try authority.text("CACert")))]))
    }
    return authorities.isEmpty ? "" : JSON.array(authorities).text
  }
}
