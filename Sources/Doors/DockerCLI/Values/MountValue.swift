import EngineTypes
import SimBase

/// The values of `--mount`: `type=volume,source=data,target=/data,readonly`.
///
/// Source: docker/cli `opts/mount.go`.
enum MountValue {
  static let kind = Option.Kind.custom("mount", .many) { (text, host) throws(FlagTrouble) in _ = try parse(text, host) }

  /// A `mount.Mount`. A source that begins with a point is made absolute.
  static func parse(_ text: String, _ host: any CLIHost) throws(FlagTrouble) -> GoValue {
    var mount = GoValue.zero("mount.Mount")
    mount["Type"] = "volume"
    // Any option about volumes brings an empty driver along.
    if text.lowercased().includes("volume-") { mount["VolumeOptions"]["DriverConfig"] = .zero("swarm.Driver") }
    var families = Set<String>()
    for field in try csvFields(text) {
      let (rawKey, given) = field.cut("=").map { ($0.before, Optional($0.after)) } ?? (field, nil)
      let key = rawKey.lowercased()
      guard let value = given ?? (Self.switches.contains(key) ? "true" : nil) else {
        throw FlagTrouble("invalid field '\(field)' must be a key=value pair")
      }
      for family in ["bind", "volume", "image", "tmpfs"] where key.hasPrefix(family + "-") { families.insert(family) }
      try set(key, value, field, &mount, host)
    }
    let type = mount["Type"].string ?? ""
    if type.isEmpty { throw FlagTrouble("type is required") }
    if !mount["Target"].isTrue { throw FlagTrouble("target is required") }
    for family in ["volume", "bind", "tmpfs", "image"] where family != type && families.contains(family) {
      throw FlagTrouble("cannot mix '\(family)-*' options with mount type '\(type)'")
    }
    try settleReadOnly(&mount)
    return mount
  }

  private static let switches: Set<String> = ["readonly", "ro", "volume-nocopy", "bind-nonrecursive"]

  private static func set(
    _ key: String, _ value: String, _ field: String, _ mount: inout GoValue, _ host: any CLIHost
  ) throws(FlagTrouble) {
    switch key {
    case "type": mount["Type"] = .string(value.lowercased())
    case "source", "src":
      let isRelative = value.hasPrefix("." + "/") || value == "." || value.hasPrefix("..")
      mount["Source"] = .string(isRelative ? cleanPath(host.absolute(value)) : value)
    case "target", "dst", "destination": mount["Target"] = .string(value)
    case "readonly", "ro": mount["ReadOnly"] = .bool(try truth(value, key))
    case "consistency": mount["Consistency"] = .string(value.lowercased())
    case "bind-propagation": mount["BindOptions"]["Propagation"] = .string(value.lowercased())
    case "bind-nonrecursive": mount["BindOptions"]["NonRecursive"] = .bool(try truth(value, key))
    case "bind-recursive":
      switch value {
      case "enabled": break
      case "disabled": mount["BindOptions"]["NonRecursive"] = .bool(true)
      case "writable": mount["BindOptions"]["ReadOnlyNonRecursive"] = .bool(true)
      case "readonly": mount["BindOptions"]["ReadOnlyForceRecursive"] = .bool(true)
      default:
        throw FlagTrouble(
          "invalid value for \(key): \(value) (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")")
      }
    case "volume-subpath": mount["VolumeOptions"]["Subpath"] = .string(value)
    case "volume-nocopy": mount["VolumeOptions"]["NoCopy"] = .bool(try truth(value, key, of: "volume-nocopy"))
    case "volume-label":
      var labels = mount["VolumeOptions"]["Labels"].textMap
      let (name, text) = value.cut("=") ?? (value, "")
      labels[name] = text
      mount["VolumeOptions"]["Labels"] = .strings(labels)
    case "volume-driver": mount["VolumeOptions"]["DriverConfig"]["Name"] = .string(value)
    case "volume-opt":
      var options = mount["VolumeOptions"]["DriverConfig"]["Options"].textMap
      let (name, text) = value.cut("=") ?? (value, "")
      options[name] = text
      mount["VolumeOptions"]["DriverConfig"]["Options"] = .strings(options)
    case "image-subpath": mount["ImageOptions"]["Subpath"] = .string(value)
    case "tmpfs-size":
      guard let size = try? parsedSize(value) else { throw FlagTrouble("invalid value for \(key): \(value)") }
      mount["TmpfsOptions"]["SizeBytes"] = .int(size)
    case "tmpfs-mode":
      guard let mode = UInt64(value, radix: 8) else { throw FlagTrouble("invalid value for \(key): \(value)") }
      mount["TmpfsOptions"]["Mode"] = .uint(mode)
    default: throw FlagTrouble("unexpected key '\(key)' in '\(field)'")
    }
  }

  private static func truth(_ text: String, _ key: String, of name: String = "") throws(FlagTrouble) -> Bool {
    guard let truth = try? goBool(text) else {
      throw FlagTrouble("invalid value for \(name.isEmpty ? key : name): \(text)")
    }
    return truth
  }

  private static func settleReadOnly(_ mount: inout GoValue) throws(FlagTrouble) {
    let bind = mount["BindOptions"]
    guard bind.isTrue else { return }
    if bind["ReadOnlyNonRecursive"].isTrue || bind["ReadOnlyForceRecursive"].isTrue, !mount["ReadOnly"].isTrue {
      let mode = bind["ReadOnlyNonRecursive"].isTrue ? "writable" : "readonly"
      throw FlagTrouble("option 'bind-recursive=\(mode)' requires 'readonly' to be specified in conjunction")
    }
    if bind["ReadOnlyForceRecursive"].isTrue, bind["Propagation"].string != "rprivate" {
      throw FlagTrouble(
        "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction")
    }
  }
}

/// A path without `.`, `..` and doubled slashes.
func cleanPath(_ path: String) -> String {
  var parts: [Substring] = []
  for part in path.split(separator: "/") where part != "." {
    if part == ".." { _ = parts.popLast() } else { parts.append(part) }
  }
  return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
}
