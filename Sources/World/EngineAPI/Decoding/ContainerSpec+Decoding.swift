import EngineTypes
import SimBase
import SwarmModel

extension ContainerSpec {
  /// What a task's container is to be.
  ///
  /// Source: moby/moby `daemon/cluster/convert/container.go`.
  init(_ fields: JSONFields, version: APIVersion) throws(DecodingFault) {
    self.init()
    image = try fields.text("Image")
    labels = try fields.map("Labels")
    command = try fields.texts("Command")
    args = try fields.texts("Args")
    hostname = try fields.text("Hostname")
    env = try fields.texts("Env")
    dir = try fields.text("Dir")
    user = try fields.text("User")
    groups = try fields.texts("Groups")
    initProcess = try fields.optionalFlag("Init")
    stopSignal = try fields.text("StopSignal")
    tty = try fields.flag("TTY")
    openStdin = try fields.flag("OpenStdin")
    readOnly = try fields.flag("ReadOnly")
    stopGracePeriod = try fields.optionalDuration("StopGracePeriod")
    hosts = try fields.texts("Hosts")
    for secret in try fields.objects("Secrets", "*SecretReference") { secrets.append(try SecretReference(secret)) }
    let wanted = try fields.text("Isolation").lowercased()
    isolation = ["hyperv", "process"].contains(wanted) ? wanted : "default"
    try decodeLimits(fields, version: version)
    dns = try fields.object("DNSConfig", "DNSConfig").map { fields throws(DecodingFault) in try DNSConfig(fields) }
    privileges =
      try fields.object("Privileges", "Privileges").map { fields throws(DecodingFault) in
        try Privileges.text(fields, version: version)
      } ?? ""
    for config in try fields.objects("Configs", "*ConfigReference") {
      configs.append(try ConfigReference(config, version: version))
    }
    for mount in try fields.objects("Mounts", "mount.Mount") { mounts.append(try Mount(mount)) }
    healthcheck = try fields.object("Healthcheck", "v1.HealthcheckConfig").map { fields throws(DecodingFault) in
      try HealthConfig(fields, version: version)
    }
  }

  /// What older versions of the API did not know is ignored in their requests.
  private mutating func decodeLimits(_ fields: JSONFields, version: APIVersion) throws(DecodingFault) {
    if version >= APIVersion("1.40") { sysctls = try fields.map("Sysctls") }
    if version >= APIVersion("1.41") {
      capabilityAdd = try fields.texts("CapabilityAdd")
      capabilityDrop = try fields.texts("CapabilityDrop")
      for limit in try fields.objects("Ulimits", "*units.Ulimit") { ulimits.append(try Ulimit(limit)) }
    }
    if version >= APIVersion("1.46") { oomScoreAdj = try fields.int("OomScoreAdj") }
  }
}

extension DNSConfig {
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    nameservers = try fields.texts("Nameservers")
    search = try fields.texts("Search")
    options = try fields.texts("Options")
  }
}

extension HealthConfig {
  fileprivate init(_ fields: JSONFields, version: APIVersion) throws(DecodingFault) {
    self.init()
    test = try fields.texts("Test")
    interval = try fields.duration("Interval")
    timeout = try fields.duration("Timeout")
    startPeriod = try fields.duration("StartPeriod")
    if version >= APIVersion("1.44") { startInterval = try fields.duration("StartInterval") }
    retries = try fields.int("Retries", as: "int")
  }
}

extension FileTarget {
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    name = try fields.text("Name")
    uid = try fields.text("UID")
    gid = try fields.text("GID")
    mode = try fields.uint32("Mode")
  }
}

extension SecretReference {
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    secretID = try fields.text("SecretID")
    secretName = try fields.text("SecretName")
    file = try fields.object("File", "SecretReferenceFileTarget").map { fields throws(DecodingFault) in
      try FileTarget(fields)
    }
  }
}

extension ConfigReference {
  fileprivate init(_ fields: JSONFields, version: APIVersion) throws(DecodingFault) {
    self.init()
    configID = try fields.text("ConfigID")
    configName = try fields.text("ConfigName")
    file = try fields.object("File", "ConfigReferenceFileTarget").map { fields throws(DecodingFault) in
      try FileTarget(fields)
    }
    isRuntime = version >= APIVersion("1.40") && fields.has("Runtime")
    if file == nil && !isRuntime { throw .conversion("invalid Config: either File or Runtime should be set") }
    if file != nil && isRuntime { throw .conversion("invalid Config: cannot specify both File and Runtime") }
  }
}

extension Ulimit {
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    name = try fields.text("Name")
    soft = try fields.int("Soft")
    hard = try fields.int("Hard")
  }
}

extension Mount {
  /// Swarm's mounts know no image mounts.
  private static let kinds: [String: Kind] = [
    "": .bind, "bind": .bind, "volume": .volume, "tmpfs": .tmpfs, "npipe": .npipe, "cluster": .cluster,
  ]
  private static let propagations = ["rprivate", "private", "rshared", "shared", "rslave", "slave"]

  /// A mount. As in Docker a bind's missing source is not made by a service, and consistency is dropped.
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    let word = try fields.text("Type")
    guard let kind = Mount.kinds[word.lowercased()] else { throw .conversion("invalid MountType: \(word.goQuoted)") }
    self.kind = kind
    source = try fields.text("Source")
    target = try fields.text("Target")
    readOnly = try fields.flag("ReadOnly")
    if let options = try fields.object("BindOptions", "BindOptions") { try decodeBind(options) }
    volumeOptions = try fields.object("VolumeOptions", "VolumeOptions").map { fields throws(DecodingFault) in
      try VolumeOptions(fields)
    }
    if let options = try fields.object("TmpfsOptions", "TmpfsOptions") {
      tmpfsSize = try options.int("SizeBytes")
      tmpfsMode = try options.int("Mode", as: "fs.FileMode")
    }
  }

  private mutating func decodeBind(_ fields: JSONFields) throws(DecodingFault) {
    let word = try fields.text("Propagation")
    if Mount.propagations.contains(word.lowercased()) {
      bindPropagation = word.lowercased()
    } else if !word.isEmpty {
      throw .conversion("invalid MountPropagation: \(word.goQuoted)")
    }
    bindNonRecursive = try fields.flag("NonRecursive")
    if bindNonRecursive && bindPropagation.isEmpty { bindPropagation = "rprivate" }
  }
}

extension Mount.VolumeOptions {
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    noCopy = try fields.flag("NoCopy")
    labels = try fields.map("Labels")
    subpath = try fields.text("Subpath")
    driver = try fields.object("DriverConfig", "Driver").map { fields throws(DecodingFault) in try Driver(fields) }
  }
}

/// A service's privileges, which the model keeps as the JSON that engines write.
private enum Privileges {
  static func text(_ fields: JSONFields, version: APIVersion) throws(DecodingFault) -> String {
    let credential = try fields.object("CredentialSpec", "CredentialSpec").map { fields throws(DecodingFault) in
      try credentialSpec(fields, version: version)
    }
    let knowsNewFields = version >= APIVersion("1.44")
    var entries: [JSON.Field] = [
      JSON.Field("CredentialSpec", credential ?? .null),
      JSON.Field("SELinuxContext", try selinux(fields)),
    ]
    if knowsNewFields, let seccomp = try fields.object("Seccomp", "SeccompOpts") {
      var options = [JSON.Field("Mode", .string(try seccomp.text("Mode")))]
      if let profile = try seccomp.bytes("Profile") {
        options.append(JSON.Field("Profile", .string(Base64.text(profile))))
      }
      entries.append(JSON.Field("Seccomp", .object(options)))
    }
    if knowsNewFields, let armor = try fields.object("AppArmor", "AppArmorOpts") {
      entries.append(JSON.Field("AppArmor", ["Mode": .string(try armor.text("Mode"))]))
    }
    entries.append(JSON.Field("NoNewPrivileges", .bool(knowsNewFields ? try fields.flag("NoNewPrivileges") : false)))
    return JSON.object(entries).text
  }

  private static func selinux(_ fields: JSONFields) throws(DecodingFault) -> JSON {
    guard let context = try fields.object("SELinuxContext", "SELinuxContext") else { return .null }
    return [
      "Disable": .bool(try context.flag("Disable")), "User": .string(try context.text("User")),
      "Role": .string(try context.text("Role")), "Type": .string(try context.text("Type")),
      "Level": .string(try context.text("Level")),
    ]
  }

  private static func credentialSpec(_ fields: JSONFields, version: APIVersion) throws(DecodingFault) -> JSON {
    let config = version < APIVersion("1.40") ? "" : try fields.text("Config")
    let (file, registry) = (try fields.text("File"), try fields.text("Registry"))
    let given = [("\"config\"", config), ("\"file\"", file), ("\"registry\"", registry)]
      .filter { !$0.1.isEmpty }.map(\.0)
    if given.isEmpty {
      throw .conversion(
        "invalid CredentialSpec: must either provide \"file\", \"registry\", or \"config\" for credential spec")
    }
    if given.count > 1 {
      let others = given.dropLast().joined(separator: ", ")
      let comma = given.count > 2 ? "," : ""
      throw .conversion(
        "invalid CredentialSpec: cannot specify both \(others)\(comma) and \(given[given.count - 1]) credential specs")
    }
    return ["Config": .string(config), "File": .string(file), "Registry": .string(registry)]
  }
}
