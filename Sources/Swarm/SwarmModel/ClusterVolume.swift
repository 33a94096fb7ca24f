import SimBase

/// A volume of the whole swarm, which a storage plugin (CSI) is to provide.
///
/// The volume manager asks the driver's plugin to make it. Where no node has such a plugin it waits for good: it can be
/// looked at, paused and removed by force, and tasks that mount it stay pending.
///
/// **Differs from Docker:** no storage plugin exists here, so a volume never has what a plugin tells of it, and is never
/// published on a node.
///
/// Source: moby/swarmkit `api/objects.proto` (`Volume`), `manager/csi/manager.go`.
public struct ClusterVolume: StoreObject {
  /// Its ID.
  public var id = VolumeID(raw: 0)
  /// Version and times.
  public var meta = Meta()
  /// The user's wish; only labels and availability may change.
  public var spec = ClusterVolumeSpec()
  /// Whether a user has removed it: its plugin is to delete it first.
  public var isPendingDelete = false

  /// A blank volume.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&id)
    a.field(&meta)
    a.field(&spec)
    a.field(&isPendingDelete)
  }
}

/// What a user wants of a cluster volume.
public struct ClusterVolumeSpec: Sendable, Equatable, Archivable {
  /// Name and labels.
  public var annotations = Annotations()
  /// The group that tasks may ask for instead of the name.
  public var group = ""
  /// The plugin.
  public var driver = Driver()
  /// How many may use it, and in which way; nil where absent.
  public var accessMode: AccessMode?
  /// What the plugin gets to do its work.
  public var secrets: [Credential] = []
  /// Where it must or should be reachable; nil where absent.
  public var topology: Topology?
  /// Its size; nil where absent.
  public var capacity: Capacity?
  /// Whether tasks may use it.
  public var availability = Availability.active

  /// A spec without name and driver.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&annotations)
    a.field(&group)
    a.field(&driver)
    a.field(&accessMode)
    a.field(&secrets)
    a.field(&topology)
    a.field(&capacity)
    a.field(&availability)
  }

  /// How many may use a volume, and in which way.
  public struct AccessMode: Sendable, Equatable, Archivable {
    /// The form that containers see.
    public enum Form: UInt8, Sendable {
      /// None was named: no volume is made so.
      case unnamed = 0
      /// A file system.
      case mount = 1
      /// A block device.
      case block = 2
    }

    /// Whether tasks of several nodes may use it.
    public var isMultiNode = false
    /// How tasks may share it.
    public var sharing = Sharing.none
    /// The form that containers see.
    public var form = Form.unnamed
    /// The file system's type; empty leaves it to the plugin.
    public var fileSystem = ""
    /// Flags of the mount.
    public var mountFlags: [String] = []

    /// One node, one task, no form.
    public init() {}

    /// Lists the fields.
    public mutating func archive(_ a: inout Archive) {
      a.field(&isMultiNode)
      a.field(&sharing)
      a.field(&form)
      a.field(&fileSystem)
      a.field(&mountFlags)
    }
  }

  /// How tasks may share a volume.
  public enum Sharing: UInt8, Sendable {
    /// One task alone.
    case none = 0
    /// Any number, reading.
    case readonly = 1
    /// Any number, one of them writing.
    case onewriter = 2
    /// Any number.
    case all = 3

    /// The word that the Engine API uses.
    public var word: String {
      switch self {
      case .none: "none"
      case .readonly: "readonly"
      case .onewriter: "onewriter"
      case .all: "all"
      }
    }
  }

  /// A secret of the swarm under the name by which the plugin knows it.
  public struct Credential: Sendable, Equatable, Archivable {
    /// The plugin's name for it.
    public var key = ""
    /// The secret's ID.
    public var secret = ""

    /// No credential.
    public init() {}

    /// Lists the fields.
    public mutating func archive(_ a: inout Archive) {
      a.field(&key)
      a.field(&secret)
    }
  }

  /// Where a volume must or should be reachable: places as the plugin names them.
  public struct Topology: Sendable, Equatable, Archivable {
    /// One of these at least.
    public var requisite: [Place] = []
    /// These rather than others.
    public var preferred: [Place] = []

    /// Anywhere.
    public init() {}

    /// Lists the fields.
    public mutating func archive(_ a: inout Archive) {
      a.field(&requisite)
      a.field(&preferred)
    }
  }

  /// A place: segments by name, such as `region`.
  public struct Place: Sendable, Equatable, Archivable {
    /// The segments.
    public var segments = Labels()

    /// Everywhere.
    public init() {}

    /// Lists the fields.
    public mutating func archive(_ a: inout Archive) { a.field(&segments) }
  }

  /// A volume's size in bytes; 0 leaves it open.
  public struct Capacity: Sendable, Equatable, Archivable {
    /// At least.
    public var requiredBytes: Int64 = 0
    /// At most.
    public var limitBytes: Int64 = 0

    /// Any size.
    public init() {}

    /// Lists the fields.
    public mutating func archive(_ a: inout Archive) {
      a.field(&requiredBytes)
      a.field(&limitBytes)
    }
  }
}
