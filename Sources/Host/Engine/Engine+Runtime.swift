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
    let config = disk.containers[existing: number].config.value
    do throws(LaunchRefusal) {
      return try launch(config.commandLine, in: number, directory: config.workingDirectory, at: now)
    } catch {
      throw .launch(error)
    }
  }

  /// What a command line does in a container: what its image's persona says, else what its own files do.
  mutating func launch(
    _ words: [String], in number: ContainerNumber, directory: String, at now: Instant
  ) throws(LaunchRefusal) -> Launch {
    let persona = persona(of: number).value
    let refusal: LaunchRefusal
    do throws(LaunchRefusal) { return try persona.launch(words) } catch { refusal = error }
    let files = takeFiles(number, at: now)
    putFiles(files, number, at: now)
    let environment = disk.containers[existing: number].config.value.env
    var words = words
    // A script names what runs it, and that may be another.
    for _ in 0..<4 {
      guard let first = words.first, let path = files.program(first, environment, in: directory) else { break }
      if files.isDirectory(path) { throw .directory(first) }
      guard let entry = files.entry(path), case .file(let bytes) = entry.content else { break }
      if entry.mode & 0o111 == 0 { throw .notExecutable(first) }
      let interpreter = FileTree.interpreter(of: bytes)
      if interpreter.isEmpty { return .program(persona.stranger) }
      words = interpreter + [path] + words.dropFirst()
      if let launch = try? persona.launch(words) { return launch }
    }
    throw refusal
  }
}

extension FileTree {
  /// Where a program is: at its path, or in one of the directories of `PATH`; nil if it is in none.
  fileprivate func program(_ name: String, _ environment: [String], in directory: String) -> String? {
    if name.contains("/") {
      let path = FileTree.absolute(name, from: directory)
      return exists(path) ? path : nil
    }
    let usual = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    let path = environment.last { $0.hasPrefix("PATH=") } ?? usual
    let places = path.dropFirst(5).split(separator: ":").map { "\($0)/\(name)" }
    return places.first { entry($0).map { !$0.isDirectory } ?? false }
  }

  /// The words after `#!` on a script's first line; none for anything else.
  fileprivate static func interpreter(of bytes: [UInt8]) -> [String] {
    guard bytes.starts(with: "#!".utf8) else { return [] }
    let line = String(decoding: bytes.dropFirst(2).prefix { $0 != 10 }, as: UTF8.self)
    return line.split(separator: " ", maxSplits: 1).map { $0.trimmed() }
  }
}
