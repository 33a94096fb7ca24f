import Shell
import SimBase
import Workloads

/// What the runtime asks of a container's files and settings just before its first process.
extension Engine {
  /// Refuses users and groups that the image does not know, and kernel settings of the whole machine.
  ///
  /// Source: moby/moby `daemon/oci_linux.go` (`WithUser`).
  mutating func checkRuntimeSettings(of number: ContainerNumber, at now: Instant) throws(EngineError) {
    _ = try identity("", of: number, at: now)
    if let name = disk.containers[existing: number].host.value.sharedSysctl { throw .sharedSysctl(name) }
    try checkDevices(of: number)
  }

  private func checkDevices(of number: ContainerNumber) throws(EngineError) {
    let host = disk.containers[existing: number].host.value
    if let path = host.blockIO.unknownDevice { throw .noSuchBlockDevice(path) }
    if let device = host.devices?.first(where: { !DeviceMapping.known.contains($0.hostPath) }) {
      throw .noSuchDevice(device.hostPath)
    }
    if let request = host.deviceRequests?.first {
      throw .noDeviceDriver(request.driver, capabilities: request.capabilities)
    }
  }

  /// Who runs a process in a container: as asked, else the container's user. An image of which nothing is known may
  /// have any account.
  mutating func identity(
    _ asked: String, of number: ContainerNumber, at now: Instant
  ) throws(EngineError) -> UserIdentity {
    let container = disk.containers[existing: number]
    let text = asked.isEmpty ? container.config.value.user : asked
    let groups = container.host.value.groupAdd ?? []
    if text.isEmpty && groups.isEmpty { return UserIdentity() }
    let files = takeFiles(number, at: now)
    putFiles(files, number, at: now)
    do {
      var identity = try text.isEmpty ? UserIdentity() : UserIdentity(text, in: files)
      for group in groups { identity.groups.append(try UserIdentity.group(group, in: files)) }
      return identity
    } catch {
      if persona(of: number).value.runsAnything { return UserIdentity() }
      switch error {
      case .user(let name): throw .unknownUser(name)
      case .group(let name): throw .unknownGroup(name)
      }
    }
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
