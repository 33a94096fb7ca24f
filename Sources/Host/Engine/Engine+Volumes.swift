import Shell
import SimBase
import Workloads

extension Engine {
  /// All volumes by name.
  public var volumes: [Volume] { disk.volumes.values }

  /// Whether there is a volume of this name.
  public func has(volume name: String) -> Bool { disk.volumes.contains(name) }

  /// The volume of this name.
  public func volume(_ name: String) throws(EngineError) -> Volume {
    guard let volume = disk.volumes[name] else { throw .noSuchVolume(name) }
    return volume
  }

  /// The containers that use a volume, oldest first.
  public func users(ofVolume name: String) -> [ContainerID] {
    disk.containers.values.filter { $0.mounts.contains { $0.kind == .volume && $0.source == name } }.map(\.id)
  }

  /// Makes a volume; one of that name that is there already is no error. An empty name is replaced by a drawn one.
  ///
  /// Source: moby/moby `daemon/volume/service/store.go`, `daemon/volume/local/local.go`.
  @discardableResult
  public mutating func createVolume(
    _ name: String, driver: String = "local", labels: Table<String, String>? = nil,
    options: Table<String, String>? = nil, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) -> Volume {
    if !["", "local"].contains(driver) { throw .noSuchVolumeDriver(driver, volume: name) }
    if let known = disk.volumes[name] { return known }
    var labels = labels
    var name = name
    if name.isEmpty {
      let id: HexID<ContainerTag> = drawID()
      name = id.description
      labels = labels ?? [:]
      labels?["com.docker.volume.anonymous"] = ""
    } else if name.utf8.count == 1 {
      throw .shortVolumeName(name)
    } else if !ContainerName.isValid(name) {
      throw .invalidVolumeName(name)
    } else if name.utf8.count > 255 {
      throw .longVolumeName(name)
    }
    if let fault = Volume.fault(of: options ?? [:]) { throw .volumeOptions(fault, volume: name) }
    var volume = Volume(name, created: now)
    volume.labels = labels
    volume.options = options
    disk.volumes[name] = volume
    post(EngineEvent(.volume, "create", actor: name, attributes: [("driver", "local")], at: now), into: &out)
    return volume
  }

  /// Removes a volume that no container uses. With force, one that is not there is no error.
  public mutating func removeVolume(
    _ name: String, force: Bool = false, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    guard disk.volumes.contains(name) else {
      if force { return }
      throw .noSuchVolume(name)
    }
    let holders = users(ofVolume: name)
    if !holders.isEmpty { throw .volumeInUse(name, by: holders) }
    disk.volumes[name] = nil
    post(EngineEvent(.volume, "destroy", actor: name, attributes: [("driver", "local")], at: now), into: &out)
  }

  /// Removes volumes that no container uses: anonymous ones, or all.
  ///
  /// - Returns: their names, in order.
  public mutating func pruneVolumes(all: Bool, at now: Instant, into out: inout Outbox<EngineNotice>) -> [String] {
    var removed: [String] = []
    for volume in disk.volumes.values where all || volume.isAnonymous {
      if (try? removeVolume(volume.name, at: now, into: &out)) != nil { removed.append(volume.name) }
    }
    return removed
  }

  /// Tells that a container uses its volumes from now on, or no longer.
  ///
  /// Source: moby/moby `daemon/container/container_unix.go` (`UnmountVolumes`), `daemon/volumes_unix.go`
  /// (`setupMounts`).
  mutating func noteMounts(
    _ action: String, _ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    let container = disk.containers[existing: number]
    for mount in container.mounts where mount.kind == .volume {
      var attributes = [("container", container.id.description), ("driver", "local")]
      if action == "mount" {
        attributes += [("destination", mount.target), ("propagation", ""), ("read/write", "\(!mount.isReadOnly)")]
      }
      post(EngineEvent(.volume, action, actor: mount.source, attributes: attributes, at: now), into: &out)
    }
  }

  /// The mounts of a container, with volumes made and named: `-v` options, `--mount` options, `--tmpfs`, then for paths that
  /// nothing else covers those of other containers, and the image's volumes.
  mutating func resolveMounts(
    _ config: ContainerConfig, _ host: HostConfig, at now: Instant
  ) throws(EngineError) -> [Mount] {
    var asked: [Mount] = []
    for bind in host.binds ?? [] {
      let mount = try Mount(bindOption: bind)
      if mount.kind == .volume && !mount.target.hasPrefix("/") && !mount.source.isEmpty {
        throw .invalidConfig(.relativeBindTarget(bind: bind, mount.target))
      }
      asked.append(mount)
    }
    asked += host.mounts ?? []
    for (target, _) in host.tmpfs {
      if !target.hasPrefix("/") { throw .invalidConfig(.relativeTmpfsTarget(target)) }
      asked.append(Mount(.tmpfs, target: target))
    }
    for mount in asked where !mount.target.hasPrefix("/") { throw .invalidConfig(.relativeTarget(mount.target)) }
    let inherited = try inheritedMounts(host).filter { mount in !asked.contains { $0.target == mount.target } }
    for path in config.volumes where !(asked + inherited).contains(where: { $0.target == path }) {
      asked.append(Mount(.volume, target: path))
    }
    for mount in asked {
      if mount.kind == .npipe { throw .invalidConfig(.unknownMountType(mount.kind.text)) }
      if FileTree.normal(mount.target) == "/" { throw .invalidConfig(.mountOverRoot(mount.kind.text)) }
    }
    for mount in host.mounts ?? [] where mount.kind == .bind && !disk.machineFiles.exists(mount.source) {
      throw .invalidConfig(.missingBindSource(mount.source))
    }
    for (index, mount) in asked.enumerated() where asked[..<index].contains(where: { $0.target == mount.target }) {
      throw .duplicateMountPoint(mount.target)
    }
    var quiet = Outbox<EngineNotice>()
    for index in asked.indices where asked[index].kind == .volume {
      let mount = asked[index]
      let volume = try createVolume(
        mount.source, driver: mount.driver, labels: mount.labels.isEmpty ? nil : mount.labels,
        options: mount.options.isEmpty ? nil : mount.options, at: now, into: &quiet)
      asked[index].source = volume.name
      asked[index].driver = volume.driver
      if asked[index].mode.isEmpty { asked[index].mode = "z" }
    }
    return asked + inherited
  }

  /// What `--volumes-from` brings: the other containers' volumes and binds, the last one's where two have the same place.
  ///
  /// Source: moby/moby `daemon/volumes.go` (`registerMountPoints`), `volume/mounts/linux_parser.go` (`ParseVolumesFrom`).
  private func inheritedMounts(_ host: HostConfig) throws(EngineError) -> [Mount] {
    var found: [Mount] = []
    for text in host.volumesFrom ?? [] {
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let mode = parts.count > 1 ? parts[1] : ""
      let words = mode.isEmpty ? [] : mode.split(separator: ",", omittingEmptySubsequences: false)
      if !words.allSatisfy({ ["ro", "rw", "z", "Z", "nocopy"].contains($0) }) {
        throw .invalidConfig(.badMode(mode))
      }
      for var mount in try container(.typed(parts[0])).mounts where mount.kind == .volume || mount.kind == .bind {
        mount.isReadOnly = mount.isReadOnly || words.contains("ro")
        mount.mode = ""
        found.removeAll { $0.target == mount.target }
        found.append(mount)
      }
    }
    return found
  }
}

extension Mount {
  /// How mounts below a bind show on its other side. Source: Linux `Documentation/filesystems/sharedsubtree.rst`.
  private static let propagations = ["private", "rprivate", "rshared", "rslave", "shared", "slave"]

  /// Reads `-v`'s form: `data:/data`, `/etc/x:/y:ro`, `/anonymous`.
  init(bindOption text: String) throws(EngineError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (1...3).contains(parts.count), let target = parts.count == 1 ? parts.first : parts.dropFirst().first else {
      throw .invalidConfig(.badBind(text))
    }
    let source = parts.count == 1 ? "" : parts[0]
    let mode = parts.count == 3 ? parts[2] : ""
    let isReadOnly = mode.split(separator: ",").contains("ro")
    if source.hasPrefix("/") {
      let propagation = mode.split(separator: ",").map(String.init).first { Mount.propagations.contains($0) }
      self.init(
        .bind, source: source, target: target, isReadOnly: isReadOnly, mode: mode,
        propagation: propagation ?? "rprivate")
    } else {
      self.init(.volume, source: source, target: target, isReadOnly: isReadOnly, mode: mode)
    }
  }
}
