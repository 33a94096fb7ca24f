import Shell
import SimBase
import Workloads

/// What an engine keeps on its machine's disk, and finds there after a crash.
///
/// Invariant: the indexes hold exactly the containers of the table. Only the table is written; the indexes are made
/// again.
public struct EngineDisk: Sendable {
  /// The form of the bytes; raised when a field is added.
  static let version: UInt32 = 5

  var images: Table<ImageID, Image> = [:]
  /// Names of images: `nginx:alpine`, `nginx@sha256:…`.
  var imageNames: Table<String, ImageID> = [:]
  /// When each image was last given a name.
  var tagged: Table<ImageID, Instant> = [:]
  var containers: Table<ContainerNumber, Container> = [:]
  var numbers: Table<ContainerID, ContainerNumber> = [:]
  var names: Table<String, ContainerNumber> = [:]
  /// Links between containers: `web/db` and the container that it names.
  var links: Table<String, ContainerID> = [:]
  var nextContainer = 0
  /// What was pushed to registries that run in containers.
  var shelves: Table<ContainerID, RegistryShelf> = [:]
  var volumes: Table<String, Volume> = [:]
  var networks: Table<EngineNetworkID, NetworkRecord> = [:]
  /// The machine's own files: what bind mounts show.
  var machineFiles = EngineDisk.freshMachine
  /// How many engines have begun on it: each draws its own IDs.
  var boots: UInt64 = 0
  /// The next machine's port that is handed out freely; it only moves up.
  ///
  /// Source: measured, a real 28.5.2 engine: serial from 32768, not reused until it wraps.
  var nextHostPort: UInt16 = 32_768

  /// An empty disk.
  public init() {}

  /// Made once: all machines share it until they write.
  private static let freshMachine = {
    var tree = FileTree()
    let directories = [
      "/bin", "/etc", "/home", "/mnt", "/opt", "/root", "/srv", "/tmp", "/usr/bin", "/usr/share", "/var/lib/docker",
      "/var/log", "/var/run",
    ]
    // Nothing is in the way in a new tree.
    for directory in directories { try? tree.makeDirectory(directory, parents: true, at: .zero) }
    for path in ["/var/run/docker.sock", "/etc/localtime"] { try? tree.write(path, [], at: .zero) }
    return tree
  }()

  mutating func insert(_ container: Container) -> ContainerNumber {
    let number = ContainerNumber(raw: nextContainer)
    nextContainer += 1
    numbers[container.id] = number
    names[container.name] = number
    containers[number] = container
    return number
  }

  @discardableResult
  mutating func remove(_ number: ContainerNumber) -> Container? {
    guard let container = containers.removeValue(number) else { return nil }
    numbers[container.id] = nil
    names[container.name] = nil
    shelves[container.id] = nil
    dropLinks(of: container)
    return container
  }
}

extension EngineDisk: Archivable {
  /// The version, then all tables.
  public mutating func archive(_ a: inout Archive) {
    var version = EngineDisk.version
    a.field(&version)
    if version != EngineDisk.version {
      a.markBroken()
      return
    }
    a.table(&images, ImageID(), Image(), key: { $0.field(&$1) }, value: { $0.field(&$1) })
    a.table(&imageNames, "", ImageID(), key: { $0.field(&$1) }, value: { $0.field(&$1) })
    a.table(&tagged, ImageID(), Instant.zero, key: { $0.field(&$1) }, value: { $0.field(&$1) })
    a.field(&nextContainer)
    a.table(
      &containers, ContainerNumber(raw: 0), Container.blank, key: { $0.field(&$1.raw) },
      value: { archive, container in container.archive(&archive) })
    a.table(&volumes, "", Volume(), key: { $0.field(&$1) }, value: { $0.field(&$1) })
    a.table(&networks, EngineNetworkID(), NetworkRecord(), key: { $0.field(&$1) }, value: { $0.field(&$1) })
    a.field(&machineFiles)
    a.field(&boots)
    a.field(&nextHostPort)
    a.table(&links, "", ContainerID(), key: { $0.field(&$1) }, value: { $0.field(&$1) })
    a.table(&shelves, ContainerID(), RegistryShelf(), key: { $0.field(&$1) }, value: { $0.field(&$1) })
    if !a.isReading { return }
    numbers = Table(containers.map { ($0.value.id, $0.key) })
    names = Table(containers.map { ($0.value.name, $0.key) })
  }
}

extension Container {
  static var blank: Container {
    Container(
      id: ContainerID(), name: "", created: .zero, config: Shared(ContainerConfig()), host: Shared(HostConfig()),
      task: nil,
      image: ImageID(), mounts: [])
  }

  mutating func archive(_ a: inout Archive) {
    var (id, created, image, mounts) = (self.id, self.created, self.image, self.mounts)
    var (config, host) = (self.config, self.host)
    var mark = task?.value
    a.field(&id)
    a.field(&name)
    a.field(&created)
    a.field(&config)
    a.field(&host)
    a.optional(&mark, TaskMark.blank) { $1.archive(&$0) }
    a.field(&image)
    a.field(&mounts)
    if a.isReading {
      self = Container(
        id: id, name: name, created: created, config: config, host: host, task: mark.map { Shared($0) }, image: image,
        mounts: mounts)
    }
    a.field(&state)
    a.field(&endpoints)
    a.field(&gatewayEndpoint)
    a.list(&boundPorts, BoundPort(ContainerPort(), address: .any, hostPort: 0)) {
      $0.field(&$1.port)
      $0.field(&$1.address)
      $0.field(&$1.hostPort)
    }
    a.field(&health)
    a.field(&files)
    var lines = a.isReading ? [] : log.elements(from: 0)
    a.list(&lines, LogLine("", .output, at: .zero)) {
      $0.field(&$1.instant)
      $0.field(&$1.stream)
      $0.field(&$1.isWhole)
      $0.field(&$1.text)
    }
    if a.isReading { for line in lines { log.append(line) } }
  }
}

extension TaskMark {
  fileprivate static var blank: TaskMark {
    TaskMark(nodeID: "", serviceID: "", serviceName: "", taskID: "", taskName: "")
  }

  fileprivate mutating func archive(_ a: inout Archive) {
    a.field(&nodeID)
    a.field(&serviceID)
    a.field(&serviceName)
    a.field(&taskID)
    a.field(&taskName)
  }
}
