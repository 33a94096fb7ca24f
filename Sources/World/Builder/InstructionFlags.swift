import EngineTypes
import SimBase
import Workloads

/// The flags of an instruction: those that it knows, and those that only BuildKit obeys.
///
/// Source: moby/buildkit `frontend/dockerfile/instructions/bflag.go`.
struct InstructionFlags {
  private(set) var from: String?
  private(set) var owner: String?
  private(set) var health = HealthCheck()
  /// The first one that only BuildKit obeys.
  private(set) var modern: String?

  init(_ line: inout InstructionWords) throws(DockerfileFault) {
    let known = InstructionFlags.known[line.name] ?? []
    for flag in line.flags {
      let bare = flag.dropFirst(2)
      let name = String(bare.prefix { $0 != "=" })
      guard known.contains(name) else {
        throw DockerfileFault("unknown flag: --\(name)\(DockerfileFault.suggestion(for: name, among: known))")
      }
      let value = name.count == bare.count ? nil : String(bare.dropFirst(name.count + 1))
      if value == nil && !["link", "parents", "keep-git-dir"].contains(name) {
        throw DockerfileFault("missing a value on flag: --\(name)")
      }
      try take(name, value ?? "true")
    }
  }

  private mutating func take(_ name: String, _ value: String) throws(DockerfileFault) {
    switch name {
    case "from": from = value
    case "chown": owner = value
    case "interval": health.interval = try span(value, name)
    case "timeout": health.timeout = try span(value, name)
    case "start-period": health.startPeriod = try span(value, name)
    case "start-interval": health.startInterval = try span(value, name)
    case "retries":
      guard let count = Int(value) else {
        throw DockerfileFault("strconv.ParseInt: parsing \(value.goQuoted): invalid syntax")
      }
      if count < 0 { throw DockerfileFault("--retries cannot be negative (\(count))") }
      health.retries = count
    case "platform": break
    default: if modern == nil { modern = name }
    }
  }

  private func span(_ text: String, _ name: String) throws(DockerfileFault) -> Duration {
    guard let span = Duration(go: text) else { throw DockerfileFault(Duration.goFault(of: text)) }
    if span != .zero, span < .milliseconds(1) {
      throw DockerfileFault("Interval \(name.goQuoted) cannot be less than 1ms")
    }
    return span
  }

  /// The best guess first.
  private static let known = Table<String, [String]>([
    ("ADD", ["chown", "chmod", "link", "keep-git-dir", "checksum", "exclude"]),
    ("COPY", ["from", "chown", "chmod", "link", "parents", "exclude"]),
    ("FROM", ["platform"]), ("RUN", ["mount", "network", "security"]),
    ("HEALTHCHECK", ["interval", "timeout", "start-period", "start-interval", "retries"]),
  ])
}
