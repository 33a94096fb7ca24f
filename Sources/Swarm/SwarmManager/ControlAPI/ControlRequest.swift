import SimBase
import SwarmModel

/// An operation of the control API, as an engine asks for it.
///
/// Objects are named as users name them (ID, name or the beginning of an ID), because the leader resolves them: a follower
/// forwards a whole request in one message and waits for one reply.
public enum ControlRequest: Sendable {
  /// One node.
  case getNode(String)
  /// The nodes that pass a filter.
  case listNodes(NodeFilter)
  /// Replaces a node's spec.
  case updateNode(String, version: UInt64, NodeSpec)
  /// Forgets a node.
  case removeNode(String, force: Bool)

  /// Makes a service.
  case createService(ServiceSubmission)
  /// One service; its spec with all defaults filled in, if asked for.
  case getService(String, insertDefaults: Bool)
  /// The services that pass a filter, with their task counts if asked for.
  case listServices(ServiceFilter, withStatus: Bool)
  /// Replaces a service's spec, or goes back to the previous one.
  case updateService(String, ServiceUpdate)
  /// Removes a service.
  case removeService(String)

  /// One task.
  case getTask(String)
  /// The tasks that pass a filter.
  case listTasks(TaskFilter)
  /// Forgets a task.
  case removeTask(String)

  /// Makes a network.
  case createNetwork(NetworkSpec)
  /// One network.
  case getNetwork(String)
  /// The networks that pass a filter.
  case listNetworks(NetworkFilter)
  /// Removes a network.
  case removeNetwork(String)

  /// Makes a secret.
  case createSecret(SecretDraft)
  /// One secret.
  case getSecret(String)
  /// The secrets that pass a filter.
  case listSecrets(NamedFilter)
  /// Changes a secret's labels.
  case updateSecret(String, version: UInt64, SecretDraft)
  /// Removes a secret.
  case removeSecret(String)

  /// Makes a config.
  case createConfig(SecretDraft)
  /// One config.
  case getConfig(String)
  /// The configs that pass a filter.
  case listConfigs(NamedFilter)
  /// Changes a config's labels.
  case updateConfig(String, version: UInt64, SecretDraft)
  /// Removes a config.
  case removeConfig(String)

  /// Makes a cluster volume.
  case createVolume(ClusterVolumeSpec)
  /// One cluster volume.
  case getVolume(String)
  /// All cluster volumes.
  case listVolumes
  /// Changes a cluster volume's availability; nil leaves it.
  case updateVolume(String, version: UInt64, Availability?)
  /// Removes a cluster volume; by force without its plugin.
  case removeVolume(String, force: Bool)

  /// The cluster object.
  case getCluster
  /// Replaces the cluster's spec and renews what is asked for.
  case updateCluster(version: UInt64, ClusterSettings, KeyRotation)
  /// Merges settings into the cluster's spec: the last step of `swarm init`.
  case initializeCluster(ClusterSettings)
  /// The key that unlocks managers.
  case getUnlockKey
  /// The cluster with the numbers of nodes and managers, for `docker info`.
  case summarize

  /// Gives a plain container of a node a place on a network.
  case attachNetwork(AttachmentRequest)
  /// Takes that place back.
  case detachNetwork(attachment: TaskID, node: NodeID)
}

extension ControlRequest {
  /// The request with the networks of the engine it was put to, for those that resolve names of networks: they decide what
  /// an unknown name means. To be asked on the way to the leader.
  public func withLocalNetworks(_ networks: [ServiceSubmission.LocalNetwork]) -> ControlRequest {
    if case .createService(var submission) = self {
      submission.localNetworks = networks
      return .createService(submission)
    }
    if case .updateService(let name, var update) = self {
      update.submission.localNetworks = networks
      return .updateService(name, update)
    }
    return self
  }
}

/// A service spec as an engine hands it in.
public struct ServiceSubmission: Sendable, Equatable {
  /// A network of the submitting engine itself, which a service cannot use by that name.
  public struct LocalNetwork: Sendable, Equatable {
    /// Its ID.
    public var id: String
    /// Its name.
    public var name: String
    /// Whether every engine has it: `bridge`, `host`, `none`. The swarm has twins of those.
    public var isPredefined: Bool

    /// A local network.
    public init(id: String, name: String, isPredefined: Bool) {
      self.id = id
      self.name = name
      self.isPredefined = isPredefined
    }
  }

  /// The spec; networks still under the names the client gave, the registry's credentials included.
  public var spec: ServiceSpec
  /// Networks of the submitting engine, filled in by the node on the way: they decide what an unknown name means.
  public var localNetworks: [LocalNetwork]

  /// A submission.
  public init(_ spec: ServiceSpec, localNetworks: [LocalNetwork] = []) {
    self.spec = spec
    self.localNetworks = localNetworks
  }
}

/// A change of a service as an engine hands it in.
public struct ServiceUpdate: Sendable, Equatable {
  /// The version that the client saw.
  public var version: UInt64
  /// The new spec; checked even where it is not used.
  public var submission: ServiceSubmission
  /// Where credentials come from if none are sent: `spec` or empty, or `previous-spec`.
  public var registryAuthFrom = ""
  /// `previous` to go back; empty or `none` otherwise.
  public var rollback = ""

  /// A change to this spec.
  public init(version: UInt64, _ submission: ServiceSubmission) {
    self.version = version
    self.submission = submission
  }
}

/// What a client gives of a secret or a config.
public struct SecretDraft: Sendable, Equatable {
  /// Name and labels.
  public var annotations = Annotations()
  /// The content; nil where absent.
  public var data: [UInt8]?
  /// The template engine; nil for none.
  public var templating: Driver?
  /// The plugin that holds the content; nil for the swarm itself. Configs have none.
  public var driver: Driver?

  /// Nothing given.
  public init() {}
}

/// What a client gives of a cluster's spec. Absent values are told apart from zeros only where Docker does.
///
/// Source: moby/moby `daemon/cluster/convert/swarm.go`.
public struct ClusterSettings: Sendable, Equatable {
  /// Labels; empty keeps what there is.
  public var labels = Labels()
  /// Tasks kept per slot; nil where absent.
  public var taskHistoryRetentionLimit: Int64?
  /// Entries between snapshots; 0 where absent.
  public var snapshotInterval: UInt64 = 0
  /// Older snapshots kept; nil where absent.
  public var keepOldSnapshots: UInt64?
  /// Entries kept behind a snapshot; 0 where absent.
  public var logEntriesForSlowFollowers: UInt64 = 0
  /// Ticks; 0 where absent.
  public var heartbeatTick: UInt64 = 0
  /// Ticks; 0 where absent.
  public var electionTick: UInt64 = 0
  /// Zero where absent.
  public var heartbeatPeriod = Duration.zero
  /// Zero where absent.
  public var nodeCertExpiry = Duration.zero
  /// Always taken.
  public var forceRotate: UInt64 = 0
  /// External authorities as compact JSON; empty where absent.
  public var externalCAs = ""
  /// The root that each of them signs for, PEM; empty for the present one.
  public var externalCACerts: [String] = []
  /// The certificate wanted as the root, PEM; empty where absent.
  public var signingCACert = ""
  /// Its key, PEM; empty where absent.
  public var signingCAKey = ""
  /// Always taken.
  public var autoLockManagers = false

  /// Nothing given.
  public init() {}

  /// The spec with everything that was given put into it.
  func merged(into base: ClusterSpec) -> ClusterSpec {
    var spec = base
    if !labels.isEmpty { spec.annotations.labels = labels }
    if let taskHistoryRetentionLimit { spec.taskHistoryRetentionLimit = taskHistoryRetentionLimit }
    if snapshotInterval != 0 { spec.snapshotInterval = snapshotInterval }
    if let keepOldSnapshots { spec.keepOldSnapshots = keepOldSnapshots }
    if logEntriesForSlowFollowers != 0 { spec.logEntriesForSlowFollowers = logEntriesForSlowFollowers }
    if heartbeatTick != 0 { spec.heartbeatTick = heartbeatTick }
    if electionTick != 0 { spec.electionTick = electionTick }
    if heartbeatPeriod != .zero { spec.heartbeatPeriod = heartbeatPeriod }
    if nodeCertExpiry != .zero { spec.nodeCertExpiry = nodeCertExpiry }
    spec.forceRotate = forceRotate
    if !externalCAs.isEmpty {
      spec.externalCAs = externalCAs
      spec.externalCACerts = externalCACerts
    }
    if !signingCACert.isEmpty { spec.signingCACert = signingCACert }
    if !signingCAKey.isEmpty { spec.signingCAKey = signingCAKey }
    spec.autoLockManagers = autoLockManagers
    return spec
  }

  /// The spec of an update: what was not given is zero, as a client is to send the whole spec back.
  var replacement: ClusterSpec {
    var blank = ClusterSpec()
    blank.taskHistoryRetentionLimit = 0
    blank.snapshotInterval = 0
    blank.keepOldSnapshots = 0
    blank.logEntriesForSlowFollowers = 0
    blank.heartbeatTick = 0
    blank.electionTick = 0
    blank.heartbeatPeriod = nil
    blank.nodeCertExpiry = nil
    return merged(into: blank)
  }
}

/// Which secrets of the cluster an update renews.
public struct KeyRotation: Sendable, Equatable {
  /// The workers' join token.
  public var workerToken = false
  /// The managers' join token.
  public var managerToken = false
  /// The managers' unlock key.
  public var unlockKey = false

  /// None.
  public init() {}
}

/// A plain container's wish for a place on a swarm network.
public struct AttachmentRequest: Sendable, Equatable {
  /// The container's ID.
  public var container: String
  /// The network's ID or name.
  public var network: String
  /// Addresses it would like.
  public var addresses: [String]
  /// The node it runs on.
  public var node: NodeID

  /// A wish.
  public init(container: String, network: String, addresses: [String] = [], node: NodeID) {
    self.container = container
    self.network = network
    self.addresses = addresses
    self.node = node
  }
}
