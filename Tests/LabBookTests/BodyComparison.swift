import EngineTypes

/// What two answers of the Engine API, a recorded one and ours, differ in.
///
/// They agree in *shape* when keys stand in the same order, null, absent and empty are kept apart, and types are equal; in
/// *value* when all scalars are equal too but for those that each run draws or each machine has. Lists are compared
/// element by element where their elements have names, and by their first elements otherwise.
struct BodyComparison {
  private(set) var shape: [String] = []
  private(set) var value: [String] = []

  init(_ expected: JSON, _ actual: JSON) { compare(expected, actual, "") }

  private mutating func compare(_ expected: JSON, _ actual: JSON, _ path: String) {
    switch (expected, actual) {
    case (.object(let a), .object(let b)): objects(a, b, path)
    case (.array(let a), .array(let b)): lists(a, b, path)
    case _ where expected.kind != actual.kind: shape.append("\(path): \(expected.short) / \(actual.short)")
    default:
      if expected != actual, !BodyComparison.isDrawn(path), expected.settled != actual.settled {
        value.append("\(path): \(expected.short) / \(actual.short)")
      }
    }
  }

  private mutating func objects(_ a: [JSON.Field], _ b: [JSON.Field], _ path: String) {
    // Keys that are IDs themselves tell nothing; their values are alike.
    if (a + b).contains(where: { $0.key.wholeMatch(of: BodyComparison.drawnKey) != nil }) {
      if let one = a.first, let other = b.first {
        shape += BodyComparison(one.value, other.value).shape.map { "\(path).*\($0)" }
      }
      if a.isEmpty != b.isEmpty { shape.append("\(path): \(a.count) / \(b.count) entries") }
      return
    }
    if a.map(\.key) != b.map(\.key) { shape.append("\(path): keys \(a.map(\.key)) / \(b.map(\.key))") }
    for field in a {
      if let other = b.first(where: { $0.key == field.key }) {
        compare(field.value, other.value, "\(path).\(field.key)")
      }
    }
  }

  private mutating func lists(_ a: [JSON], _ b: [JSON], _ path: String) {
    if a.isEmpty || b.isEmpty {
      if a.isEmpty != b.isEmpty { shape.append("\(path): \(a.count) / \(b.count) elements") }
      return
    }
    let names = (a.map(\.lastingName), b.map(\.lastingName))
    if !(names.0 + names.1).contains(nil) {
      var seen: [String] = []
      for (name, element) in zip(names.0.compactMap(\.self), a) where !seen.contains(name) {
        seen.append(name)
        if let place = names.1.firstIndex(of: name) {
          compare(element, b[place], "\(path)[\(name)]")
        } else {
          value.append("\(path): no \(name)")
        }
      }
      for name in names.1.compactMap(\.self) where !seen.contains(name) { value.append("\(path): extra \(name)") }
    } else if case .object = a[0] {
      compare(a[0], b[0], "\(path)[0]")
    } else if !BodyComparison.isDrawn(path), a.map(\.settled.text).sorted() != b.map(\.settled.text).sorted() {
      value.append("\(path): \(JSON.array(a).short) / \(JSON.array(b).short)")
    }
  }

  nonisolated(unsafe) private static let drawnKey = /[0-9a-f]{64}|[a-z0-9]{25}|.*\.[a-z0-9]{25}/

  /// Whether each run or machine has its own value at this path.
  static func isDrawn(_ path: String) -> Bool { path.firstMatch(of: drawn) != nil }

  nonisolated(unsafe) private static let drawn =
    /(Id|ID|Created|CreatedAt|UpdatedAt|StartedAt|FinishedAt|Timestamp|Started|Finished|Start|End|Index|Digest|Digests?\[.*|RepoDigests.*|Size\w*|VirtualSize|Kernel\w*|OperatingSystem|OSVersion|OSType|MemTotal|MemoryBytes\b.*|NCPU|NanoCPUs|Platform.*|Components.*|GitCommit|GoVersion|BuildTime|Containerd.*|Runc.*|Init\w*Commit|Driver\w*Status.*|DockerRootDir|SystemTime|NFd|NGoroutines|NEventsListener|Images|Containers\w*|Addr|NodeAddr|RemoteManagers.*|Token|Worker|Manager|TrustRoot|CertIssuer\w*|MacAddress|IPAddress|Gateway|Pid|PID|HostPort|Port|SandboxKey|\w*Path|Mountpoint|Layers.*|Source|Data|Sandbox\w*|GraphDriver.*|LastTagTime|Comment|DockerVersion|Author|Warnings.*|SecurityOptions.*|CDISpecDirs.*|CgroupDriver|CgroupVersion|HttpProxy|HttpsProxy|NoProxy|Plugins.*|Runtimes.*|DefaultRuntime|Debug|\w*_stats.*|read|preread|num_procs|Processes.*|Titles.*|storage_stats.*|FirewallBackend.*|UnlockKey|\w+_bytes|\w+_packets|LayersSize|UsageData.*|Addresses.*|Attachments.*|VirtualIPs.*|Peers.*|Services.*|DNSNames.*|HostsPath|Config\.Hostname|NetworkMode|Hostname|IPAM\.Config.*|Options\..*vxlanid.*|Err)$/
}

extension JSON {
  fileprivate var kind: Int {
    switch self {
    case .null: 0
    case .bool: 1
    case .int, .double: 2
    case .string: 3
    case .array: 4
    case .object: 5
    }
  }

  fileprivate var short: String { String(text.prefix(80)) }

  /// The value with ages, times, drawn names and addresses made alike.
  fileprivate var settled: JSON {
    guard case .string(var text) = self else { return self }
    text = text.replacing(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| ?[+-]\d\d:?\d\d(?: UTC)?)?/, with: "<time>")
    text = text.replacing(
      /(Less than a second|About a minute|About an hour|\d+ (second|minute|hour|day|week|month|year)s?)( ago)?/
        .ignoresCase(), with: "<age>")
    text = text.replacing(
      /SWMTKN-1-[a-z0-9]{50}-[a-z0-9]{25}|[0-9a-f]{64}|\b[a-z0-9]{25}\b|\b[0-9a-f]{12}\b/.wordBoundaryKind(.simple),
      with: "<id>")
    text = text.replacing(/10\.\d+\.\d+\.\d+|172\.\d+\.\d+\.\d+/, with: "<ip>")
    return .string(text)
  }

  /// What an element of a list is known by in any run; nil where nothing lasts.
  fileprivate var lastingName: String? {
    guard case .object(let fields) = self else { return nil }
    if fields.contains(where: { $0.key == "Slot" || $0.key == "DesiredState" }) {
      let image = self["Spec"]["ContainerSpec"]["Image"].string?.prefix { $0 != "@" } ?? ""
      return "\(image) \(self["Spec"]["Placement"]["Constraints"].text) \(self["Slot"].int ?? 0) "
        + "\(self["DesiredState"].string ?? "") \(self["Status"]["State"].string ?? "")"
    }
    let listed = self["Names"].array ?? []
    if let names = listed.isEmpty ? self["RepoTags"].array : listed {
      let first = names.compactMap(\.string).min() ?? ""
      return first.replacing(/\.[a-z0-9]{25}/, with: "") + " \(self["State"].string ?? "")"
    }
    for part in [self, self["Spec"], self["Description"]] {
      guard let name = part["Name"].string ?? part["Hostname"].string, !name.isEmpty else { continue }
      return name.wholeMatch(of: /[0-9a-f]{12}|.*\.[a-z0-9]{25}/) == nil ? name : nil
    }
    return nil
  }
}
