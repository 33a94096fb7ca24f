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

  static func create<Object: StoredData>(
    _ object: Object, in tx: inout Transaction
  ) throws(ControlError) -> ControlReply {
    let name = object.annotations.name
    if Object.named(name, in: tx.store) != nil { throw .alreadyExists(Object.word, name) }
    object.put(into: &tx)
    return .created(id: object.id.description, warnings: [])
  }

  static func update<Object: StoredData>(
    _ id: ID<Object.Tag>, version: UInt64, _ draft: SecretDraft, of: Object.Type, in tx: inout Transaction
  ) throws(ControlError) -> ControlReply {
    guard var object = Object.object(id, in: tx.store) else { throw .notFound(Object.word, id.description) }
    // Empty data cannot be told from absent data on gRPC's wire.
    let data = draft.data.flatMap { $0.isEmpty ? nil : $0 } ?? object.data
    if draft.annotations.name != object.annotations.name || data != object.data { throw .onlyLabels }
    guard object.meta.version == version else { throw .updateOutOfSequence }
    object.annotations.labels = draft.annotations.labels
    object.put(into: &tx)
    return .done
  }

  static func remove<Object: StoredData>(
    _ id: ID<Object.Tag>, of: Object.Type, in tx: inout Transaction
  ) throws(ControlError) -> ControlReply {
    guard let object = Object.object(id, in: tx.store) else { throw .gone(Object.word, id.description) }
    let text = id.description
    // Ascending by the services' IDs.
    let users = tx.store.services.values.filter { service in
      service.value.spec.value.task.container.map { Object.references(in: $0).contains(text) } ?? false
    }
    if !users.isEmpty { throw .inUse(Object.word, object.annotations.name, by: users.map(\.value.name)) }
    Object.remove(id, from: &tx)
    return .done
  }
}

/// A secret or a config, for those who change them: all but their limits is the same.
protocol StoredData: StoreObject {
  /// What errors call it.
  static var word: String { get }
  var annotations: Annotations { get set }
  var data: [UInt8] { get }
  static func object(_ id: ID<Tag>, in store: Store) -> Self?
  static func named(_ name: String, in store: Store) -> Self?
  /// The IDs of all that a service's containers are given.
  static func references(in container: ContainerSpec) -> [String]
  static func remove(_ id: ID<Tag>, from tx: inout Transaction)
  func put(into tx: inout Transaction)
}

extension Secret: StoredData {
  static let word = "secret"
  static func object(_ id: SecretID, in store: Store) -> Secret? { store.secrets[id]?.value }
  static func named(_ name: String, in store: Store) -> Secret? { store.secret(named: name)?.value }
  static func references(in container: ContainerSpec) -> [String] { container.secrets.map(\.secretID) }
  static func remove(_ id: SecretID, from tx: inout Transaction) { tx.remove(id) }
  func put(into tx: inout Transaction) { tx.put(self) }
}

extension Config: StoredData {
  static let word = "config"
  static func object(_ id: ConfigID, in store: Store) -> Config? { store.configs[id]?.value }
  static func named(_ name: String, in store: Store) -> Config? { store.config(named: name)?.value }
  static func references(in container: ContainerSpec) -> [String] { container.configs.map(\.configID) }
  static func remove(_ id: ConfigID, from tx: inout Transaction) { tx.remove(id) }
  func put(into tx: inout Transaction) { tx.put(self) }
}
