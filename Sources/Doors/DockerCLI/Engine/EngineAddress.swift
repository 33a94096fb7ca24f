import SimBase

/// The address of an engine as people write it, made whole: `:2375` is `tcp://localhost:2375`.
///
/// Source: docker/cli `opts/hosts.go`.
enum EngineAddress {
  /// Where the engine is if nothing says so.
  static let standard = "unix:///var/run/docker.sock"

  /// The whole address; throws the reason that the command line cannot begin.
  static func parsed(_ text: String) throws(FlagTrouble) -> String {
    let address = text.trimmed()
    if address.isEmpty { return standard }
    guard let separator = address.firstRange(of: "://") else { return try tcp(address) }
    let (scheme, rest) = (address[..<separator.lowerBound], String(address[separator.upperBound...]))
    switch scheme {
    case "tcp": return try tcp(rest)
    case "unix":
      if rest.includes("://") { throw FlagTrouble("\(unresolved)invalid proto, expected unix: \(rest)") }
      return rest.isEmpty ? standard : address
    case "npipe": throw FlagTrouble("protocol not available")
    case "fd": throw FlagTrouble("unable to parse docker host `\(address)`")
    case "ssh": return address
    default: throw FlagTrouble("\(unresolved)invalid bind address format: \(address)")
    }
  }

  private static let unresolved = "unable to resolve docker endpoint: "

  /// Host and port, where each has a default, and perhaps a path.
  private static func tcp(_ text: String) throws(FlagTrouble) -> String {
    if text.isEmpty { return "tcp://localhost:2375" }
    let place = text.prefix { $0 != "/" }
    let path = text.dropFirst(place.count)
    // The colons of an IPv6 address stand in brackets.
    let name =
      place.hasPrefix("[") ? place.prefix { $0 != "]" } + "]" : place[..<(place.lastIndex(of: ":") ?? place.endIndex)]
    let rest = place.dropFirst(name.count)
    guard rest.isEmpty || rest.hasPrefix(":") && rest.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }) else {
      throw FlagTrouble(
        "\(unresolved)parse \(("tcp://" + text).goQuoted): invalid port \(String(rest).goQuoted) after host")
    }
    let port = rest.count > 1 ? rest.dropFirst() : "2375"
    return "tcp://\(name.isEmpty ? "localhost" : name):\(port)\(path)"
  }
}
