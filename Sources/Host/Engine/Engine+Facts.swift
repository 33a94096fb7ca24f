import Shell
import SimBase
import Workloads

/// How many containers are in which state, as `docker info` counts them.
public struct ContainerCounts: Sendable, Hashable {
  /// All.
  public var all = 0
  /// Those whose process runs.
  public var running = 0
  /// Those whose process is frozen.
  public var paused = 0
  /// The others.
  public var stopped = 0
}

/// What a container uses at one moment, as `docker stats` shows it. The figures are made up, but grow as real ones do.
public struct ContainerStats: Sendable, Hashable {
  /// Processor time since the start, in nanoseconds.
  public var cpuNanoseconds: UInt64
  /// Processor time of the whole machine since its boot, in nanoseconds.
  public var systemNanoseconds: UInt64
  /// Memory in use, in bytes.
  public var memory: UInt64
  /// The most memory ever in use, in bytes.
  public var memoryPeak: UInt64
  /// What it may use: its limit, or the machine's memory.
  public var memoryLimit: UInt64
  /// How many processes it has.
  public var processes: Int
  /// Bytes and packets on each interface, in the order of joining.
  public var interfaces: [Interface]

  /// Traffic on an interface.
  public struct Interface: Sendable, Hashable {
    /// Its name: `eth0`.
    public var name: String
    /// Bytes that came in.
    public var receivedBytes: UInt64
    /// Packets that came in.
    public var receivedPackets: UInt64
    /// Bytes that went out.
    public var sentBytes: UInt64
    /// Packets that went out.
    public var sentPackets: UInt64
  }
}

/// What is on an engine's disk, as `docker system df` counts it.
public struct DiskUsage: Sendable {
  /// The bytes of all layers, each once.
  public var layers: UInt64 = 0
  /// Each image with the bytes that it shares with others.
  public var images: [(image: Image, shared: UInt64, containers: Int)] = []
  /// Each container with the bytes of its own files and of its image, newest first.
  public var containers: [(container: Container, own: UInt64, image: UInt64)] = []
  /// Each volume with its bytes and how many containers use it.
  public var volumes: [(volume: Volume, size: UInt64, users: Int)] = []
}

/// One line of an image's history, newest first.
public struct ImageHistoryEntry: Sendable, Hashable {
  /// When.
  public var created: Instant
  /// By which command.
  public var createdBy: String
  /// What its author says of it.
  public var comment: String
  /// How many bytes it added.
  public var size: UInt64
  /// The image that the step made, where that is here.
  public var image: ImageID?
}

extension Engine {
  /// How many containers are in which state.
  public var counts: ContainerCounts {
    var counts = ContainerCounts()
    for (_, container) in disk.containers {
      counts.all += 1
      switch container.state.status {
      case .running, .restarting: counts.running += 1
      case .paused: counts.paused += 1
      case .created, .removing, .exited, .dead: counts.stopped += 1
      }
    }
    return counts
  }

  /// What a container uses now; zeros if it does not run.
  public func stats(of key: ContainerKey, at now: Instant) throws(EngineError) -> ContainerStats {
    let number = try find(key)
    let container = disk.containers[existing: number]
    let ran = now - (container.state.startedAt ?? now)
    let isUp = container.state.status == .running || container.state.status == .paused
    let limit = container.host.value.memory > 0 ? UInt64(container.host.value.memory) : config.memory
    var stats = ContainerStats(
      cpuNanoseconds: 0, systemNanoseconds: UInt64(now.nanoseconds) * UInt64(config.cpus), memory: 0, memoryPeak: 0,
      memoryLimit: limit, processes: 0, interfaces: [])
    if !isUp { return stats }
    let weight = FNV.hash(container.config.value.image)
    let seconds = UInt64(max(0, ran.seconds))
    stats.cpuNanoseconds = 27_000_000 + seconds * (60_000 + weight % 400_000)
    stats.processes = max(1, (try? processes(of: key).count) ?? 1)
    // A sleeping shell takes a third of a megabyte, a server a few.
    let isServer = memory.running[number]?.process?.isServing ?? false
    let base = isServer ? 3_000_000 + weight % 9_000_000 : 340_000
    stats.memory = min(limit, base + seconds % 60 * 4_096)
    stats.memoryPeak = min(limit, base + 4_800_000)
    for index in container.endpoints.indices where container.endpoints[index].address != nil {
      stats.interfaces.append(
        ContainerStats.Interface(
          name: "eth\(index)", receivedBytes: 1_182 + seconds * 3, receivedPackets: 13 + seconds / 20,
          sentBytes: 126 + seconds, sentPackets: 3 + seconds / 60))
    }
    return stats
  }

  /// What is on the disk.
  public var diskUsage: DiskUsage {
    var usage = DiskUsage()
    var users: Table<String, Int> = [:]
    for image in images {
      for layer in image.layers {
        if users[layer.digest] == nil { usage.layers += layer.size }
        users[layer.digest, default: 0] += 1
      }
    }
    for image in images {
      let shared = image.layers.filter { users[$0.digest, default: 0] > 1 }.reduce(UInt64(0)) { $0 + $1.size }
      usage.images.append((image, shared, containerCount(of: image.id)))
    }
    for container in containers.reversed() {
      usage.containers.append((container, ownSize(of: container), disk.images[container.image]?.size ?? 0))
    }
    for volume in volumes {
      usage.volumes.append((volume, volume.files.totalSize, self.users(ofVolume: volume.name).count))
    }
    return usage
  }

  /// The bytes of a container's own files: those that its image has not.
  public func ownSize(of container: Container) -> UInt64 {
    guard let own = container.files, let image = disk.images[container.image] else { return 0 }
    let fresh = freshFiles(of: image)
    var size: UInt64 = 0
    for path in own.paths where container.owns(path) {
      guard let entry = own.linkEntry(path), case .file(let bytes) = entry.content else { continue }
      if fresh.linkEntry(path)?.content != entry.content { size += UInt64(bytes.count) }
    }
    return size
  }

  /// How an image came to be, newest first.
  public func history(of text: String) throws(EngineError) -> [ImageHistoryEntry] {
    let image = try image(text)
    var entries: [ImageHistoryEntry] = []
    var layers = image.layers[...]
    for step in image.history {
      let size = step.isEmpty ? 0 : layers.popFirst()?.size ?? 0
      entries.append(
        ImageHistoryEntry(created: step.created, createdBy: step.createdBy, comment: step.comment, size: size))
    }
    entries.reverse()
    // The images that it was made of here have their IDs in its history.
    var step = 0
    var ancestor: Image? = image
    while let made = ancestor, entries.indices.contains(step) {
      entries[step].image = made.id
      ancestor = made.parent.flatMap { disk.images[$0] }
      step += 1
    }
    return entries
  }

  /// Changes what a container gets from its machine: limits, restart policy.
  public mutating func update(
    _ key: ContainerKey, at now: Instant, into out: inout Outbox<EngineNotice>, _ change: (inout HostConfig) -> Void
  ) throws(EngineError) {
    let number = try find(key)
    var host = disk.containers[existing: number].host.value
    change(&host)
    if let fault = host.fault(cpus: config.cpus) { throw .invalidConfig(fault) }
    disk.containers[existing: number].host = Shared(host)
    if host.restartPolicy.name == .no { memory.restarts[number] = nil }
    post(EngineEvent("update", container: disk.containers[existing: number], attributes: [], at: now), into: &out)
  }
}

extension FileTree {
  fileprivate var totalSize: UInt64 {
    paths.reduce(0) { sum, path in
      guard let entry = linkEntry(path), case .file(let bytes) = entry.content else { return sum }
      return sum + UInt64(bytes.count)
    }
  }
}
