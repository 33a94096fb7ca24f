import EngineTypes
import SimBase

/// The values of `--publish`: `8080:80`, `8000-8002:80-82/udp`, `target=80,published=8080,mode=host`.
///
/// Source: docker/cli `opts/swarmopts/port.go`; docker/go-connections `nat/nat.go`.
enum PublishedPorts {
  static let kind = Option.Kind.custom("port", .many) { (text, _) throws(FlagTrouble) in _ = try parse(text) }

  /// The port configurations of one value.
  static func parse(_ text: String) throws(FlagTrouble) -> [GoValue] {
    let isLong = text.firstIndex(of: "=").map { place in
      let before = text[..<place].last
      let after = text[text.index(after: place)...].first
      return isWord(before) && isWord(after)
    }
    return isLong == true ? [try long(text)] : try short(text)
  }

  static func config(target: UInt64, published: UInt64, transport: String, mode: String) -> GoValue {
    var port = GoValue.zero("swarm.PortConfig")
    port["Protocol"] = .string(transport)
    port["TargetPort"] = .uint(target)
    port["PublishedPort"] = .uint(published)
    port["PublishMode"] = .string(mode)
    return port
  }

  private static func isWord(_ character: Character?) -> Bool {
    character.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } ?? false
  }

  private static func long(_ text: String) throws(FlagTrouble) -> GoValue {
    var (target, published): (UInt64, UInt64) = (0, 0)
    var (transport, mode) = ("tcp", "ingress")
    for field in try csvFields(text) {
      guard let (key, value) = field.lowercased().cut("="), !key.isEmpty else {
        throw FlagTrouble("invalid field: \(field)")
      }
      switch key {
      case "protocol":
        guard ["tcp", "udp", "sctp"].contains(value) else { throw FlagTrouble("invalid protocol value '\(value)'") }
        transport = value
      case "mode":
        guard ["ingress", "host"].contains(value) else {
          throw FlagTrouble("invalid publish mode value (\(value)): must be either 'ingress' or 'host'")
        }
        mode = value
      case "target": target = try number(value, "target")
      case "published": published = try number(value, "published")
      default: throw FlagTrouble("invalid field key: \(key)")
      }
    }
    if target == 0 { throw FlagTrouble("missing mandatory field 'target'") }
    return config(target: target, published: published, transport: transport, mode: mode)
  }

  private static func number(_ text: String, _ name: String) throws(FlagTrouble) -> UInt64 {
    do throws(FlagTrouble) {
      return try goUnsigned(text, bits: 16)
    } catch {
      let reason =
        error.reason.cut(":").map { _ in error.reason.hasSuffix("out of range") } == true
        ? "value out of range" : "invalid syntax"
      throw FlagTrouble("invalid \(name) port (\(text)): value must be an integer: \(reason)")
    }
  }

  /// `[ip:][published[-range]:]target[-range][/protocol]`.
  private static func short(_ text: String) throws(FlagTrouble) -> [GoValue] {
    let mapping = try PortMapping(text)
    if !mapping.address.isEmpty { throw FlagTrouble("hostip is not supported") }
    return mapping.pairs.map { target, published in
      config(target: UInt64(target), published: UInt64(published), transport: mapping.transport, mode: "ingress")
    }
  }
}

/// A port mapping as `run -p` and `--publish` take it.
struct PortMapping {
  var address = ""
  var transport: String
  var targets: ClosedRange<Int>
  /// Empty for a port that is published wherever there is room.
  var published: ClosedRange<Int>?

  init(_ text: String) throws(FlagTrouble) {
    var host = ""
    var container = text
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2 { (host, container) = (parts[0], parts[1]) }
    if parts.count > 2 {
      (host, container) = (parts[parts.count - 2], parts[parts.count - 1])
      address = parts.dropLast(2).joined(separator: ":")
      if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
      if !isIPAddress(address) { throw FlagTrouble("invalid IP address: \(address)") }
    }
    let (port, suffix) = container.cut("/").map { ($0.before, $0.after) } ?? (container, "tcp")
    transport = suffix.isEmpty ? "tcp" : suffix.lowercased()
    if port.isEmpty { throw FlagTrouble("no port specified: \(text)<empty>") }
    guard let targets = Self.range(port) else { throw FlagTrouble("invalid containerPort: \(port)") }
    self.targets = targets
    if !host.isEmpty {
      guard let range = Self.range(host) else { throw FlagTrouble("invalid hostPort: \(host)") }
      published = range
      if range.count != targets.count, targets.count > 1 {
        throw FlagTrouble("invalid ranges specified for container and host Ports: \(port) and \(host)")
      }
    }
    guard ["tcp", "udp", "sctp"].contains(transport) else { throw FlagTrouble("invalid proto: \(suffix)") }
  }

  /// Each container port with the port it is published on, 0 for any.
  var pairs: [(target: Int, published: Int)] {
    guard let published else { return targets.map { ($0, 0) } }
    if targets.count == 1 { return published.map { (targets.lowerBound, $0) } }
    return zip(targets, published).map { ($0, $1) }
  }

  private static func range(_ text: String) -> ClosedRange<Int>? {
    let (low, high) = text.cut("-").map { ($0.before, $0.after) } ?? (text, text)
    guard let low = UInt16(low), let high = UInt16(high), low <= high else { return nil }
    return Int(low)...Int(high)
  }
}
