import DockerCLI
import Engine
import EngineServer
import EngineTypes

/// The nodes that a compose file asks for: as much of the file as `up -f` reads.
struct ComposeNodes {
  /// The nodes' names and what their engines are started with, in the order of the file.
  let nodes: [(name: String, daemon: DaemonFlags)]
  /// The services that are no nodes.
  let others: [String]

  /// Reads the file at a path.
  init(at path: String) throws {
    try self.init(String(decoding: try Files.read(path), as: UTF8.self), path: path)
  }

  init(_ text: String, path: String) throws {
    let document: JSON
    do throws(YAMLTrouble) {
      document = try YAML.parse(text)
    } catch {
      throw DoorError.refused("\(path) is not YAML: \(error.message)")
    }
    guard let services = document["services"].fields else {
      throw DoorError.refused("\(path) has no `services:`, so there is no node in it.")
    }
    let defined = services.map(\.key)
    for service in services {
      for needed in ComposeNodes.dependencies(of: service.value) where !defined.contains(needed) {
        // The first sentence is compose's own.
        throw DoorError.refused(
          "service \"\(service.key)\" depends on undefined service \"\(needed)\": invalid compose project\n"
            + "Remove `\(needed)` from `depends_on` in \(path), or define the service; docker compose says the same.")
      }
    }
    let engines = services.filter { ComposeNodes.isNode($0.value["image"].string ?? "") }
    nodes = try engines.map { service in
      let name = service.value["container_name"].string ?? service.key
      return (name, try ComposeNodes.flags(of: service.value, called: name))
    }
    others = defined.filter { name in !engines.contains { $0.key == name } }
    if nodes.isEmpty {
      throw DoorError.refused("\(path) has no service of image docker:dind: there is no node in it.")
    }
  }

  /// `docker:dind`, and its versions: `docker:28-dind`, `docker:28.5.2-dind-rootless`.
  private static func isNode(_ image: String) -> Bool {
    var name = image
    for prefix in ["docker.io/", "library/"] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
    guard name.hasPrefix("docker:") else { return false }
    return name.dropFirst(7).split(separator: "-").contains("dind")
  }

  /// The flags that the image hands to `dockerd`: the service's `command`, as a text or a list.
  private static func flags(of service: JSON, called name: String) throws -> DaemonFlags {
    let command = service["command"]
    let words = command.array?.compactMap(\.string) ?? command.string.map(DaemonFlags.words) ?? []
    do { return try DaemonFlags(words) } catch { throw DoorError.refused("service \(name): \(error.text)") }
  }

  /// The services that it waits for: a list of names, or a map from them to conditions.
  private static func dependencies(of service: JSON) -> [String] {
    let needs = service["depends_on"]
    return needs.array?.compactMap(\.string) ?? needs.fields?.map(\.key) ?? []
  }
}
