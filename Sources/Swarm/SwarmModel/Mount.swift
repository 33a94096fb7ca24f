import SimBase

/// Something mounted into a container.
public struct Mount: Sendable, Equatable, Archivable {
  /// What kind of mount.
  public enum Kind: String, Sendable, CaseIterable {
    /// A path of the host.
    case bind
    /// A named or anonymous volume.
    case volume
    /// Memory.
    case tmpfs
    /// A Windows pipe.
    case npipe
    /// A cluster volume.
    case cluster
    /// An image's files.
    case image
  }

  /// Its kind.
  public var kind = Kind.bind
  /// A path, a volume's name or `group:NAME`.
  public var source = ""
  /// Where in the container.
  public var target = ""
  /// Not writable.
  public var readOnly = false
  /// `default`, `consistent`, `cached` or `delegated`; empty where absent.
  public var consistency = ""
  /// How mounts below are shared (`rprivate` …) for binds; empty where absent.
  public var bindPropagation = ""
  /// The bind's mount is not recursive.
  public var bindNonRecursive = false
  /// Make the bind's source where it is missing.
  public var bindCreateMountpoint = false
  /// Options of a volume; nil where absent.
  public var volumeOptions: VolumeOptions?
  /// Size in bytes of a temporary file system; nil where no options were given.
  public var tmpfsSize: Int64?
  /// Mode of a temporary file system.
  public var tmpfsMode: Int64 = 0

  /// A volume's options.
  public struct VolumeOptions: Sendable, Equatable, Archivable {
    /// Do not copy the image's files into a fresh volume.
    public var noCopy = false
    /// Labels for a fresh volume.
    public var labels = Labels()
    /// The volume's driver; nil for `local`.
    public var driver: Driver?
    /// A path below the volume's root.
    public var subpath = ""

    /// No options.
    public init() {}

    /// Lists the fields.
    public mutating func archive(_ a: inout Archive) {
      a.field(&noCopy)
      a.field(&labels)
      a.field(&driver)
      a.field(&subpath)
    }
  }

  /// A bind without paths.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    var word = kind.rawValue
    a.field(&word)
    kind = Kind(rawValue: word) ?? .bind
    a.field(&source)
    a.field(&target)
    a.field(&readOnly)
    a.field(&consistency)
    a.field(&bindPropagation)
    a.field(&bindNonRecursive)
    a.field(&bindCreateMountpoint)
    a.field(&volumeOptions)
    a.field(&tmpfsSize)
    a.field(&tmpfsMode)
  }
}
