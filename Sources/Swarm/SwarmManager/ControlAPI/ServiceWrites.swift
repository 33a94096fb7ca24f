import SimBase
import SwarmModel
import SwarmStore

/// Changes of services. Source: moby/swarmkit `manager/controlapi/service.go`; moby/moby `daemon/cluster/services.go`.
enum ServiceWrites {
  // MARK: Before the transaction

  static func creation(
    of submission: ServiceSubmission, in store: Store, dice: inout Dice
  ) throws(APIError) -> ControlWrite {
    let spec = try completed(submission, in: store, dice: &dice)
    try relayed { () throws(ControlError) in
      try ServiceValidation.check(spec)
      try checkNetworks(of: spec, in: store)
      try checkPorts(of: spec, except: nil, in: store)
      try checkIngress(of: spec, in: store)
    }
    var service = Service()
    service.id = ServiceID(drawnFrom: &dice)
    service.spec = Shared(spec)
    if spec.mode.isJob { service.jobStatus = JobStatus() }
    return .createService(service)
  }

  static func update(
    of text: String, _ update: ServiceUpdate, in store: Store, dice: inout Dice
  ) throws(APIError) -> ControlWrite {
    var spec = try completed(update.submission, in: store, dice: &dice)
    let service = try Lookup(store: store).service(text).value
    try keepCredentials(in: &spec, of: service, from: update.registryAuthFrom)
    guard ["", "none", "previous"].contains(update.rollback) else {
      throw APIError(.system, "unrecognized rollback option \(update.rollback)")
    }
    try relayed { () throws(ControlError) in
      try ServiceValidation.check(spec)
      try checkNetworks(of: spec, in: store)
      if let endpoint = spec.endpoint, endpoint != service.spec.value.endpoint {
        try checkPorts(of: spec, except: service.id, in: store)
      }
    }
    return .updateService(
      service.id, version: update.version, Shared(spec), isRollback: update.rollback == "previous")
  }

  /// The spec with a name and with its networks' IDs. Those beside the task template are looked at where it has none.
  private static func completed(
    _ submission: ServiceSubmission, in store: Store, dice: inout Dice
  ) throws(APIError) -> ServiceSpec {
    var spec = submission.spec
    let networks = spec.task.networks.isEmpty ? \ServiceSpec.networks : \.task.networks
    for place in spec[keyPath: networks].indices {
      let target = spec[keyPath: networks][place].target
      spec[keyPath: networks][place].target = try networkID(of: target, submission.localNetworks, in: store)
    }
    if spec.annotations.name.isEmpty { spec.annotations.name = RandomName.draw(from: &dice) }
    return spec
  }

  /// What a service's network is called in the swarm. A name that only the engine knows is refused with the reason.
  private static func networkID(
    of target: String, _ local: [ServiceSubmission.LocalNetwork], in store: Store
  ) throws(APIError) -> String {
    let lookup = Lookup(store: store)
    do { return try lookup.network(target).value.id.description } catch {
      let match = local.first { $0.id == target } ?? local.first { $0.name == target }
      let begun = local.filter { $0.id.hasPrefix(target) }
      guard let match = match ?? (begun.count == 1 ? begun[0] : nil) else { throw error }
      guard match.isPredefined else { throw .localNetwork(match.name) }
      guard let twin = try? lookup.network(match.name) else { throw .noPredefinedTwin(match.name) }
      return twin.value.id.description
    }
  }

  /// An update without credentials keeps those that the service has.
  private static func keepCredentials(
    in spec: inout ServiceSpec, of service: Service, from source: String
  ) throws(APIError) {
    guard case .container(var container) = spec.task.runtime, container.registryAuth.isEmpty else { return }
    switch source {
    case "", "spec": container.registryAuth = service.spec.value.task.container?.registryAuth ?? ""
    case "previous-spec":
      guard let previous = service.previousSpec else {
        throw APIError(.system, "service does not have a previous spec")
      }
      container.registryAuth = previous.value.task.container?.registryAuth ?? ""
    default: throw APIError(.system, "unsupported registryAuthFrom value")
    }
    spec.task.runtime = .container(container)
  }

  private static func checkNetworks(of spec: ServiceSpec, in store: Store) throws(ControlError) {
    for attachment in spec.task.networks {
      guard let network = NetworkID(attachment.target).flatMap({ store.networks[$0]?.value }) else { continue }
      if network.spec.isIngress { throw .attachedToIngress(network.spec.annotations.name) }
    }
  }

  private static func checkIngress(of spec: ServiceSpec, in store: Store) throws(ControlError) {
    if spec.publishesByMesh && store.ingressNetwork == nil { throw .ingressNetworkMissing }
  }

  /// An ingress port excludes every other use of its number; ports on the nodes themselves are for the scheduler to part.
  private static func checkPorts(
    of spec: ServiceSpec, except updated: ServiceID?, in store: Store
  ) throws(ControlError) {
    let mine = (spec.endpoint?.ports ?? []).filter { $0.publishedPort != 0 }
    if mine.isEmpty { return }
    for (id, object) in store.services where id != updated {
      let service = object.value
      for theirs in (service.spec.value.endpoint?.ports ?? []) + (service.endpoint?.ports ?? [])
      where mine.contains(where: { $0.collides(with: theirs) }) {
        throw .portInUse(theirs, by: service)
      }
    }
  }

  // MARK: In the transaction

  static func create(_ service: Service, in tx: inout Transaction) throws(ControlError) -> ControlReply {
    try checkReferences(of: service.spec.value, in: tx.store)
    if tx.store.service(named: service.name) != nil { throw .serviceNameTaken(service.name) }
    var service = service
    service.jobStatus?.lastExecution = tx.now
    tx.put(service)
    return .created(id: service.id.description, warnings: [])
  }

  static func update(
    _ id: ServiceID, version: UInt64, to spec: Shared<ServiceSpec>, isRollback: Bool, in tx: inout Transaction
  ) throws(ControlError) -> ControlReply {
    guard let old = tx.store.services[id]?.value else { throw .serviceNotFound(id.description) }
    // Networks may leave the deprecated place, with a change in the proper one, but not change there.
    let current = old.spec.value
    if spec.value.networks != current.networks && spec.value.task.networks == current.task.networks {
      throw .networksNotMigrated
    }
    try checkReferences(of: spec.value, in: tx.store)
    // The words tell the kinds of modes apart, whatever their numbers.
    if current.mode.word != spec.value.mode.word { throw .modeChange }
    if old.name != spec.value.name { throw .renaming }
    var service = old
    service.jobStatus?.iteration += 1
    service.jobStatus?.lastExecution = tx.now
    if isRollback {
      guard let previous = old.previousSpec else { throw .noPreviousSpec(id) }
      service.spec = previous
      service.specVersion = old.previousSpecVersion
      service.updateStatus = .manualRollback(at: tx.now)
    } else {
      service.spec = spec
      service.specVersion = version
      service.updateStatus = nil
    }
    service.previousSpec = old.spec
    service.previousSpecVersion = old.specVersion
    try checkIngress(of: service.spec.value, in: tx.store)
    guard old.meta.version == version else { throw .updateOutOfSequence }
    tx.put(service)
    return .serviceUpdated(warnings: [])
  }

  /// Secrets and configs must exist under both the ID and the name that the spec gives.
  private static func checkReferences(of spec: ServiceSpec, in store: Store) throws(ControlError) {
    guard let container = spec.task.container else { return }
    let secrets = container.secrets.filter { reference in
      SecretID(reference.secretID).flatMap { store.secrets[$0] }?.value.annotations.name != reference.secretName
    }
    if !secrets.isEmpty { throw .referencesNotFound("secret", secrets.map(\.secretName)) }
    let configs = container.configs.filter { reference in
      ConfigID(reference.configID).flatMap { store.configs[$0] }?.value.annotations.name != reference.configName
    }
    if !configs.isEmpty { throw .referencesNotFound("config", configs.map(\.configName)) }
  }
}

extension PortConfig {
  /// Whether a new service's port cannot be had beside this one of another service.
  fileprivate func collides(with other: PortConfig) -> Bool {
    publishedPort == other.publishedPort && `protocol` == other.protocol && (mode == .ingress || other.mode == .ingress)
  }
}

extension UpdateStatus {
  fileprivate static func manualRollback(at now: Instant) -> UpdateStatus {
    var status = UpdateStatus()
    status.state = .rollbackStarted
    status.startedAt = now
    status.message = "manually requested rollback"
    return status
  }
}

extension APIError {
  fileprivate static func localNetwork(_ name: String) -> APIError {
    APIError(
      .forbidden,
      "The network \(name) cannot be used with services. Only networks scoped to the swarm can be used, "
        + "such as those created with the overlay driver.")
  }

  fileprivate static func noPredefinedTwin(_ name: String) -> APIError {
    APIError(.notFound, "could not find the corresponding predefined swarm network: network \(name) not found")
  }
}
