import EngineTypes
import SimBase

/// Parts of a service's spec that `create` makes and `update` changes by the same flags.
///
/// Source: docker/cli `cli/command/service/opts.go`, `parse.go`.
enum ServiceSettings {
  /// The restart policy after the flags; nil where none of them was given.
  static func restartPolicy(_ flags: Flags, over current: GoValue?) -> GoValue? {
    guard flags.isAnySet("restart-condition", "restart-delay", "restart-max-attempts", "restart-window") else {
      return nil
    }
    var policy = current ?? .zero("swarm.RestartPolicy")
    if current == nil {
      policy["Condition"] = "any"
      policy["Delay"] = .duration(.seconds(5))
      policy["MaxAttempts"] = .uint(0)
    }
    if flags.isSet("restart-condition") { policy["Condition"] = .string(flags.text("restart-condition")) }
    if flags.isSet("restart-delay") { policy["Delay"] = .duration(flags.duration("restart-delay")) }
    if flags.isSet("restart-max-attempts") { policy["MaxAttempts"] = .uint(flags.uint("restart-max-attempts")) }
    if flags.isSet("restart-window") { policy["Window"] = .duration(flags.duration("restart-window")) }
    return policy
  }

  /// How updates (`prefix` update) or rollbacks go, after the flags; nil where none of them was given.
  static func updateConfig(_ flags: Flags, prefix: String, over current: GoValue?) -> GoValue? {
    let names = ["parallelism", "delay", "monitor", "failure-action", "max-failure-ratio", "order"]
    guard names.contains(where: { flags.isSet("\(prefix)-\($0)") }) else { return nil }
    var config = current ?? .zero("swarm.UpdateConfig")
    if current == nil {
      config["Parallelism"] = .uint(1)
      config["FailureAction"] = "pause"
      config["Monitor"] = .duration(.seconds(5))
      config["Order"] = "stop-first"
    }
    func set(_ name: String, _ field: String, _ value: (String) -> GoValue) {
      if flags.isSet("\(prefix)-\(name)") { config[field] = value("\(prefix)-\(name)") }
    }
    set("parallelism", "Parallelism") { .uint(flags.uint($0)) }
    set("delay", "Delay") { .duration(flags.duration($0)) }
    set("monitor", "Monitor") { .duration(flags.duration($0)) }
    set("failure-action", "FailureAction") { .string(flags.text($0)) }
    set("max-failure-ratio", "MaxFailureRatio") { .float(flags.float($0)) }
    set("order", "Order") { .string(flags.text($0)) }
    return config
  }

  private static let healthFlags = [
    "health-cmd", "health-interval", "health-timeout", "health-retries", "health-start-period",
    "health-start-interval",
  ]

  /// The health check that the flags ask for; nil where they ask for none.
  static func healthcheck(_ flags: Flags) throws(Failure) -> GoValue? {
    let isGiven = healthFlags.contains { flags.isSet($0) && !["", "0"].contains(flags.text($0)) }
    var health = GoValue.zero("container.HealthConfig")
    if flags.isOn("no-healthcheck") {
      if isGiven { throw Failure("--no-healthcheck conflicts with --health-* options") }
      health["Test"] = .strings(["NONE"])
      return health
    }
    guard isGiven else { return nil }
    let command = flags.text("health-cmd")
    if !command.isEmpty { health["Test"] = .strings(["CMD-SHELL", command]) }
    setHealthSpans(flags, &health)
    if flags.isSet("health-start-interval") {
      health["StartInterval"] = .duration(flags.duration("health-start-interval"))
    }
    return health
  }

  /// Puts the spans and the count that were given into a health check. An update reads no start interval.
  static func setHealthSpans(_ flags: Flags, _ health: inout GoValue) {
    for (flag, field) in [
      ("health-interval", "Interval"), ("health-timeout", "Timeout"), ("health-start-period", "StartPeriod"),
    ] where flags.isSet(flag) { health[field] = .duration(flags.duration(flag)) }
    if flags.isSet("health-retries") { health["Retries"] = .int(flags.int("health-retries")) }
  }

  /// Whether any flag about health checks was given that an update heeds.
  static func touchesHealth(_ flags: Flags) -> Bool {
    flags.isSet("no-healthcheck") || healthFlags.contains { $0 != "health-start-interval" && flags.isSet($0) }
  }

  static func preferences(_ texts: [String]) -> GoValue {
    let type = GoType.structure(engineStructs["swarm.PlacementPreference"])
    return .slice(
      type,
      texts.isEmpty
        ? nil
        : texts.compactMap { $0.cut("=")?.after }.map { descriptor in
          var preference = type.zero
          preference["Spread"]["SpreadDescriptor"] = .string(descriptor)
          return preference
        })
  }

  static func credentialSpec(_ flags: Flags) -> GoValue? {
    guard let text = flags.given("credential-spec"), !text.isEmpty else { return nil }
    var spec = GoValue.zero("swarm.CredentialSpec")
    for (prefix, field) in [("config://", "Config"), ("file://", "File"), ("registry://", "Registry")]
    where text.hasPrefix(prefix) { spec[field] = .string(String(text.dropFirst(prefix.count))) }
    return spec
  }

  /// A credential spec that is kept in a config: named by its ID, and the config among those that the task is given.
  static func settleCredentialSpec(
    _ flags: Flags, _ container: inout GoValue, in session: Session
  ) throws(Failure) {
    let name = container["Privileges"]["CredentialSpec"]["Config"].string ?? ""
    guard flags.isSet("credential-spec"), !name.isEmpty else { return }
    var filters = Filters()
    filters.add("name", name)
    let found = try session.engine().get("/configs", filters.query).array ?? []
    guard let object = found.first(where: { $0["Spec"]["Name"].string == name }) else {
      throw Failure("config not found: \(name)")
    }
    let id = object["ID"].string ?? ""
    var reference = GoValue.zero("swarm.ConfigReference")
    reference["Runtime"] = .pointer(
      .structure(engineStructs["swarm.ConfigReferenceRuntimeTarget"]), .zero("swarm.ConfigReferenceRuntimeTarget"))
    reference["ConfigID"] = .string(id)
    reference["ConfigName"] = .string(name)
    container["Privileges"]["CredentialSpec"]["Config"] = .string(id)
    let kept = container["Configs"].elements.filter { !($0["Runtime"].isTrue && $0["ConfigName"].string == name) }
    container["Configs"] = referenceList(kept + [reference], kind: "config")
  }

  /// `kind=amount` pairs as the request carries them.
  static func genericResources(_ texts: [String]) throws(Failure) -> GoValue {
    let type = GoType.structure(engineStructs["swarm.GenericResource"])
    var resources: [GoValue] = []
    for text in texts {
      guard let (kind, amount) = text.cut("=") else { continue }
      let trouble = "invalid generic resource specification: could not parse GenericResource: "
      if amount.contains("=") {
        throw Failure(trouble + "incorrect term \(text), missing '=' or malformed expression")
      }
      if let number = Int64(amount), number < 0 { throw Failure(trouble + "cannot ask for negative resource \(kind)") }
      guard let number = Int64(amount) else {
        throw Failure(
          "invalid generic-resource request `\(kind)=\(amount)`, Named Generic Resources is not supported for service"
            + " create or update"
        )
      }
      if number < 0 {
        throw Failure(
          "invalid generic resource specification: could not parse GenericResource: cannot ask for negative resource "
            + kind)
      }
      var resource = type.zero
      resource["DiscreteResourceSpec"]["Kind"] = .string(kind)
      resource["DiscreteResourceSpec"]["Value"] = .int(number)
      resources.append(resource)
    }
    return .slice(type, resources.isEmpty ? nil : resources)
  }

  /// A network by its ID; asks the engine.
  static func attachment(_ text: String, in session: Session) throws(Failure) -> GoValue {
    let value: NetworkValue
    do throws(FlagTrouble) { value = try NetworkValue(text) } catch { throw error.failure }
    var attachment = GoValue.zero("swarm.NetworkAttachmentConfig")
    attachment["Target"] = .string(try networkID(value.name, in: session))
    attachment["Aliases"] = .strings(value.aliases.isEmpty ? nil : value.aliases)
    attachment["DriverOpts"] = .strings(value.driverOptions)
    return attachment
  }

  static func networkID(_ name: String, in session: Session) throws(Failure) -> String {
    try session.engine().get("/networks/\(pathEscaped(name))", ["scope": "swarm"])["Id"].string ?? ""
  }

  /// References to secrets or configs (`kind`) by their IDs; asks the engine.
  static func fileReferences(_ texts: [String], kind: String, in session: Session) throws(Failure) -> [GoValue] {
    var values: [FileReferenceValue] = []
    for text in texts {
      let value: FileReferenceValue
      do throws(FlagTrouble) { value = try FileReferenceValue(text, kind: kind) } catch { throw error.failure }
      if values.contains(where: { $0.target == value.target }) {
        throw Failure("duplicate \(kind) target for \(value.source) not allowed")
      }
      values.append(value)
    }
    return try resolve(values, kind: kind, in: session)
  }

  /// The references with the IDs of what they name.
  static func resolve(
    _ values: [FileReferenceValue], kind: String, in session: Session
  ) throws(Failure) -> [GoValue] {
    if values.isEmpty { return [] }
    let isSecret = kind == "secret"
    var filters = Filters()
    for value in values { filters.add("name", value.source) }
    let found = try session.engine().get("/\(kind)s", filters.query).array ?? []
    var references: [GoValue] = []
    for value in values {
      guard let object = found.first(where: { $0["Spec"]["Name"].string == value.source }) else {
        throw Failure("\(kind) not found: \(value.source)")
      }
      var reference = GoValue.zero(isSecret ? "swarm.SecretReference" : "swarm.ConfigReference")
      reference["File"]["Name"] = .string(value.target)
      reference["File"]["UID"] = .string(value.uid)
      reference["File"]["GID"] = .string(value.gid)
      reference["File"]["Mode"] = .uint(value.mode)
      reference[isSecret ? "SecretID" : "ConfigID"] = .string(object["ID"].string ?? "")
      reference[isSecret ? "SecretName" : "ConfigName"] = .string(value.source)
      references.append(reference)
    }
    return references
  }

  /// References as the spec holds them.
  static func referenceList(_ references: [GoValue], kind: String) -> GoValue {
    let type = GoType.structure(engineStructs[kind == "secret" ? "swarm.SecretReference" : "swarm.ConfigReference"])
    return .slice(.pointer(type), references.isEmpty ? nil : references.map { .pointer(type, $0.target ?? $0) })
  }
}
