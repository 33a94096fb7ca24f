import EngineTypes
import SimBase

// Smaller syntaxes of the flags of `service create`, `service update` and `run`.

/// `--network`: a name, or `name=N,alias=A,driver-opt=k=v`.
///
/// Source: docker/cli `opts/network.go`.
struct NetworkValue {
  var name: String
  var aliases: [String] = []
  var driverOptions = Table<String, String>()

  static let kind = Option.Kind.custom("network", .many) { (text, _) throws(FlagTrouble) in _ = try NetworkValue(text) }

  init(_ text: String) throws(FlagTrouble) {
    name = text
    let isLong = text.firstIndex(of: "=").map { place in
      text[..<place].last?.isWhitespace == false && text[text.index(after: place)...].first?.isWhitespace == false
    }
    guard isLong == true else { return }
    name = ""
    for field in try csvFields(text) {
      guard let (key, value) = field.lowercased().cut("=").map({ ($0.before.trimmed(), $0.after.trimmed()) }) else {
        throw FlagTrouble("invalid field \(field)")
      }
      switch key {
      case "name": name = value
      case "alias": aliases.append(value)
      case "driver-opt":
        guard let (key, value) = value.cut("="), !key.isEmpty else {
          throw FlagTrouble("invalid key value pair format in driver options")
        }
        driverOptions[key.trimmed()] = value.trimmed()
      case "ip", "ip6", "mac-address", "link-local-ip", "gw-priority": break
      default: throw FlagTrouble("invalid field key \(key)")
      }
    }
    if name.isEmpty { throw FlagTrouble("network name/id is not specified") }
  }
}

/// `--secret` and `--config`: a name, or `source=N,target=T,uid=U,gid=G,mode=0440`.
///
/// Source: docker/cli `opts/swarmopts/secret.go`, `config.go`.
struct FileReferenceValue {
  var source = ""
  var target = ""
  var uid = "0"
  var gid = "0"
  var mode: UInt64 = 0o444

  /// A reference in parts; what is not given is as docker has it.
  init(source: String) { self.source = source }

  static let secret = Option.Kind.custom("secret", .many) { (text, _) throws(FlagTrouble) in
    _ = try FileReferenceValue(text, kind: "secret")
  }
  static let config = Option.Kind.custom("config", .many) { (text, _) throws(FlagTrouble) in
    _ = try FileReferenceValue(text, kind: "config")
  }

  init(_ text: String, kind: String) throws(FlagTrouble) {
    let fields = try csvFields(text)
    if fields.count == 1, !fields[0].contains("=") {
      (source, target) = (fields[0], fields[0])
      return
    }
    for field in fields {
      guard let (key, value) = field.cut("=") else {
        throw FlagTrouble("invalid field '\(field)' must be a key=value pair")
      }
      switch key.lowercased() {
      case "source", "src": source = value
      case "target": target = value
      case "uid": uid = value
      case "gid": gid = value
      case "mode":
        let isOctal = value.hasPrefix("0") && value.count > 1
        let digits = value.hasPrefix("0o") ? String(value.dropFirst(2)) : value
        guard let number = isOctal ? UInt64(digits, radix: 8) : UInt64(value) else {
          throw FlagTrouble("invalid mode specified: strconv.ParseUint: parsing \(value.goQuoted): invalid syntax")
        }
        mode = number
      default: throw FlagTrouble("invalid field in \(kind) request: \(key.lowercased())")
      }
    }
    if source.isEmpty { throw FlagTrouble("source is required") }
    if target.isEmpty { target = source }
  }
}

extension Option.Kind {
  /// `--placement-pref spread=node.labels.zone`.
  static let placementPreference = Option.Kind.custom("pref", .many) { (text, _) throws(FlagTrouble) in
    guard let (strategy, _) = text.cut("=") else {
      throw FlagTrouble("placement preference must be of the format \"<strategy>=<arg>\"")
    }
    if strategy != "spread" {
      throw FlagTrouble("unsupported placement preference \(strategy) (only spread is supported)")
    }
  }

  /// A number of processors: `0.5`, `1/2`.
  static let cpus = Option.Kind.custom("decimal", .once) { (text, _) throws(FlagTrouble) in _ = try parsedCPUs(text) }

  /// `name=soft:hard`.
  static let ulimit = Option.Kind.custom("ulimit", .many) { (text, _) throws(FlagTrouble) in _ = try parsedUlimit(text)
  }

  /// A command line in one word.
  static let commandLine = Option.Kind.custom("command", .once) { (text, _) throws(FlagTrouble) in
    _ = try shellWords(text)
  }

  /// Where a credential spec of Windows is.
  static let credentialSpec = Option.Kind.custom("credential-spec", .once) { (text, _) throws(FlagTrouble) in
    if text.isEmpty || ["config://", "file://", "registry://"].contains(where: text.hasPrefix) { return }
    throw FlagTrouble(
      #"invalid credential spec: value must be prefixed with "config://", "file://", or "registry://""#)
  }

  /// Labels: `key` or `key=value`.
  static let labels = Option.Kind.custom("list", .many) { (text, _) throws(FlagTrouble) in
    let key = (text.cut("=")?.before ?? text).drop { $0.isWhitespace }
    if key.isEmpty { throw FlagTrouble("invalid label '\(text)': empty name") }
    if key.contains(where: \.isWhitespace) { throw FlagTrouble("label '\(key)' contains whitespaces") }
  }

  /// Variables: `key=value`, or `key` for the caller's own.
  static let variables = Option.Kind.custom("list", .many) { (text, _) throws(FlagTrouble) in
    if (text.cut("=")?.before ?? text).isEmpty { throw FlagTrouble("invalid environment variable: \(text)") }
  }

  /// `host:address` pairs.
  static let hosts = Option.Kind.custom("list", .many) { (text, _) throws(FlagTrouble) in
    guard let (name, address) = hostAddress(text), !name.isEmpty else {
      throw FlagTrouble("bad format for add-host: \(text.goQuoted)")
    }
    if address != "host-gateway", !isIPAddress(address) {
      throw FlagTrouble("invalid IP address in add-host: \(address.goQuoted)")
    }
  }

  /// Addresses of name servers.
  static let addresses = Option.Kind.custom("list", .many) { (text, _) throws(FlagTrouble) in
    if !isIPAddress(text.trimmed()) { throw FlagTrouble("IP address is not correctly formatted: \(text)") }
  }

  /// Amounts of what nodes say they have: `gpu=2`.
  static let genericResources = Option.Kind.custom("list", .many) { (text, _) throws(FlagTrouble) in
    guard let (kind, amount) = text.cut("="), !kind.isEmpty, !amount.isEmpty else {
      throw FlagTrouble("invalid generic-resource format `\(text)` expected `name=value`")
    }
  }

  /// Domains that names are looked for in; a single dot stands for none.
  ///
  /// Source: docker/cli `opts/opts.go` (`ValidateDNSSearch`, `validateDomain`).
  static let searchDomains = Option.Kind.custom("list", .many) { (text, _) throws(FlagTrouble) in
    if text.trimmed() == "." { return }
    let name = text.trimmed()
    let labels = (name.hasSuffix(".") ? name.dropLast() : name[...]).split(
      separator: ".", omittingEmptySubsequences: false)
    func isEdge(_ byte: UInt8?) -> Bool {
      guard let byte else { return false }
      return (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
    let isValid = labels.allSatisfy { label in
      isEdge(label.utf8.first) && isEdge(label.utf8.last)
        && label.utf8.allSatisfy { isEdge($0) || $0 == UInt8(ascii: "-") }
    }
    let hasLetter = name.utf8.contains { isEdge($0) && !(48...57).contains($0) }
    if !isValid || !hasLetter || name.utf8.count >= 255 { throw FlagTrouble("\(text) is not a valid domain") }
  }
}

/// `host:address`, where the address may have colons of its own or stand in brackets, or `host=address`.
func hostAddress(_ text: String) -> (name: String, address: String)? {
  guard let place = text.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return nil }
  var address = String(text[text.index(after: place)...])
  if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
  return (String(text[..<place]), address)
}

/// Processors in billionths.
func parsedCPUs(_ text: String) throws(FlagTrouble) -> Int64 {
  let unreadable = FlagTrouble("failed to parse \(text) as a rational number")
  let sign: Int64 = text.hasPrefix("-") ? -1 : 1
  let size = sign < 0 ? String(text.dropFirst()) : text
  /// What still fits once it is in billionths.
  let most: UInt64 = 9_000_000_000
  if let (top, bottom) = size.cut("/") {
    guard let top = Int64(top), let bottom = Int64(bottom), bottom > 0, top.magnitude < most else { throw unreadable }
    if top * 1_000_000_000 % bottom != 0 { throw FlagTrouble("value is too precise") }
    return sign * top * 1_000_000_000 / bottom
  }
  let (whole, fraction) = size.cut(".") ?? (size, "")
  let digits = fraction.utf8.reversed().drop { $0 == UInt8(ascii: "0") }.reversed()
  let isNumber = (whole + fraction).utf8.allSatisfy { (48...57).contains($0) } && !(whole + fraction).isEmpty
  guard isNumber, let number = Int64(whole.isEmpty ? "0" : whole), number < most else { throw unreadable }
  if digits.count > 9 { throw FlagTrouble("value is too precise") }
  let padded = String(decoding: Array(digits), as: UTF8.self).padded(to: 9).replacing(" ", with: "0")
  return sign * (number * 1_000_000_000 + (Int64(padded) ?? 0))
}

/// A limit of a process as the request carries it.
///
/// Source: docker/go-units `ulimit.go`.
func parsedUlimit(_ text: String) throws(FlagTrouble) -> GoValue {
  guard let (name, value) = text.cut("=") else { throw FlagTrouble("invalid ulimit argument: \(text)") }
  let known = [
    "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
    "rttime", "sigpending", "stack",
  ]
  if !known.contains(name) { throw FlagTrouble("invalid ulimit type: \(name)") }
  let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
  if parts.count > 2 || value.isEmpty {
    throw FlagTrouble("too many limit value arguments - \(value), can only have up to two, `soft[:hard]`")
  }
  let soft = try goInteger(parts[0])
  let hard = parts.count > 1 ? try goInteger(parts[1]) : soft
  if hard != -1, soft > hard {
    throw FlagTrouble("ulimit soft limit must be less than or equal to hard limit: \(soft) > \(hard)")
  }
  var limit = GoValue.zero("units.Ulimit")
  limit["Name"] = .string(name)
  limit["Soft"] = .int(soft)
  limit["Hard"] = .int(hard)
  return .pointer(.structure(engineStructs["units.Ulimit"]), limit)
}
