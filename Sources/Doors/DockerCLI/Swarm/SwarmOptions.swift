import EngineTypes
import SimBase

/// The flags that `swarm init`, `update` and `ca` share, and what they change in the cluster's spec.
///
/// Source: docker/cli `cli/command/swarm/opts.go`.
enum SwarmOptions {
  static let certExpiry = Option(
    "cert-expiry", nil, .duration, default: "2160h0m0s", "Validity period for node certificates (ns|us|ms|s|m|h)")
  static let externalCA = Option(
    "external-ca", nil,
    .custom("external-ca", .many) { (text, host) throws(FlagTrouble) in _ = try parsedExternalCA(text, host) },
    "Specifications of one or more certificate signing endpoints")

  static let spec: [Option] = [
    Option("task-history-limit", nil, .int, default: "5", "Task history retention limit"),
    certExpiry,
    Option("dispatcher-heartbeat", nil, .duration, default: "5s", "Dispatcher heartbeat period (ns|us|ms|s|m|h)"),
    externalCA,
    Option("max-snapshots", nil, .uint, "Number of additional Raft snapshots to retain"),
    Option("snapshot-interval", nil, .uint, default: "10000", "Number of log entries between Raft snapshots"),
  ]

  static let listenAddress = Option(
    "listen-addr", nil, .custom("node-addr", .once) { (text, _) throws(FlagTrouble) in _ = try bindAddress(text) },
    default: "0.0.0.0:2377", "Listen address (format: \"<ip|interface>[:port]\")")
  static let advertiseAddress = Option(
    "advertise-addr", nil, "Advertised address (format: \"<ip|interface>[:port]\")")
  static let dataPathAddress = Option(
    "data-path-addr", nil, "Address or interface to use for data path traffic (format: \"<ip|interface>\")")
  static let availability = Option(
    "availability", nil, default: "active", "Availability of the node (\"active\", \"pause\", \"drain\")")

  /// Puts what was given into a `swarm.Spec`; external authorities that name no root are for this one.
  static func apply(_ flags: Flags, to spec: inout GoValue, root: String = "", in host: any CLIHost) {
    if flags.isSet("task-history-limit") {
      spec["Orchestration"]["TaskHistoryRetentionLimit"] = .int(flags.int("task-history-limit"))
    }
    if flags.isSet("dispatcher-heartbeat") {
      spec["Dispatcher"]["HeartbeatPeriod"] = .duration(flags.duration("dispatcher-heartbeat"))
    }
    applyCA(flags, to: &spec, root: root, in: host)
    if flags.isSet("snapshot-interval") { spec["Raft"]["SnapshotInterval"] = .uint(flags.uint("snapshot-interval")) }
    if flags.isSet("max-snapshots") { spec["Raft"]["KeepOldSnapshots"] = .uint(flags.uint("max-snapshots")) }
  }

  /// The part of `apply` that `swarm ca` also has.
  static func applyCA(_ flags: Flags, to spec: inout GoValue, root: String, in host: any CLIHost) {
    if flags.isSet("cert-expiry") { spec["CAConfig"]["NodeCertExpiry"] = .duration(flags.duration("cert-expiry")) }
    if flags.isSet("external-ca") {
      let type = GoType.pointer(.structure(engineStructs["swarm.ExternalCA"]))
      let authorities = flags.list("external-ca").compactMap { try? parsedExternalCA($0, root: root, host) }
      spec["CAConfig"]["ExternalCAs"] = .slice(type, authorities)
    }
  }

  /// The availability for a request: checked, lower-cased, empty where none was given.
  static func availability(_ flags: Flags) throws(Failure) -> String {
    guard let given = flags.given("availability") else { return "" }
    let word = given.lowercased()
    if ["active", "pause", "drain"].contains(word) { return word }
    throw Failure("invalid availability \(given.goQuoted), only active, pause and drain are supported")
  }

  /// An address as requests carry it: with all interfaces and swarm's port where it names none.
  static func listenAddress(_ flags: Flags) -> String {
    (try? bindAddress(flags.text("listen-addr"))) ?? "0.0.0.0:2377"
  }

  /// Source: docker/cli `opts/hosts.go` (`ParseTCPAddr`).
  private static func bindAddress(_ text: String) throws(FlagTrouble) -> String {
    let address = text.hasPrefix("tcp://") ? String(text.dropFirst(6)) : text
    if address.isEmpty { return "0.0.0.0:2377" }
    if address.includes("://") { throw FlagTrouble("invalid proto, expected tcp: \(text)") }
    if address.hasPrefix("[") { return address.hasSuffix("]") ? address + ":2377" : address }
    let parts = address.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if parts.count > 2 { throw FlagTrouble("invalid bind address format: \(text)") }
    let port = parts.count == 2 && !parts[1].isEmpty ? parts[1] : "2377"
    if port.contains(where: { !("0"..."9").contains($0) }) {
      throw FlagTrouble("parse \(("tcp://" + address).goQuoted): invalid port \((":" + port).goQuoted) after host")
    }
    return "\(parts[0].isEmpty ? "0.0.0.0" : parts[0]):\(port)"
  }

  private static func parsedExternalCA(
    _ text: String, root: String = "", _ host: any CLIHost
  ) throws(FlagTrouble) -> GoValue {
    var authority = GoValue.zero("swarm.ExternalCA")
    authority["CACert"] = .string(root)
    var options = Table<String, String>()
    var hasProtocol = false
    var hasURL = false
    for field in try csvFields(text) {
      guard let (key, value) = field.cut("=") else {
        throw FlagTrouble("invalid field '\(field)' must be a key=value pair")
      }
      switch key.trimmed().lowercased() {
      case "protocol":
        hasProtocol = true
        guard value.lowercased() == "cfssl" else { throw FlagTrouble("unrecognized external CA protocol \(value)") }
        authority["Protocol"] = .string("cfssl")
      case "url":
        hasURL = true
        authority["URL"] = .string(value)
      case "cacert":
        do throws(FileTrouble) {
          authority["CACert"] = .string(String(decoding: try host.readFile(host.absolute(value)), as: UTF8.self))
        } catch {
          throw FlagTrouble("unable to read CA cert for external CA: open \(value): \(error.reason)")
        }
      default: options[key] = value
      }
    }
    if !hasProtocol { throw FlagTrouble("the external-ca option needs a protocol= parameter") }
    if !hasURL { throw FlagTrouble("the external-ca option needs a url= parameter") }
    authority["Options"] = .strings(options)
    return .pointer(.structure(engineStructs["swarm.ExternalCA"]), authority)
  }
}
