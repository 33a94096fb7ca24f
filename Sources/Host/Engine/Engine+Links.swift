import SimBase
import Workloads

/// Links between containers on the engine's own bridge: `web/db` is another name for the container that `web` calls `db`.
///
/// A link goes with either of its containers. The one that has it gets the other's address in `/etc/hosts`, and its ports
/// and variables in variables of its own.
///
/// Source: moby/moby `daemon/links.go`, `daemon/links/links.go`; measured, a real 28.5.2 engine.
extension Engine {
  /// One link of a container.
  public struct Link: Sendable {
    /// What the container calls the other one.
    public let alias: String
    /// The other one.
    public let target: Container
  }

  /// The links of a container, by alias.
  public func links(of container: Container) -> [Link] {
    if disk.links.isEmpty { return [] }
    let prefix = container.name + "/"
    return disk.links.from(prefix).prefix { $0.key.hasPrefix(prefix) }.compactMap { entry in
      self.container(entry.value).map { Link(alias: String(entry.key.dropFirst(prefix.count)), target: $0) }
    }
  }

  /// The names that links of others give a container, in order.
  public func linkNames(of id: ContainerID) -> [String] { disk.links.filter { $0.value == id }.map(\.key) }

  /// Takes a link away; both containers stay.
  public mutating func removeLink(_ text: String) throws(EngineError) {
    let name = text.hasPrefix("/") ? String(text.dropFirst()) : text
    if !name.contains("/") {
      _ = try find(.typed(text))
      throw .defaultLink
    }
    if disk.links[name] == nil { throw .noSuchContainer(text) }
    disk.links[name] = nil
  }

  /// Notes the links that a new container asks for. On a network of a user's there are none: its server knows all names.
  mutating func noteLinks(of name: String, _ host: HostConfig) throws(EngineError) {
    guard let wanted = host.links, host.hasPredefinedNetwork else { return }
    for text in wanted {
      let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
      guard let first = parts.first else { continue }
      let target = disk.containers[existing: try find(.typed(first))]
      disk.links["\(name)/\(parts.last ?? target.name)"] = target.id
    }
  }

  /// Refuses to start a container whose links lead nowhere.
  func checkLinks(of number: ContainerNumber) throws(EngineError) {
    let container = disk.containers[existing: number]
    for link in links(of: container) {
      if !link.target.state.isRunning {
        throw .linkToStopped(link.target.name, alias: "\(container.name)/\(link.alias)")
      }
      if bridgeAddress(of: link.target) == nil { throw .linkOffBridge(link.target.id) }
    }
  }

  /// What a container's processes are told of its links.
  func linkVariables(of container: Container) -> [String] {
    links(of: container).flatMap { link -> [String] in
      guard let address = bridgeAddress(of: link.target) else { return [] }
      let prefix = link.alias.uppercased().replacing("-", with: "_")
      var words: [String] = []
      for (place, port) in link.target.config.value.exposedPorts.sorted().enumerated() {
        let url = "\(port.transport.name)://\(address):\(port.number)"
        let name = "\(prefix)_PORT_\(port.number)_\(port.transport.name.uppercased())"
        if place == 0 { words.append("\(prefix)_PORT=\(url)") }
        words += [
          "\(name)=\(url)", "\(name)_ADDR=\(address)", "\(name)_PORT=\(port.number)",
          "\(name)_PROTO=\(port.transport.name)",
        ]
      }
      words.append("\(prefix)_NAME=/\(container.name)/\(link.alias)")
      for word in link.target.config.value.env where !word.hasPrefix("HOME=") && !word.hasPrefix("PATH=") {
        words.append("\(prefix)_ENV_\(word)")
      }
      return words
    }
  }

  /// The lines of `/etc/hosts` for a container's links.
  func linkHosts(of container: Container) -> [String] {
    links(of: container).compactMap { link in
      bridgeAddress(of: link.target).map { "\($0)\t\(link.alias) \(link.target.hostname) \(link.target.name)" }
    }
  }

  private func bridgeAddress(of container: Container) -> IPv4Address? {
    container.endpoints.first { disk.networks[$0.network]?.name == Engine.bridgeName }?.address
  }
}

extension EngineDisk {
  /// A container has another name: its links go with it.
  mutating func moveLinks(from old: String, to new: String) {
    for (key, target) in links where key.hasPrefix(old + "/") {
      links[key] = nil
      links[new + key.dropFirst(old.count)] = target
    }
  }

  /// A container is gone, and so are links from it and to it.
  mutating func dropLinks(of container: Container) {
    for (key, target) in links where key.hasPrefix(container.name + "/") || target == container.id {
      links[key] = nil
    }
  }
}
