import SimBase

/// Tags of the kinds of objects: they exist so that their IDs are different types.
public enum ObjectTag {
  /// The cluster object.
  public enum Cluster {}
  /// A node.
  public enum Node {}
  /// A service.
  public enum Service {}
  /// A task.
  public enum Task {}
  /// A network.
  public enum Network {}
  /// A secret.
  public enum Secret {}
  /// A config.
  public enum Config {}
  /// A cluster volume.
  public enum Volume {}
  /// An agent's session with a dispatcher.
  public enum Session {}
}

/// A cluster's ID; also the organisation in its certificates.
public typealias ClusterID = ID<ObjectTag.Cluster>
/// A node's ID; also the common name in its certificate.
public typealias NodeID = ID<ObjectTag.Node>
/// A service's ID.
public typealias ServiceID = ID<ObjectTag.Service>
/// A task's ID.
public typealias TaskID = ID<ObjectTag.Task>
/// A swarm network's ID.
public typealias NetworkID = ID<ObjectTag.Network>
/// A secret's ID.
public typealias SecretID = ID<ObjectTag.Secret>
/// A config's ID.
public typealias ConfigID = ID<ObjectTag.Config>
/// A cluster volume's ID.
public typealias VolumeID = ID<ObjectTag.Volume>
/// A session's ID.
public typealias SessionID = ID<ObjectTag.Session>

/// Labels and options: text by text, ordered by key as Go writes its maps.
public typealias Labels = Table<String, String>

/// What every stored object carries beside its own fields.
///
/// Source: moby/swarmkit `api/objects.proto` (`Meta`).
public struct Meta: Sendable, Equatable, Archivable {
  /// The store's Raft index when the transaction that last wrote the object began. Updates must name it.
  public var version: UInt64 = 0
  /// The leader's clock when the object was created.
  public var createdAt = Instant.zero
  /// The leader's clock at the last write.
  public var updatedAt = Instant.zero

  /// The meta of an object that was never stored.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&version)
    a.field(&createdAt)
    a.field(&updatedAt)
  }
}

/// A name and labels: the part that all specs share.
public struct Annotations: Sendable, Equatable, Archivable {
  /// The object's name; unique among its kind, in any case, except for nodes and tasks.
  public var name = ""
  /// The user's labels.
  public var labels = Labels()

  /// No name, no labels.
  public init() {}

  /// A name with labels.
  public init(name: String, labels: Labels = Labels()) {
    self.name = name
    self.labels = labels
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&name)
    a.field(&labels)
  }
}

/// What the store keeps: an object with an ID and a meta.
public protocol StoreObject: Archivable, Equatable {
  /// The tag of its ID.
  associatedtype Tag
  /// Its ID.
  var id: ID<Tag> { get set }
  /// Version and times.
  var meta: Meta { get set }
}
