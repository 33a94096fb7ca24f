import Engine
import SimBase
import SwarmManager
import Workloads

/// Which containers a list shows, newest first.
///
/// Source: moby/moby `daemon/list.go`.
struct ContainerListing {
  private let engine: Engine
  private let request: ContainerList
  private let filters: FilterArguments
  private let exitCodes: [Int32]
  private let ancestors: [ImageID]
  private let before: ContainerID?
  private let since: ContainerID?

  init(_ request: ContainerList, _ engine: Engine) throws(APIError) {
    self.request = request
    self.engine = engine
    let filters = request.filters
    self.filters = filters
    var codes: [Int32] = []
    for text in filters["exited"] {
      switch GoNumber.parseInt(text) {
      case .success(let code): codes.append(Int32(truncatingIfNeeded: code))
      case .failure(let fault):
        throw APIError(.invalidParameter, "invalid filter 'exited=\(text)': \(fault.message(of: "Atoi", text))")
      }
    }
    exitCodes = codes
    ancestors = filters["ancestor"].compactMap { try? engine.image($0).id }
    before = try ContainerListing.find(filters["before"].last, engine)
    since = try ContainerListing.find(filters["since"].last, engine)
    for name in ["expose", "publish"] { try ContainerListing.checkPorts(filters[name], name) }
    if let text = filters["is-task"].first, !["true", "1", "false", "0"].contains(text) {
      throw APIError(.invalidParameter, "invalid filter 'is-task=[\(text)]'")
    }
  }

  /// Refuses what is no port, or no range of them.
  private static func checkPorts(_ texts: [String], _ name: String) throws(APIError) {
    for text in texts {
      for end in text.prefix(while: { $0 != "/" }).split(separator: "-", omittingEmptySubsequences: false) {
        let fault: GoNumber.Fault
        switch GoNumber.parseUInt(String(end)) {
        case .success(let number) where number <= 65535: continue
        case .success: fault = .range
        case .failure(let found): fault = found
        }
        throw APIError(
          .system, "error while looking up for \(name) \(text): \(fault.message(of: "ParseUint", String(end)))")
      }
    }
  }

  private static func find(_ name: String?, _ engine: Engine) throws(APIError) -> ContainerID? {
    guard let name else { return nil }
    return try asked { () throws(EngineError) in try engine.container(.typed(name)).id }
  }

  /// The containers.
  var containers: [Container] {
    var found: [Container] = []
    var isPastBefore = before == nil
    for container in engine.containers.reversed() {
      if container.id == since { break }
      if !isPastBefore {
        isPastBefore = container.id == before
        continue
      }
      if request.limit > 0 && found.count == request.limit { break }
      if admits(container) { found.append(container) }
    }
    return found
  }

  private func admits(_ container: Container) -> Bool {
    let showsAll = request.all || request.limit > 0 || filters.contains("status")
    if !container.state.isRunning && !showsAll { return false }
    return filters.isAmong("status", container.state.status.text)
      && filters.isAmong("health", container.health?.status.text ?? "none")
      && filters.matches("id", container.id.description) && matchesName(container) && matchesExit(container)
      && (!filters.contains("ancestor") || ancestors.contains(container.image))
      && filters.hasLabels("label", container.labels) && matchesNetwork(container) && matchesVolume(container)
      && matchesPorts("expose", container.config.value.exposedPorts)
      && matchesPorts(
        "publish", container.boundPorts.map { ContainerPort($0.hostPort, $0.port.transport) })
      && matchesTask(container)
  }

  private func matchesName(_ container: Container) -> Bool {
    filters.matches("name", container.name) || filters.matches("name", "/" + container.name)
  }

  private func matchesExit(_ container: Container) -> Bool {
    exitCodes.isEmpty
      || !container.state.isRunning && container.state.startedAt != nil && exitCodes.contains(container.state.exitCode)
  }

  private func matchesNetwork(_ container: Container) -> Bool {
    let wanted = filters["network"]
    if wanted.isEmpty { return true }
    return ContainerView(container: container, engine: engine, now: .zero).footholds.contains { foothold in
      wanted.contains { $0 == foothold.name || foothold.networkID.hasPrefix($0) }
    }
  }

  private func matchesVolume(_ container: Container) -> Bool {
    let wanted = filters["volume"]
    return wanted.isEmpty || container.mounts.contains { wanted.contains($0.target) || wanted.contains($0.source) }
  }

  private func matchesTask(_ container: Container) -> Bool {
    guard let word = filters["is-task"].first else { return true }
    return ["true", "1"].contains(word) == (container.task != nil)
  }

  /// A filter names a port, `80`, `80/udp`, or a range of them, `8000-8080`.
  private func matchesPorts(_ name: String, _ ports: [ContainerPort]) -> Bool {
    let wanted = filters[name]
    return wanted.isEmpty
      || wanted.contains { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let ends = parts[0].split(separator: "-").compactMap { UInt16($0) }
        let transport = parts.count > 1 ? String(parts[1]) : "tcp"
        guard let low = ends.first, let high = ends.last, low <= high else { return false }
        return ports.contains { low...high ~= $0.number && $0.transport.name == transport }
      }
  }
}
