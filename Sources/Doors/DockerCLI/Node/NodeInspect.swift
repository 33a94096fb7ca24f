import EngineTypes
import SimBase

/// `docker node inspect`: all about nodes.
///
/// Source: docker/cli `cli/command/node/inspect.go`, `formatter.go` (`nodeInspectPrettyTemplate`).
enum NodeInspect {
  static let command = Command(
    use: "inspect [OPTIONS] self|NODE [NODE...]", short: "Display detailed information on one or more nodes",
    arity: .atLeast(1), options: [Inspector.formatOption, SharedOptions.pretty], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    let format = try call.prettyOrFormat()
    func find(_ name: String) throws(Failure) -> Inspector.Element {
      let node = try engine.get("/nodes/\(pathEscaped(try nodeReference(name, engine)))")
      return Inspector.Element(typed: GoValue(node, as: "swarm.Node"), raw: nil)
    }
    let write = { (node: GoValue) in String(pretty(node).dropLast()) }
    try PrettyInspector.run(call, format: format, find: find, pretty: write)
  }

  private static func pretty(_ node: GoValue) -> String {
    var text = "ID:\t\t\t\(node["ID"].string ?? "")\n"
    func line(_ label: String, _ value: GoValue) { text += "\(label)\(value.string ?? "")\n" }
    func labels(_ title: String, _ labels: GoValue) {
      guard labels.isTrue else { return }
      text += title + ":\n"
      for (key, value) in labels.textMap { text += " - \(key)\(value.isEmpty ? "" : "=" + value)\n" }
    }
    let (spec, description, status) = (node["Spec"], node["Description"], node["Status"])
    if spec["Name"].isTrue { line("Name:\t\t\t", spec["Name"]) }
    labels("Labels", spec["Labels"])
    line("Hostname:              \t", description["Hostname"])
    if case .time(let joined) = node["CreatedAt"] { text += "Joined at:             \t\(prettyDate(joined))\n" }
    text += "Status:\n State:\t\t\t\(prettyWord(status["State"].string ?? ""))\n"
    if status["Message"].isTrue { text += " Message:              \t\(prettyWord(status["Message"].string ?? ""))\n" }
    text += " Availability:         \t\(prettyWord(spec["Availability"].string ?? ""))\n"
    if status["Addr"].isTrue { line(" Address:\t\t", status["Addr"]) }
    if let manager = node["ManagerStatus"].target {
      text += "Manager Status:\n"
      line(" Address:\t\t", manager["Addr"])
      text += " Raft Status:\t\t\(prettyWord(manager["Reachability"].string ?? ""))\n"
      text += " Leader:\t\t\(manager["Leader"].isTrue ? "Yes" : "No")\n"
    }
    text += "Platform:\n"
    line(" Operating System:\t", description["Platform"]["OS"])
    line(" Architecture:\t\t", description["Platform"]["Architecture"])
    text += "Resources:\n CPUs:\t\t\t\((description["Resources"]["NanoCPUs"].integer ?? 0) / 1_000_000_000)\n"
    let memory = description["Resources"]["MemoryBytes"].integer ?? 0
    text += " Memory:\t\t\(memory == 0 ? "" : bytesSize(Double(memory)))\n"
    let plugins = description["Engine"]["Plugins"].elements
    if !plugins.isEmpty {
      text += "Plugins:\n"
      for kind in ["Log", "Network", "Volume"] {
        let names = plugins.filter { $0["Type"].string == kind }.compactMap { $0["Name"].string }
        if !names.isEmpty { text += " \(kind):\t\t\(names.joined(separator: ", "))\n" }
      }
    }
    line("Engine Version:\t\t", description["Engine"]["EngineVersion"])
    labels("Engine Labels", description["Engine"]["Labels"])
    let tls = description["TLSInfo"]
    if tls["TrustRoot"].isTrue {
      text += "TLS Info:\n TrustRoot:\n\(tls["TrustRoot"].string ?? "")\n"
      text += " Issuer Subject:\t\(tls["CertIssuerSubject"].json.string ?? "")\n"
      text += " Issuer Public Key:\t\(tls["CertIssuerPublicKey"].json.string ?? "")\n"
    }
    return text
  }
}
