import SimBase
import SwarmModel

/// What the control API answers. Objects are those of the store, shared.
public enum ControlReply: Sendable {
  /// Done; there is nothing more to say.
  case done
  /// Made; the new object's ID, and warnings.
  case created(id: String, warnings: [String])
  /// A service was changed, with warnings.
  case serviceUpdated(warnings: [String])
  /// One node.
  case node(NodeReport)
  /// Nodes, ascending by ID.
  case nodes([NodeReport])
  /// One service.
  case service(Shared<Service>)
  /// Services, ascending by ID.
  case services([ServiceReport])
  /// One task.
  case task(Shared<SwarmTask>)
  /// Tasks, ascending by ID.
  case tasks([Shared<SwarmTask>])
  /// One network.
  case network(Shared<Network>)
  /// Networks, ascending by ID.
  case networks([Shared<Network>])
  /// One secret; its data is for the swarm alone.
  case secret(Shared<Secret>)
  /// Secrets, ascending by ID.
  case secrets([Shared<Secret>])
  /// One config.
  case config(Shared<Config>)
  /// Configs, ascending by ID.
  case configs([Shared<Config>])
  /// One cluster volume.
  case volume(Shared<ClusterVolume>)
  /// Cluster volumes, ascending by ID.
  case volumes([Shared<ClusterVolume>])
  /// The cluster object; its keys are for the swarm alone.
  case cluster(Shared<Cluster>)
  /// The unlock key's text; empty without autolock.
  case unlockKey(String)
  /// The cluster with numbers of nodes.
  case summary(SwarmSummary)
  /// The attachment's task.
  case attached(TaskID)
}

/// A node with what Raft knows of it.
public struct NodeReport: Sendable, Equatable {
  /// The node.
  public var node: Shared<Node>
  /// Its membership in Raft; nil for those that are no managers.
  public var manager: RaftView.Member?

  /// A report.
  public init(_ node: Shared<Node>, manager: RaftView.Member? = nil) {
    self.node = node
    self.manager = manager
  }
}

/// A service with the number of its tasks, where that was asked for.
public struct ServiceReport: Sendable, Equatable {
  /// The service.
  public var service: Shared<Service>
  /// Its task counts; nil if not asked for.
  public var status: ServiceTaskCounts?

  /// A report.
  public init(_ service: Shared<Service>, status: ServiceTaskCounts? = nil) {
    self.service = service
    self.status = status
  }
}

/// What an engine tells of its swarm in `docker info`.
public struct SwarmSummary: Sendable, Equatable {
  /// The cluster.
  public var cluster: Shared<Cluster>
  /// How many nodes there are.
  public var nodes: Int
  /// How many of them are members of Raft.
  public var managers: Int

  /// A summary.
  public init(cluster: Shared<Cluster>, nodes: Int, managers: Int) {
    self.cluster = cluster
    self.nodes = nodes
    self.managers = managers
  }
}

/// The name that a manager's driver gives a call, to tell its reply from others.
public struct ControlCallID: Hashable, Comparable, Sendable {
  /// The number.
  public var raw: UInt64

  /// The call of this number.
  public init(_ raw: UInt64) { self.raw = raw }

  /// By number.
  public static func < (a: ControlCallID, b: ControlCallID) -> Bool { a.raw < b.raw }
}

/// A call's reply or refusal.
public struct ControlAnswer: Sendable {
  /// The call.
  public var id: ControlCallID
  /// What came of it.
  public var result: Result<ControlReply, APIError>

  /// An answer.
  public init(_ id: ControlCallID, _ result: Result<ControlReply, APIError>) {
    self.id = id
    self.result = result
  }
}
