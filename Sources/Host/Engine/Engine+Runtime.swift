import Shell
import SimBase
import Workloads

/// What the runtime asks of a container's files and settings just before its first process.
extension Engine {
  /// Refuses users and groups that the image does not know, and kernel settings of the whole machine.
  ///
  /// Source: moby/moby `daemon/oci_linux.go` (`WithUser`), moby/sys `user/user.go` (`GetExecUser`,
  /// `GetAdditionalGroups`).
  mutating func checkRuntimeSettings(of number: ContainerNumber, at now: Instant) throws(EngineError) {
    let container = disk.containers[existing: number]
    let parts = container.config.value.user.split(separator: ":", maxSplits: 1).map(String.init)
    try require(parts.first, in: "/etc/passwd", of: number, at: now, otherwise: EngineError.unknownUser)
    for group in parts.dropFirst() + (container.host.value.groupAdd ?? []) {
      try require(group, in: "/etc/group", of: number, at: now, otherwise: EngineError.unknownGroup)
    }
    if let name = container.host.value.sharedSysctl { throw .sharedSysctl(name) }
  }

  /// A number needs no entry. An image of which nothing is known may have any.
  private mutating func require(
    _ name: String?, in path: String, of number: ContainerNumber, at now: Instant,
    otherwise refusal: (String) -> EngineError
  ) throws(EngineError) {
    guard let name, !name.isEmpty, Int(name) == nil, !persona(of: number).value.runsAnything else { return }
    let files = takeFiles(number, at: now)
    putFiles(files, number, at: now)
    let text = (try? files.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let isKnown = text.split(separator: "\n").contains { $0.hasPrefix(name + ":") }
    if !isKnown { throw refusal(name) }
  }

  /// What the container's command line does; where the image has no such program, its files say why not.
  mutating func resolveCommand(of number: ContainerNumber, at now: Instant) throws(EngineError) -> Launch {
    let words = disk.containers[existing: number].config.value.commandLine
    do throws(LaunchRefusal) {
      return try persona(of: number).value.launch(words)
    } catch {
      guard case .noSuchFile(let path) = error else { throw .launch(error) }
      let files = takeFiles(number, at: now)
      putFiles(files, number, at: now)
      if files.isDirectory(path) { throw .launch(.directory(path)) }
      throw .launch(files.exists(path) ? .notExecutable(path) : error)
    }
  }
}
