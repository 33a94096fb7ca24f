import SimBase

/// A secret. Its data goes only to nodes whose tasks need it and never back to a user.
public struct Secret: StoreObject {
  /// Its ID.
  public var id = SecretID(raw: 0)
  /// Version and times.
  public var meta = Meta()
  /// Name and labels; only labels may change.
  public var annotations = Annotations()
  /// 1 to 511,999 bytes; empty with a driver.
  public var data: [UInt8] = []
  /// The template engine that expands the data; nil for none.
  public var templating: Driver?
  /// The plugin that holds the data; nil for the swarm itself.
  public var driver: Driver?
  /// Made by the swarm itself and hidden from lists.
  public var isInternal = false

  /// A blank secret.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&id)
    a.field(&meta)
    a.field(&annotations)
    a.field(&data)
    a.field(&templating)
    a.field(&driver)
    a.field(&isInternal)
  }
}

/// A config: as a secret, but its data may be read back.
public struct Config: StoreObject {
  /// Its ID.
  public var id = ConfigID(raw: 0)
  /// Version and times.
  public var meta = Meta()
  /// Name and labels; only labels may change.
  public var annotations = Annotations()
  /// 1 to 1,023,999 bytes.
  public var data: [UInt8] = []
  /// The template engine that expands the data; nil for none.
  public var templating: Driver?

  /// A blank config.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&id)
    a.field(&meta)
    a.field(&annotations)
    a.field(&data)
    a.field(&templating)
  }
}
