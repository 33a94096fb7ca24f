import Engine
import SimBase
import SimKernel

/// What a world is made of: its seed, its nodes, and what things cost in it.
public struct WorldPlan: Sendable {
  /// A node of the plan.
  public struct NodePlan: Sendable, Equatable {
    /// Its hostname; unique in a lab.
    public var name: String
    /// Its address.
    public var ip: String
    /// What its engine is started with.
    public var daemon: DaemonFlags

    /// A node.
    public init(name: String, ip: String, daemon: DaemonFlags = DaemonFlags()) {
      self.name = name
      self.ip = ip
      self.daemon = daemon
    }
  }

  /// The seed of all its dice.
  public var seed: UInt64
  /// Its nodes, in order.
  public var nodes: [NodePlan]
  /// One way over a link, and how much it varies.
  public var linkLatency = Duration.microseconds(50)
  /// How much a link's latency varies, more or less.
  public var linkJitter = Duration.microseconds(10)
  /// What a sync of a disk takes.
  public var diskSync = Duration.microseconds(20)
  /// What engines and their images cost.
  public var engine = EngineConfig()

  /// A plan.
  public init(seed: UInt64, nodes: [NodePlan]) {
    self.seed = seed
    self.nodes = nodes
  }
}
