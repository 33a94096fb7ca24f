import EngineTypes
import SimBase

/// `docker info`: the engine as a whole.
///
/// Source: docker/cli `cli/command/system/info.go`.
enum SystemInfo {
  static let command = Command(
    use: "info [OPTIONS]", short: "Display system-wide information",
    aliases: ["docker system info", "docker info"], options: [Inspector.formatOption], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let format = call.flags.text("format")
    var info = JSON.object([])
    var trouble: Failure?
    do throws(Failure) { info = try call.session.engine().get("/info") } catch { trouble = error }
    if !format.isEmpty { return try print(info, format, trouble, call.session) }
    var text = InfoText(info: info)
    call.session.write("Client:\n Version:    \(DockerCommandLine.version)\n Context:    \(call.session.contextName)\n")
    call.session.write(" Debug Mode: \(call.session.globals.isDebug)\n\nServer:\n")
    if let trouble { throw trouble }
    call.session.write(text.server() + "\n")
    for warning in info["Warnings"].array ?? [] { call.session.warn(warning.string ?? "") }
  }

  private static func print(
    _ info: JSON, _ format: String, _ trouble: Failure?, _ session: Session
  ) throws(Failure) {
    var fields = info.fields ?? []
    if let trouble { fields.append(.init("ServerErrors", [.string(trouble.message)])) }
    let client: JSON = [
      "Debug": .bool(session.globals.isDebug), "Version": .string(DockerCommandLine.version),
      "DefaultAPIVersion": .string(Engine.newestVersion),
      "GitCommit": "ecc6942", "GoVersion": "go1.24.9", "Os": "linux", "Arch": "amd64",
      "BuildTime": "Wed Nov  5 14:43:33 2025",
      "Context": .string(session.contextName), "Plugins": [], "Warnings": .null,
    ]
    fields.append(.init("ClientInfo", client))
    if format == "json" { return session.print(JSON.object(fields).text) }
    let template: Template
    do throws(TemplateError) {
      template = try Template(format)
    } catch {
      throw Failure("template parsing error: \(error.message)", status: 64)
    }
    var text = ""
    var failure: Failure?
    do throws(TemplateError) {
      var info = Document.value(.object(fields), named: "system.dockerInfo")
      if let swarm = fields.first(where: { $0.key == "Swarm" }) {
        info["Swarm"] = GoValue(swarm.value, as: "swarm.Info")
      }
      text = try template.run(on: info)
    } catch {
      failure = Failure(error.message)
    }
    session.print(text)
    if let failure { throw failure }
  }
}

/// The engine's side of `docker info`, line by line.
private struct InfoText {
  let info: JSON
  private var out = ""

  init(info: JSON) { self.info = info }

  private mutating func line(_ text: String) { out += text + "\n" }
  private mutating func field(_ title: String, _ key: String) { line(" \(title): \(plain(info[key]))") }

  private func plain(_ value: JSON) -> String {
    switch value {
    case .string(let text): text
    case .bool(let truth): String(truth)
    case .null: ""
    default: value.text
    }
  }

  private func words(_ value: JSON) -> [String] { (value.array ?? []).compactMap(\.string) }

  mutating func server() -> String {
    field("Containers", "Containers")
    line("  Running: \(plain(info["ContainersRunning"]))")
    line("  Paused: \(plain(info["ContainersPaused"]))")
    line("  Stopped: \(plain(info["ContainersStopped"]))")
    field("Images", "Images")
    field("Server Version", "ServerVersion")
    field("Storage Driver", "Driver")
    for pair in info["DriverStatus"].array ?? [] { line("  \(plain(pair[0])): \(plain(pair[1]))") }
    field("Logging Driver", "LoggingDriver")
    field("Cgroup Driver", "CgroupDriver")
    field("Cgroup Version", "CgroupVersion")
    line(" Plugins:")
    let plugins = info["Plugins"]
    line("  Volume: \(words(plugins["Volume"]).joined(separator: " "))")
    line("  Network: \(words(plugins["Network"]).joined(separator: " "))")
    if !words(plugins["Authorization"]).isEmpty {
      line("  Authorization: \(words(plugins["Authorization"]).joined(separator: " "))")
    }
    line("  Log: \(words(plugins["Log"]).joined(separator: " "))")
    let folders = words(info["CDISpecDirs"])
    if !folders.isEmpty {
      line(" CDI spec directories:")
      for folder in folders { line("  \(folder)") }
    }
    swarm()
    runtimes()
    machine()
    return out
  }

  private mutating func swarm() {
    let swarm = info["Swarm"]
    let state = swarm["LocalNodeState"].string ?? ""
    line(" Swarm: \(state)")
    if state == "inactive" || state == "locked" { return }
    line("  NodeID: \(plain(swarm["NodeID"]))")
    if let error = swarm["Error"].string, !error.isEmpty { line("  Error: \(error)") }
    let isManager = swarm["ControlAvailable"].bool ?? false
    line("  Is Manager: \(isManager)")
    if isManager, !swarm["Cluster"].isNull, (swarm["Error"].string ?? "").isEmpty { cluster(swarm) }
    line("  Node Address: \(plain(swarm["NodeAddr"]))")
    let managers = (swarm["RemoteManagers"].array ?? []).compactMap { $0["Addr"].string }.sorted()
    if !managers.isEmpty {
      line("  Manager Addresses:")
      for address in managers { line("   \(address)") }
    }
  }

  private mutating func cluster(_ swarm: JSON) {
    let cluster = swarm["Cluster"]
    let spec = cluster["Spec"]
    line("  ClusterID: \(plain(cluster["ID"]))")
    line("  Managers: \(plain(swarm["Managers"]))")
    line("  Nodes: \(plain(swarm["Nodes"]))")
    let pools = words(cluster["DefaultAddrPool"])
    if !pools.isEmpty {
      line("  Default Address Pool: " + pools.map { $0 + "  " }.joined())
      line("  SubnetSize: \(plain(cluster["SubnetSize"]))")
    }
    line("  Data Path Port: \(cluster["DataPathPort"].int ?? 0)")
    line("  Orchestration:")
    line("   Task History Retention Limit: \(spec["Orchestration"]["TaskHistoryRetentionLimit"].int ?? 0)")
    line("  Raft:")
    let raft = spec["Raft"]
    line("   Snapshot Interval: \(raft["SnapshotInterval"].int ?? 0)")
    if let kept = raft["KeepOldSnapshots"].int { line("   Number of Old Snapshots to Retain: \(kept)") }
    line("   Heartbeat Tick: \(raft["HeartbeatTick"].int ?? 0)")
    line("   Election Tick: \(raft["ElectionTick"].int ?? 0)")
    line("  Dispatcher:")
    line("   Heartbeat Period: \(Duration.nanoseconds(spec["Dispatcher"]["HeartbeatPeriod"].int ?? 0).humanText)")
    let authority = spec["CAConfig"]
    line("  CA Configuration:")
    line("   Expiry Duration: \(Duration.nanoseconds(authority["NodeCertExpiry"].int ?? 0).humanText)")
    line("   Force Rotate: \(authority["ForceRotate"].int ?? 0)")
    if let certificate = authority["SigningCACert"].string, !certificate.isEmpty {
      line("   Signing CA Certificate: \n\(certificate.trimmed())\n")
    }
    let externals = authority["ExternalCAs"].array ?? []
    if !externals.isEmpty {
      line("   External CAs:")
      for external in externals { line("     \(plain(external["Protocol"])): \(plain(external["URL"]))") }
    }
    line("  Autolock Managers: \(spec["EncryptionConfig"]["AutoLockManagers"].bool ?? false)")
    line("  Root Rotation In Progress: \(cluster["RootRotationInProgress"].bool ?? false)")
  }

  private mutating func runtimes() {
    let names = (info["Runtimes"].fields ?? []).map(\.key)
    if !names.isEmpty {
      line(" Runtimes: " + names.sorted().joined(separator: " "))
      field("Default Runtime", "DefaultRuntime")
    }
    guard info["OSType"].string == "linux" else { return }
    field("Init Binary", "InitBinary")
    for (title, key) in [("containerd", "ContainerdCommit"), ("runc", "RuncCommit"), ("init", "InitCommit")] {
      line(" \(title) version: \(plain(info[key]["ID"]))")
    }
    let options = words(info["SecurityOptions"])
    if options.isEmpty { return }
    line(" Security Options:")
    for option in options {
      for pair in option.split(separator: ",").map(String.init) {
        guard let (key, value) = pair.cut("=") else { continue }
        if key == "name" { line("  \(value)") } else { line("   \(key == "profile" ? "Profile" : key): \(value)") }
      }
    }
  }

  private mutating func machine() {
    field("Kernel Version", "KernelVersion")
    field("Operating System", "OperatingSystem")
    field("OSType", "OSType")
    field("Architecture", "Architecture")
    field("CPUs", "NCPU")
    line(" Total Memory: \(bytesSize(Double(info["MemTotal"].int ?? 0)))")
    field("Name", "Name")
    field("ID", "ID")
    field("Docker Root Dir", "DockerRootDir")
    field("Debug Mode", "Debug")
    if info["Debug"].bool == true {
      line("  File Descriptors: \(info["NFd"].int ?? 0)")
      line("  Goroutines: \(info["NGoroutines"].int ?? 0)")
      line("  System Time: \(plain(info["SystemTime"]))")
      line("  EventsListeners: \(info["NEventsListener"].int ?? 0)")
    }
    for (title, key) in [("HTTP Proxy", "HttpProxy"), ("HTTPS Proxy", "HttpsProxy"), ("No Proxy", "NoProxy")]
    where info[key].string?.isEmpty == false { field(title, key) }
    let labels = words(info["Labels"])
    if !labels.isEmpty {
      line(" Labels:")
      for label in labels { line("  \(label)") }
    }
    field("Experimental", "ExperimentalBuild")
    registries()
    field("Live Restore Enabled", "LiveRestoreEnabled")
    if info["ProductLicense"].string?.isEmpty == false { field("Product License", "ProductLicense") }
    let pools = info["DefaultAddressPools"].array ?? []
    if !pools.isEmpty { line(" Default Address Pools:") }
    for pool in pools { line("   Base: \(pool["Base"].string ?? ""), Size: \(pool["Size"].int ?? 0)") }
  }

  private mutating func registries() {
    let registry = info["RegistryConfig"]
    let insecure = (registry["IndexConfigs"].fields ?? []).filter { $0.value["Secure"].bool == false }.map(\.key)
    let ranges = words(registry["InsecureRegistryCIDRs"])
    if !insecure.isEmpty || !ranges.isEmpty {
      line(" Insecure Registries:")
      for name in insecure + ranges { line("  \(name)") }
    }
    let mirrors = words(registry["Mirrors"])
    if !mirrors.isEmpty {
      line(" Registry Mirrors:")
      for mirror in mirrors { line("  \(mirror)") }
    }
  }
}
