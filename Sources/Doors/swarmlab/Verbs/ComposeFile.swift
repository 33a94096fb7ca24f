import Engine
import EngineServer
import Yams

/// As much of a compose file as `up -f` reads: which services there are, and which of them are nodes.
struct ComposeFile {
  /// The nodes' names and what their engines are started with, in the order of the file.
  let nodes: [(name: String, daemon: DaemonFlags)]
  /// The services that are no nodes.
  let others: [String]

  /// Reads the file at a path.
  init(at path: String) throws {
    try self.init(String(decoding: try Files.read(path), as: UTF8.self), path: path)
  }

  init(_ text: String, path: String) throws {
    guard let root = try? ComposeFile.parse(text), let services = root.mapping?["services"]?.mapping else {
      throw DoorError.refused("\(path) has no services, or is not YAML.")
    }
    let defined = services.compactMap(\.key.string)
    for (key, service) in services {
      for needed in ComposeFile.dependencies(of: service) where !defined.contains(needed) {
        // The first sentence is compose's own.
        throw DoorError.refused(
          "service \"\(key.string ?? "")\" depends on undefined service \"\(needed)\": invalid compose project\n"
            + "Remove `\(needed)` from `depends_on` in \(path), or define the service; docker compose says the same.")
      }
    }
    var nodes: [(name: String, daemon: DaemonFlags)] = []
    for (key, service) in services where ComposeFile.isNode(service.mapping?["image"]?.string ?? "") {
      guard let name = service.mapping?["container_name"]?.string ?? key.string else { continue }
      nodes.append((name, try ComposeFile.flags(of: service, called: name)))
    }
    self.nodes = nodes
    others = services.compactMap { key, service in
      ComposeFile.isNode(service.mapping?["image"]?.string ?? "") ? nil : key.string
    }
    if nodes.isEmpty { throw DoorError.refused("\(path) has no service of image docker:dind: there is no node in it.") }
  }

  private static func parse(_ text: String) throws -> Node? { try Yams.compose(yaml: text) }

  /// `docker:dind`, and its versions: `docker:28-dind`, `docker:28.5.2-dind-rootless`.
  private static func isNode(_ image: String) -> Bool {
    var name = image
    for prefix in ["docker.io/", "library/"] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
    guard name.hasPrefix("docker:") else { return false }
    return name.dropFirst(7).split(separator: "-").contains("dind")
  }

  /// The flags that the image hands to `dockerd`: the service's `command`, as a text or a list.
  private static func flags(of service: Node, called name: String) throws -> DaemonFlags {
    let command = service.mapping?["command"]
    let words = command?.sequence?.compactMap(\.string) ?? command?.string.map(DaemonFlags.words) ?? []
    do { return try DaemonFlags(words) } catch { throw DoorError.refused("service \(name): \(error.text)") }
  }

  private static func dependencies(of service: Node) -> [String] {
    guard let needs = service.mapping?["depends_on"] else { return [] }
    if let list = needs.sequence { return list.compactMap(\.string) }
    return needs.mapping?.keys.compactMap(\.string) ?? []
  }
}
