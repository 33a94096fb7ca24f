import SimBase
import SwarmModel
import SwarmStore

/// Changes of secrets and configs. After creation only labels change; what a service's present spec refers to stays.
///
/// Source: moby/swarmkit `manager/controlapi/secret.go`, `config.go`, `api/validation/secrets.go`.
enum SecretWrites {
  private static let secretLimit = 512_000
  private static let configLimit = 1_024_000

  static func secret(from draft: SecretDraft, dice: inout Dice) throws(APIError) -> ControlWrite {
    try relayed { () throws(ControlError) in
      try NameRules.checkSecret(draft.annotations.name)
      if let driver = draft.driver {
        if driver.name.isEmpty { throw .secretDriverWithoutName }
        // No engine here has plugins.
        throw .pluginMissing(driver.name)
      } else if !(1..<secretLimit).contains(draft.data?.count ?? 0) {
        throw .secretSize
      }
    }
    var secret = Secret()
    secret.id = SecretID(drawnFrom: &dice)
    secret.annotations = draft.annotations
    secret.data = draft.data ?? []
    secret.templating = draft.templating
    secret.driver = draft.driver
    return .createSecret(secret)
  }

  static func config(from draft: SecretDraft, dice: inout Dice) throws(APIError) -> ControlWrite {
    try relayed { () throws(ControlError) in
      try NameRules.checkSecret(draft.annotations.name)
      if !(1..<configLimit).contains(draft.data?.count ?? 0) { throw .configSize }
    }
    var config = Config()
    config.id = ConfigID(drawnFrom: &dice)
    config.annotations = draft.annotations
    config.data = draft.data ?? []
    config.templating = draft.templating
    return .createConfig(config)
  }

  static func create(_ secret: Secret, in tx: inout Transaction) throws(ControlError) -> ControlReply {
    if tx.store.secret(named: secret.annotations.name) != nil {
      throw .alreadyExists("secret", secret.annotations.name)
    }
    tx.put(secret)
    return .created(id: secret.id.description, warnings: [])
  }

  static func create(_ config: Config, in tx: inout Transaction) throws(ControlError) -> ControlReply {
    if tx.store.config(named: config.annotations.name) != nil {
      throw .alreadyExists("config", config.annotations.name)
    }
    tx.put(config)
    return .created(id: config.id.description, warnings: [])
  }

  static func update(
    _ id: SecretID, version: UInt64, _ draft: SecretDraft, in tx: inout Transaction
  ) throws(ControlError) -> ControlReply {
    guard var secret = tx.store.secrets[id]?.value else { throw .secretNotFound(id) }
    try checkOnlyLabels(draft, name: secret.annotations.name, data: secret.data)
    guard secret.meta.version == version else { throw .updateOutOfSequence }
    secret.annotations.labels = draft.annotations.labels
    tx.put(secret)
    return .done
  }

  static func update(
    _ id: ConfigID, version: UInt64, _ draft: SecretDraft, in tx: inout Transaction
  ) throws(ControlError) -> ControlReply {
    guard var config = tx.store.configs[id]?.value else { throw .configNotFound(id) }
    try checkOnlyLabels(draft, name: config.annotations.name, data: config.data)
    guard config.meta.version == version else { throw .updateOutOfSequence }
    config.annotations.labels = draft.annotations.labels
    tx.put(config)
    return .done
  }

  private static func checkOnlyLabels(_ draft: SecretDraft, name: String, data: [UInt8]) throws(ControlError) {
    // Empty data cannot be told from absent data on gRPC's wire.
    let given = draft.data.map { $0.isEmpty ? data : $0 } ?? data
    if draft.annotations.name != name || given != data { throw .onlyLabels }
  }

  static func remove(_ id: SecretID, in tx: inout Transaction) throws(ControlError) -> ControlReply {
    guard let secret = tx.store.secrets[id]?.value else { throw .secretGone(id) }
    let text = id.description
    let users = services(in: tx.store) { $0.secrets.contains { $0.secretID == text } }
    if !users.isEmpty { throw .inUse("secret", secret.annotations.name, by: users) }
    tx.remove(id)
    return .done
  }

  static func remove(_ id: ConfigID, in tx: inout Transaction) throws(ControlError) -> ControlReply {
    guard let config = tx.store.configs[id]?.value else { throw .configGone(id) }
    let text = id.description
    let users = services(in: tx.store) { $0.configs.contains { $0.configID == text } }
    if !users.isEmpty { throw .inUse("config", config.annotations.name, by: users) }
    tx.remove(id)
    return .done
  }

  /// Names of the services whose present specs use something, ascending by the services' IDs.
  private static func services(in store: Store, using uses: (ContainerSpec) -> Bool) -> [String] {
    store.services.values.filter { $0.value.spec.value.task.container.map(uses) ?? false }.map(\.value.name)
  }
}
