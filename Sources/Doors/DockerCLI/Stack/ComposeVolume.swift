import EngineTypes
import SimBase

/// What a service mounts, from either form.
///
/// Source: docker/cli `cli/compose/loader/volume.go`.
struct ComposeVolume {
  var type = "volume"
  var source = ""
  var target = ""
  var isReadOnly = false
  var consistency = ""
  var propagation = ""
  var hasNoCopy = false
  var subpath = ""
  var tmpfsSize: Int64 = 0
  var hasTmpfsOptions = false

  init(_ json: JSON, in file: ComposeFile, host: any CLIHost) throws(Failure) {
    if let text = json.string {
      try readShort(text)
    } else {
      type = json["type"].string ?? ""
      source = json["source"].string ?? ""
      target = json["target"].string ?? ""
      isReadOnly = json["read_only"].bool ?? false
      consistency = json["consistency"].string ?? ""
      propagation = json["bind"]["propagation"].string ?? ""
      hasNoCopy = json["volume"]["nocopy"].bool ?? false
      subpath = json["volume"]["subpath"].string ?? ""
      tmpfsSize = json["tmpfs"]["size"].int ?? 0
      hasTmpfsOptions = !json["tmpfs"].isNull
    }
    if type == "bind" {
      if source.isEmpty { throw Failure("invalid mount config for type \"bind\": field Source must not be empty") }
      if source.hasPrefix("~") { source = (host.environment("HOME") ?? "") + source.dropFirst() }
      let isAbsolute = source.hasPrefix("/") || Self.isWindowsPath(source)
      source = isAbsolute ? source : cleanPath(file.folder + "/" + source)
    }
  }

  /// `C:\\data` and `\\\\host\\share` lead nowhere from a folder. Source: docker/cli `cli/compose/loader/windows_path.go`.
  private static func isWindowsPath(_ text: String) -> Bool {
    let letters = Array(text.prefix(3))
    if letters.count == 3, letters[0].isASCII, letters[0].isLetter, letters[1] == ":" {
      return letters[2] == "\\" || letters[2] == "/"
    }
    return text.hasPrefix("\\\\")
  }

  private mutating func readShort(_ text: String) throws(Failure) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    // A single letter before a colon is a drive of Windows, so there is no source here.
    if parts.count == 1 || parts.count == 2 && parts[0].count == 1 && parts[0].first?.isLetter == true {
      target = text
      return
    }
    if parts.contains("") { throw Failure("invalid spec: \(text): empty section between colons") }
    if parts.count > 3 { throw Failure("invalid spec: \(text): too many colons") }
    (source, target) = (parts[0], parts[1])
    if source.hasPrefix(".") || source.hasPrefix("/") || source.hasPrefix("~") { type = "bind" }
    for option in parts.count > 2 ? parts[2].split(separator: ",").map(String.init) : [] {
      switch option {
      case "ro": isReadOnly = true
      case "nocopy": hasNoCopy = true
      case "consistent", "cached", "delegated": consistency = option
      case "rprivate", "private", "rshared", "shared", "rslave", "slave": propagation = option
      default: break
      }
    }
  }
}
