import Engine
import EngineTypes
import SimBase
import Workloads

/// `POST /containers/create`: what a container is to be, decoded from the body.
///
/// **Differs from Docker:** fields of Windows and of real-time scheduling are read over.
///
/// Source: moby/moby `runconfig/config.go`, `api/types/container/config.go`, `hostconfig.go`,
/// `api/types/network/endpoint.go`.
struct ContainerCreation {
  /// What the engine is asked for.
  private(set) var spec: EngineContainerSpec
  /// What the engine will not do of it, in words.
  private(set) var warnings: [String] = []

  init(name: String, _ json: JSON) throws(DecodingFault) {
    let fields = try JSONFields(json, "container.CreateRequest")
    let config = try ContainerConfig(fields.embedded)
    let host = try HostConfig(fields.object("HostConfig") ?? .none("HostConfig"))
    spec = EngineContainerSpec(name: name.isEmpty ? nil : name, config: config, host: host)
    if host.effectiveNetworkMode == "host", host.portBindings?.isEmpty == false {
      warnings.append("Published ports are discarded when using host network mode")
    }
    let networking = try fields.object("NetworkingConfig")
    for (network, settings) in networking?.entries("EndpointsConfig") ?? [] {
      spec.networks.append(
        EngineContainerSpec.NetworkRequest(network, settings: try EndpointSettings(settings, of: network)))
    }
    let mac = try fields.embedded.text("MacAddress")
    if !mac.isEmpty { giveAddress(mac) }
    if let host = try fields.object("HostConfig") { warnings += try host.warningsOfWeights() }
  }

  /// A hardware address that is the container's is one for its first network: older clients send it so.
  private mutating func giveAddress(_ mac: String) {
    let asked = spec.host.value.networkMode
    let mode = asked.isEmpty ? "default" : asked
    let place = spec.networks.firstIndex { $0.network == mode } ?? spec.networks.endIndex
    if place == spec.networks.endIndex { spec.networks.append(EngineContainerSpec.NetworkRequest(mode)) }
    var settings = spec.networks[place].settings ?? EndpointSettings()
    if settings.macAddress == nil { settings.macAddress = mac }
    spec.networks[place].settings = settings
  }
}

extension JSONFields {
  /// What is said of weights that are asked for among a container's resources.
  ///
  /// Source: moby/moby `daemon/daemon_unix.go` (`verifyPlatformContainerResources`), a kernel without block I/O weights.
  func warningsOfWeights() throws(DecodingFault) -> [String] {
    let remedy = "or the cgroup is not mounted."
    var warnings: [String] = []
    if try uint("BlkioWeight", as: "uint16") > 0 {
      warnings.append("Your kernel does not support Block I/O weight \(remedy) Weight discarded.")
    }
    if try !objects("BlkioWeightDevice", "WeightDevice").isEmpty {
      warnings.append("Your kernel does not support Block I/O weight_device \(remedy) Weight-device discarded.")
    }
    return warnings
  }
}

extension ContainerCreation {
  /// The names of the fields that are a config's, without those of `HostConfig` and `NetworkingConfig`.
  private static let configNames: [String] = [
    "Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "ExposedPorts", "Tty",
    "OpenStdin", "StdinOnce", "Env", "Cmd", "Healthcheck", "ArgsEscaped", "Image", "Volumes", "WorkingDir",
    "Entrypoint", "NetworkDisabled", "MacAddress", "OnBuild", "Labels", "StopSignal", "StopTimeout", "Shell",
  ]

  /// Refuses a body in which no config is.
  static func check(_ json: JSON) throws(DecodingFault) {
    let fields = try JSONFields(json, "container.CreateRequest")
    if !configNames.contains(where: { fields.isThere($0) }) {
      throw .malformed("config cannot be empty in order to create a container")
    }
  }
}

extension ContainerConfig {
  /// The `Config` part of a create request.
  init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    hostname = try fields.text("Hostname")
    domainname = try fields.text("Domainname")
    user = try fields.text("User")
    attachStdin = try fields.flag("AttachStdin")
    attachStdout = try fields.flag("AttachStdout")
    attachStderr = try fields.flag("AttachStderr")
    // What is no port is passed over here, where nothing is bound to it.
    exposedPorts = fields.entries("ExposedPorts").compactMap { ContainerPort($0.key) }
    exposedPorts.sort()
    tty = try fields.flag("Tty")
    openStdin = try fields.flag("OpenStdin")
    stdinOnce = try fields.flag("StdinOnce")
    env = try fields.texts("Env")
    command = try fields.words("Cmd")
    healthCheck = try fields.object("Healthcheck").map { fields throws(DecodingFault) in try HealthCheck(fields) }
    image = try fields.text("Image")
    volumes = fields.entries("Volumes").map(\.key)
    workingDirectory = try fields.text("WorkingDir")
    entrypoint = try fields.words("Entrypoint")
    labels = try fields.map("Labels")
    let signal = try fields.text("StopSignal")
    stopSignal = signal.isEmpty ? nil : signal
    stopTimeoutSeconds = try fields.optionalInt("StopTimeout", as: "int").map(Int.init)
  }
}

extension HealthCheck {
  /// A `Healthcheck` as sent.
  init(_ fields: JSONFields) throws(DecodingFault) {
    self.init(
      test: try fields.texts("Test"), interval: try fields.duration("Interval"),
      timeout: try fields.duration("Timeout"), startPeriod: try fields.duration("StartPeriod"),
      startInterval: try fields.duration("StartInterval"), retries: Int(try fields.int("Retries", as: "int")))
  }
}

extension EndpointSettings {
  /// What was asked of a foothold on a network; nil for nothing.
  ///
  /// - Parameters:
  ///   - network: its name where a container is made; it is part of refusals then.
  ///   - isDefaultBridge: whether it is the engine's own bridge, where addresses cannot be asked for at all.
  init?(_ json: JSON, of network: String?, isDefaultBridge: Bool = false) throws(DecodingFault) {
    if json.isNull { return nil }
    let fields = try JSONFields(json, "network.EndpointSettings")
    self.init()
    aliases = try fields.texts("Aliases")
    speaksOfAliases = json.field("Aliases").array != nil
    links = try fields.texts("Links")
    speaksOfOptions = json.field("DriverOpts").fields != nil
    driverOptions = try fields.map("DriverOpts")
    gatewayPriority = Int(try fields.int("GwPriority", as: "int"))
    let mac = try fields.text("MacAddress")
    macAddress = mac.isEmpty ? nil : mac
    let ipam = try fields.object("IPAMConfig")
    speaksOfAddresses = ipam != nil
    address6 = try ipam?.text("IPv6Address") ?? ""
    linkLocalAddresses = try ipam?.texts("LinkLocalIPs") ?? []
    let wanted = try ipam?.text("IPv4Address") ?? ""
    if !wanted.isEmpty {
      guard let parsed = IPv4Address(wanted) else {
        let place = network.map { "invalid config for network \($0): " } ?? ""
        let refusal = "invalid IPv4 address: \(wanted)"
        if ["bridge", "default"].contains(network) || network == nil && isDefaultBridge {
          throw .malformed(
            """
            \(place)invalid endpoint settings:
            * user specified IP address is supported on user defined networks only
            * \(refusal)
            * user specified IP address is supported only when connecting to networks with user configured subnets
            """)
        }
        throw .malformed("\(place)invalid endpoint settings:\n\(refusal)")
      }
      address = parsed
    }
    if self == EndpointSettings() { return nil }
  }
}

extension ContainerPort {
  /// A port as a key of a map: `80/tcp`.
  init(checking text: String) throws(DecodingFault) {
    guard let port = ContainerPort(text) else { throw .malformed("invalid port specification: \(text.goQuoted)") }
    self = port
  }
}

extension JSONFields {
  /// A command line: a list of words, or one text that is one word.
  func words(_ key: String) throws(DecodingFault) -> [String]? {
    if !has(key) { return nil }
    if let text = any(key).string { return [text] }
    return try texts(key)
  }

  /// The fields of an object that is a map, in the order of their names.
  func entries(_ key: String) -> [(key: String, value: JSON)] {
    (any(key).fields ?? []).map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
  }

  /// A list of texts; nil where absent.
  func optionalTexts(_ key: String) throws(DecodingFault) -> [String]? { has(key) ? try texts(key) : nil }

  /// A list of objects as they are read; nil where absent or null.
  func optionalList<T>(
    _ key: String, _ type: String, _ read: (JSONFields) throws(DecodingFault) -> T
  ) throws(DecodingFault) -> [T]? {
    if !has(key) { return nil }
    var values: [T] = []
    for element in try objects(key, type) { values.append(try read(element)) }
    return values
  }
}
