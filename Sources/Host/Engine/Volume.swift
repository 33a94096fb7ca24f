import Shell
import SimBase

/// A volume of one engine.
public struct Volume: Sendable, Equatable {
  /// Its name.
  public var name: String
  /// When it was made.
  public var created: Instant
  /// Its driver.
  public var driver = "local"
  /// Its labels; nil is JSON's null.
  public var labels: Table<String, String>?
  /// The driver's options; nil is JSON's null.
  public var options: Table<String, String>?

  /// Its files.
  var files = FileTree()

  /// A volume.
  public init(_ name: String, created: Instant) {
    self.name = name
    self.created = created
  }

  /// Where its files are on the machine.
  public var mountpoint: String { "/var/lib/docker/volumes/\(name)/_data" }
  /// Whether it has a drawn name, and goes with its container if that is removed with its volumes.
  public var isAnonymous: Bool { labels?["com.docker.volume.anonymous"] != nil }
}

extension Volume {
  /// Why the local driver does not take these options; nil if it does. No file system here counts sizes by itself.
  ///
  /// Source: moby/moby `daemon/volume/local/local_unix.go` (`validateOpts`).
  static func fault(of options: Table<String, String>) -> String? {
    for option in options.keys where !["type", "o", "device", "size"].contains(option) {
      return "invalid option: \"\(option)\""
    }
    if options.contains("size") { return "quota size requested but no quota support" }
    for (option, needed) in [("device", ["type"]), ("type", ["device"]), ("o", ["device", "type"])]
    where options.contains(option) {
      for other in needed where !options.contains(other) { return "missing required option: \"\(other)\"" }
    }
    return nil
  }
}

extension Volume: Archivable {
  /// A blank one.
  public init() { self.init("", created: .zero) }
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&name)
    a.field(&created)
    a.field(&driver)
    a.optional(&labels, [:]) { $0.field(&$1) }
    a.optional(&options, [:]) { $0.field(&$1) }
    a.field(&files)
  }
}
