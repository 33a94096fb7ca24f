import SimBase

/// The file that a secret or config becomes.
public struct FileTarget: Sendable, Equatable, Archivable {
  /// A name below `/run/secrets`, or a path.
  public var name = ""
  /// Its owner.
  public var uid = ""
  /// Its group.
  public var gid = ""
  /// Its mode bits.
  public var mode: UInt32 = 0

  /// No name.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&name)
    a.field(&uid)
    a.field(&gid)
    a.field(&mode)
  }
}

/// A task's use of a secret.
public struct SecretReference: Sendable, Equatable, Archivable {
  /// The secret's ID as text: a client may name one that never existed.
  public var secretID = ""
  /// Its name; must agree with the ID.
  public var secretName = ""
  /// Where it goes.
  public var file: FileTarget?

  /// A reference to nothing.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&secretID)
    a.field(&secretName)
    a.field(&file)
  }
}

/// A task's use of a config.
public struct ConfigReference: Sendable, Equatable, Archivable {
  /// The config's ID as text: a client may name one that never existed.
  public var configID = ""
  /// Its name; must agree with the ID.
  public var configName = ""
  /// Where it goes; nil for a runtime target.
  public var file: FileTarget?
  /// Whether it is used by the runtime (a credential spec) rather than as a file.
  public var isRuntime = false

  /// A reference to nothing.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&configID)
    a.field(&configName)
    a.field(&file)
    a.field(&isRuntime)
  }
}
