import SimBase
import SimKernel
import SwarmModel

/// What `docker swarm init` asks for.
public struct InitRequest: Sendable {
  /// Where this manager listens; the port counts.
  public var listenPort = SwarmNode.managerPort
  /// The address that others are told; nil for the node's own.
  public var advertiseAddr: NetAddress?
  /// The cluster's spec.
  public var spec = ClusterSpec()
  /// Whether this node takes tasks.
  public var availability = Availability.active
  /// Pools for overlay networks; nil or empty for the default.
  public var addressPool: [String]?
  /// Prefix length of a subnet.
  public var subnetSize: UInt32 = 24
  /// VXLAN's port; 0 for the default.
  public var dataPathPort: UInt32 = 0
  /// Keep the state of a lost cluster, with this node as its only manager.
  public var forceNewCluster = false

  /// The defaults.
  public init() {}
}

/// What `docker swarm join` asks for.
public struct JoinRequest: Sendable {
  /// The manager to ask.
  public var remote: NetAddress
  /// The token, as it was typed.
  public var token: String
  /// Where this node listens if it becomes a manager.
  public var listenPort = SwarmNode.managerPort
  /// The address that others are told; nil for the node's own.
  public var advertiseAddr: NetAddress?
  /// Whether this node takes tasks.
  public var availability = Availability.active

  /// A join.
  public init(remote: NetAddress, token: String) {
    self.remote = remote
    self.token = token
  }
}
