import SimBase

/// A device of the machine that a container gets: `--device /dev/null:/dev/x:rw`.
public struct DeviceMapping: Equatable, Sendable {
  /// Where it is on the machine.
  public var hostPath: String
  /// Where the container finds it.
  public var containerPath: String
  /// Of `r`, `w` and `m`, what it may do.
  public var permissions: String

  /// A mapping.
  public init(hostPath: String, containerPath: String, permissions: String) {
    (self.hostPath, self.containerPath, self.permissions) = (hostPath, containerPath, permissions)
  }

  /// The devices that a machine of the lab has.
  static let known = [
    "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/fuse", "/dev/kmsg",
    "/dev/net/tun", "/dev/vda",
  ]
}

/// How much of a device a container may use in a second.
public struct DeviceRate: Equatable, Sendable {
  /// The device.
  public var path: String
  /// Bytes, or operations, a second.
  public var rate: UInt64

  /// A rate.
  public init(path: String, rate: UInt64) { (self.path, self.rate) = (path, rate) }
}

/// How fast a container may use block devices; a list is nil for JSON's null.
///
/// Weights are not kept: the kernel of a lab's machines has none, and the engine discards them with a warning.
public struct BlockIO: Equatable, Sendable {
  /// Whether weights were given for devices, an empty list of them included.
  public var hasWeights = false
  /// Bytes read in a second.
  public var readBytes: [DeviceRate]?
  /// Bytes written in a second.
  public var writtenBytes: [DeviceRate]?
  /// Reads in a second.
  public var reads: [DeviceRate]?
  /// Writes in a second.
  public var writes: [DeviceRate]?

  /// No limits.
  public init() {}

  /// The first device in them that no machine has.
  var unknownDevice: String? {
    for rates in [readBytes, writtenBytes, reads, writes] {
      if let unknown = rates?.first(where: { !DeviceMapping.known.contains($0.path) }) { return unknown.path }
    }
    return nil
  }
}

/// Devices that a driver shall give a container: `--gpus all`.
public struct DeviceRequest: Equatable, Sendable {
  /// The driver; empty for any that can.
  public var driver = ""
  /// How many; -1 for all.
  public var count: Int64 = 0
  /// Which, by name; nil is JSON's null.
  public var deviceIDs: [String]?
  /// What they must be able to do: one of these lists, all that stands in it.
  public var capabilities: [[String]] = []
  /// The driver's own options.
  public var options: Table<String, String> = [:]

  /// A request for nothing.
  public init() {}
}

extension DeviceMapping: Archivable {
  /// An empty mapping.
  public init() { self.init(hostPath: "", containerPath: "", permissions: "") }
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&hostPath)
    a.field(&containerPath)
    a.field(&permissions)
  }
}

extension DeviceRate: Archivable {
  /// A rate of nothing.
  public init() { self.init(path: "", rate: 0) }
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&path)
    a.field(&rate)
  }
}

extension BlockIO: Archivable {
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&hasWeights)
    a.optional(&readBytes, []) { $0.field(&$1) }
    a.optional(&writtenBytes, []) { $0.field(&$1) }
    a.optional(&reads, []) { $0.field(&$1) }
    a.optional(&writes, []) { $0.field(&$1) }
  }
}

extension DeviceRequest: Archivable {
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&driver)
    a.field(&count)
    a.optional(&deviceIDs, []) { $0.field(&$1) }
    a.list(&capabilities, []) { $0.field(&$1) }
    a.field(&options)
  }
}
