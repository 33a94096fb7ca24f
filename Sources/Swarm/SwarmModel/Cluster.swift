import SimBase

/// The two secrets that let nodes join.
public struct JoinTokens: Sendable, Equatable, Archivable {
  /// For workers.
  public var worker = ""
  /// For managers.
  public var manager = ""

  /// No tokens.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&worker)
    a.field(&manager)
  }
}

/// A certificate authority: its root, and the key that signs.
public struct RootCA: Sendable, Equatable, Archivable {
  /// The root certificate's PEM.
  public var certificate = ""
  /// The issuer's subject, DER.
  public var subject: [UInt8] = []
  /// The issuer's public key, DER.
  public var publicKey: [UInt8] = []
  /// The secret that signs: the 32 bytes of a key of P-256, or the PEM of a key that was given.
  public var key: [UInt8] = []
  /// SHA-256 of the PEM, hexadecimal: the digest in join tokens and in issued certificates.
  public var digest = ""

  /// No authority.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&certificate)
    a.field(&subject)
    a.field(&publicKey)
    a.field(&key)
    a.field(&digest)
  }
}

/// The user's wish for the cluster. Zero and nil are told apart as the Engine API does.
///
/// Source: moby/swarmkit `api/specs.proto` (`ClusterSpec`).
public struct ClusterSpec: Sendable, Equatable, Archivable {
  /// The name, always `default`, and labels.
  public var annotations = Annotations(name: "default")
  /// Tasks kept per slot, running ones included; negative keeps all.
  public var taskHistoryRetentionLimit: Int64 = 5
  /// Entries between snapshots; 0 takes none.
  public var snapshotInterval: UInt64 = 10_000
  /// Older snapshots kept.
  public var keepOldSnapshots: UInt64 = 0
  /// Entries kept behind a snapshot.
  public var logEntriesForSlowFollowers: UInt64 = 500
  /// In ticks; compared only at a manager's start.
  public var heartbeatTick: UInt64 = 1
  /// In ticks; compared only at a manager's start.
  public var electionTick: UInt64 = 10
  /// Between an agent's heartbeats; nil means 5 s.
  public var heartbeatPeriod: Duration? = .seconds(5)
  /// Life of a node's certificate; nil means 90 days.
  public var nodeCertExpiry: Duration? = .hours(2160)
  /// Grows to force a new root.
  public var forceRotate: UInt64 = 0
  /// External authorities, kept as sent, as compact JSON; empty where absent.
  public var externalCAs = ""
  /// The root that each of them signs for, PEM; empty for the present one.
  public var externalCACerts: [String] = []
  /// The certificate that the user wants as the root, PEM; empty for one of the swarm's own. Never shown.
  public var signingCACert = ""
  /// That certificate's key, PEM. Never shown.
  public var signingCAKey = ""
  /// Log driver of tasks that name none; nil where absent.
  public var taskLogDriver: Driver?
  /// Managers need a key after a restart.
  public var autoLockManagers = false

  /// Docker's defaults.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&annotations)
    a.field(&taskHistoryRetentionLimit)
    a.field(&snapshotInterval)
    a.field(&keepOldSnapshots)
    a.field(&logEntriesForSlowFollowers)
    a.field(&heartbeatTick)
    a.field(&electionTick)
    a.field(&heartbeatPeriod)
    a.field(&nodeCertExpiry)
    a.field(&forceRotate)
    a.field(&externalCAs)
    a.field(&externalCACerts)
    a.field(&signingCACert)
    a.field(&signingCAKey)
    a.field(&taskLogDriver)
    a.field(&autoLockManagers)
  }
}

/// A removed node's certificate, refused until it has long expired.
public struct BlacklistedCertificate: Sendable, Equatable, Archivable {
  /// The node.
  public var node = NodeID(raw: 0)
  /// When its certificate expires; nil keeps the entry for ever.
  public var expiry: Instant?

  /// No entry.
  public init() {}
  /// An entry.
  public init(node: NodeID, expiry: Instant?) {
    self.node = node
    self.expiry = expiry
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&node)
    a.field(&expiry)
  }
}

/// The cluster object: one per swarm. Source: moby/swarmkit `api/objects.proto` (`Cluster`).
public struct Cluster: StoreObject {
  /// Its ID; also the organisation in certificates.
  public var id = ClusterID(raw: 0)
  /// Version and times.
  public var meta = Meta()
  /// The user's wish.
  public var spec = ClusterSpec()
  /// The authority that signs.
  public var rootCA = RootCA()
  /// The authority that is to follow it; nil outside a rotation.
  public var nextRootCA: RootCA?
  /// The next authority's certificate as the present one signs it, PEM; empty outside a rotation.
  public var crossSigned = ""
  /// The `forceRotate` of the last rotation that began.
  public var lastForcedRotation: UInt64 = 0
  /// Tokens for joining.
  public var joinTokens = JoinTokens()
  /// The unlock key's text; empty when autolock is off.
  public var unlockKey = ""
  /// Grows by one with every network key.
  public var encryptionKeyClock: UInt64 = 0
  /// Removed nodes.
  public var blacklist: [BlacklistedCertificate] = []
  /// Pools that overlay subnets come from, as CIDRs; empty means `10.0.0.0/8`.
  public var defaultAddressPool: [String] = []
  /// Prefix length of a subnet.
  public var subnetSize: UInt32 = 24
  /// VXLAN's port; 0 means 4789.
  public var dataPathPort: UInt32 = 0

  /// A blank cluster.
  public init() {}

  /// The authority that signs now: the next one while the root is being rotated.
  public var signingCA: RootCA { nextRootCA ?? rootCA }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&id)
    a.field(&meta)
    a.field(&spec)
    a.field(&rootCA)
    a.field(&nextRootCA)
    a.field(&crossSigned)
    a.field(&lastForcedRotation)
    a.field(&joinTokens)
    a.field(&unlockKey)
    a.field(&encryptionKeyClock)
    a.field(&blacklist)
    a.field(&defaultAddressPool)
    a.field(&subnetSize)
    a.field(&dataPathPort)
  }
}
