import Shell
import SimBase
import Workloads

/// A file that is handed to a container from outside, a secret or a config: it is in memory only.
public struct HandedFile: Sendable, Hashable {
  /// Where the container sees it.
  public var path: String
  /// What it holds.
  public var bytes: [UInt8]
  /// Its permission bits.
  public var mode: UInt16
  /// The number of the user who owns it.
  public var user: UInt32
  /// The number of the group that owns it.
  public var group: UInt32

  /// A file.
  public init(
    _ path: String, _ bytes: [UInt8], mode: UInt16 = 0o444, user: UInt32 = 0, group: UInt32 = 0
  ) {
    self.path = path
    self.bytes = bytes
    self.mode = mode
    self.user = user
    self.group = group
  }
}

/// A path that differs from the image's.
public struct FileChange: Sendable, Hashable {
  /// How it differs; the raw value is Docker's.
  public enum Kind: Int, Sendable, Hashable {
    /// It has other content.
    case changed = 0
    /// The image has no such path.
    case added = 1
    /// The image had it.
    case deleted = 2
  }

  /// The path.
  public var path: String
  /// How it differs.
  public var kind: Kind

  /// A change.
  public init(path: String, kind: Kind) {
    self.path = path
    self.kind = kind
  }
}

/// What containers have on their disks: the image's files, their own changes, what is mounted, and what the engine
/// writes.
///
/// A container has a tree of its own only after a shell or a user has looked at it: the many that never are cost
/// nothing. Mounts are copied in before a process runs and back out after it, so two containers on one volume see each
/// other's writes whenever either of them runs.
extension Engine {
  /// The machine's own files, which bind mounts show.
  public var machineFiles: FileTree {
    get { disk.machineFiles }
    set { disk.machineFiles = newValue }
  }

  /// Hands a container files from outside. To be called before it starts.
  public mutating func hand(_ files: [HandedFile], to id: ContainerID) {
    if let number = disk.numbers[id], !files.isEmpty { memory.handedFiles[number] = files }
  }

  /// A container's files, mounts included.
  public mutating func files(of key: ContainerKey, at now: Instant) throws(EngineError) -> FileTree {
    let number = try find(key)
    let files = takeFiles(number, at: now)
    putFiles(files, number, at: now)
    return files
  }

  /// Changes a container's files from outside, as `docker cp` does.
  public mutating func changeFiles<Result>(
    of key: ContainerKey, at now: Instant, _ body: (inout FileTree) throws(FileError) -> Result
  ) throws -> Result {
    let number = try find(key)
    var files = takeFiles(number, at: now)
    defer { putFiles(files, number, at: now) }
    return try body(&files)
  }

  /// How a container's own files differ from its image's, by path.
  public mutating func changes(of key: ContainerKey, at now: Instant) throws(EngineError) -> [FileChange] {
    let number = try find(key)
    let image = freshFiles(of: number)
    let container = disk.containers[existing: number]
    let own = container.files.map { $0.changes(since: image, where: container.owns) } ?? []
    var changes = Table((mountPoints(of: container, in: image).map { ($0, .added) }) + own.map { ($0.path, $0.kind) })
    FileTree.markDirectories(above: &changes)
    return changes.map { FileChange(path: $0.key, kind: $0.value) }
  }

  /// Directories that the engine made for what is mounted there, once the container has been started.
  private func mountPoints(of container: Container, in image: FileTree) -> [String] {
    if container.state.startedAt == nil { return [] }
    var made: [String] = []
    for target in container.mounts.map(\.target) {
      var path = FileTree.normal(target)
      while path != "/" && image.linkEntry(path) == nil {
        made.append(path)
        path = FileTree.directory(of: path)
      }
    }
    return made
  }

  private mutating func freshFiles(of number: ContainerNumber) -> FileTree {
    let image = disk.containers[existing: number].image
    if let known = memory.freshFiles[image] { return known }
    let fresh = disk.images[image].map { freshFiles(of: $0) } ?? persona(of: number).value.freshFiles()
    memory.freshFiles[image] = fresh
    return fresh
  }

  /// The files that a fresh container of an image has.
  public func freshFiles(of image: Image) -> FileTree {
    if let known = memory.freshFiles[image.id] { return known }
    guard image.layers.allSatisfy({ $0.content != nil }) else {
      return config.library.value.persona(named: image.persona, tag: image.personaTag).freshFiles()
    }
    return FileTree(image.layers)
  }

  // MARK: Around a process's step

  /// Takes a container's files out, made up to date with mounts and networks.
  mutating func takeFiles(_ number: ContainerNumber, at now: Instant) -> FileTree {
    var files: FileTree
    if let own = disk.containers[existing: number].files {
      disk.containers[existing: number].files = nil
      files = own
    } else {
      files = freshFiles(of: number)
    }
    let mounts = disk.containers[existing: number].mounts
    var seen = memory.seenMounts[number] ?? []
    for (index, mount) in mounts.enumerated() {
      fillNewVolume(mount, from: files)
      let source = sourceTree(of: mount)
      if index < seen.count && seen[index] == source { continue }
      files.graft(source, at: mount.target, at: now)
      if index < seen.count { seen[index] = source } else { seen.append(source) }
    }
    if !mounts.isEmpty { memory.seenMounts[number] = seen }
    if memory.running[number]?.hasStaleFiles ?? true { writeSystemFiles(number, &files, at: now) }
    for file in memory.handedFiles[number] ?? [] {
      let parent = "/" + file.path.split(separator: "/").dropLast().joined(separator: "/")
      try? files.makeDirectory(parent, parents: true, at: now)
      try? files.write(file.path, file.bytes, mode: file.mode, at: now)
      try? files.setOwner(file.path, user: file.user, group: file.group)
      files.readOnly.append(FileTree.normal(file.path))
    }
    files.readOnly += mounts.filter(\.isReadOnly).map { FileTree.normal($0.target) }
    return files
  }

  /// Puts a container's files back, and what has changed under mounts where it belongs.
  mutating func putFiles(_ taken: FileTree, _ number: ContainerNumber, at now: Instant) {
    var files = taken
    files.readOnly = []
    let mounts = disk.containers[existing: number].mounts
    for (index, mount) in mounts.enumerated() where !mount.isReadOnly {
      let tree = files.subtree(at: mount.target)
      if tree == memory.seenMounts[number]?[index] { continue }
      memory.seenMounts.update(number) { $0[index] = tree }
      switch mount.kind {
      case .volume: disk.volumes.update(mount.source) { $0.files = tree }
      case .bind: disk.machineFiles.graft(tree, at: mount.source, at: now)
      case .tmpfs, .npipe: break
      }
    }
    guard let handed = memory.handedFiles[number] else {
      disk.containers[existing: number].files = files
      return
    }
    for file in handed { try? files.remove(file.path) }
    disk.containers[existing: number].files = files
  }

  private func sourceTree(of mount: Mount) -> FileTree {
    switch mount.kind {
    case .volume: disk.volumes[mount.source]?.files ?? FileTree()
    case .bind: disk.machineFiles.subtree(at: mount.source)
    case .tmpfs, .npipe: FileTree()
    }
  }

  /// A new volume takes over what the image has where it is mounted.
  private mutating func fillNewVolume(_ mount: Mount, from files: FileTree) {
    guard mount.kind == .volume, disk.volumes[mount.source]?.files == FileTree() else { return }
    let tree = files.subtree(at: mount.target)
    disk.volumes.update(mount.source) { $0.files = tree }
  }

  private mutating func writeSystemFiles(_ number: ContainerNumber, _ files: inout FileTree, at now: Instant) {
    let container = disk.containers[existing: number]
    // A container may have put a directory where one of these belongs; then it goes without.
    try? files.write("/etc/hostname", Array((container.hostname + "\n").utf8), mode: 0o644, at: now)
    try? files.write("/etc/hosts", Array(hosts(of: container).utf8), mode: 0o644, at: now)
    try? files.write("/etc/resolv.conf", Array(resolver(of: container).utf8), mode: 0o644, at: now)
    memory.running.update(number) { $0.hasStaleFiles = false }
  }

  /// Source: measured, a real 28.5.2 engine.
  private func hosts(of container: Container) -> String {
    var lines = [
      "127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback", "fe00::\tip6-localnet",
      "ff00::\tip6-mcastprefix", "ff02::1\tip6-allnodes", "ff02::2\tip6-allrouters",
    ]
    let gateway = disk.networks.values.first { $0.name == Engine.bridgeName }?.gateway
    for extra in container.host.value.extraHosts ?? [] {
      let name = String(extra.prefix { $0 != ":" && $0 != "=" })
      let address = String(extra.dropFirst(name.count + 1))
      lines.append("\(address == "host-gateway" ? gateway?.description ?? "" : address)\t\(name)")
    }
    lines += linkHosts(of: container)
    let domain = container.config.value.domainname
    let names = domain.isEmpty ? container.hostname : "\(container.hostname).\(domain) \(container.hostname)"
    for endpoint in container.endpoints {
      let isIngress = disk.networks[endpoint.network]?.isIngress ?? false
      if let address = endpoint.address, !isIngress { lines.append("\(address)\t\(names)") }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Source: measured, a real 28.5.2 engine whose own server is on the loopback interface.
  private func resolver(of container: Container) -> String {
    let head =
      "# Generated by Docker Engine.\n# This file can be edited; Docker Engine will not make further changes once it\n"
      + "# has been modified.\n\n"
    let host = container.host.value
    let (asked, domains, settings) = (host.dns ?? [], host.dnsSearch ?? [], host.dnsOptions ?? [])
    let search = domains.isEmpty ? "" : "search \(domains.joined(separator: " "))\n"
    var overrides: [String] = []
    if !asked.isEmpty { overrides.append("nameservers") }
    if !domains.isEmpty { overrides.append("search") }
    if !settings.isEmpty { overrides.append("options") }
    let note = "# Overrides: [\(overrides.joined(separator: " "))]\n"
    let isNamed = container.endpoints.contains { endpoint in
      disk.networks[endpoint.network].map { !$0.isPredefined } ?? false
    }
    if isNamed {
      let servers = asked.isEmpty ? "host(127.0.0.1)" : asked.joined(separator: " ")
      let asksForDots = settings.contains { $0.hasPrefix("ndots:") }
      let options = (settings + (asksForDots ? [] : ["ndots:0"])).joined(separator: " ")
      return head + "nameserver 127.0.0.11\n\(search)options \(options)\n\n"
        + "# Based on host file: '/etc/resolv.conf' (internal resolver)\n# ExtServers: [\(servers)]\n"
        + note + "# Option ndots from: \(asksForDots ? "override" : "internal")\n"
    }
    let servers = asked.isEmpty ? ["8.8.8.8", "8.8.4.4"] : asked
    let options = settings.isEmpty ? "" : "options \(settings.joined(separator: " "))\n"
    return head + servers.map { "nameserver \($0)\n" }.joined() + search + options
      + "\n# Based on host file: '/etc/resolv.conf' (legacy)\n"
      + (asked.isEmpty ? "# Used default nameservers.\n" : "")
      + note
  }
}

extension FileTree {
  /// How this tree differs from an older one, by path; `isOwn` says which paths count.
  func changes(since before: FileTree, where isOwn: (String) -> Bool = { _ in true }) -> [FileChange] {
    var changes = Table<String, FileChange.Kind>()
    for path in paths where isOwn(path) {
      if let old = before.linkEntry(path) {
        if let new = linkEntry(path), new.differs(from: old) { changes[path] = .changed }
      } else {
        changes[path] = .added
      }
    }
    for path in before.paths where linkEntry(path) == nil { changes[path] = .deleted }
    FileTree.markDirectories(above: &changes)
    return changes.map { FileChange(path: $0.key, kind: $0.value) }
  }

  /// The directories above a change are copied for its sake.
  fileprivate static func markDirectories(above changes: inout Table<String, FileChange.Kind>) {
    for path in changes.keys {
      var above = directory(of: path)
      while above != "/" && !changes.contains(above) {
        changes[above] = .changed
        above = directory(of: above)
      }
    }
  }

  fileprivate static func directory(of path: String) -> String {
    "/" + path.split(separator: "/").dropLast().joined(separator: "/")
  }
}

extension FileEntry {
  fileprivate func differs(from other: FileEntry) -> Bool {
    content != other.content || mode != other.mode || user != other.user || group != other.group
  }
}

extension Container {
  /// Whether a path is on the container's own disk: not mounted, and not written by the engine.
  func owns(_ path: String) -> Bool {
    let others = mounts.map(\.target) + ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"]
    return !others.contains { path == $0 || path.hasPrefix($0 + "/") }
  }
}
