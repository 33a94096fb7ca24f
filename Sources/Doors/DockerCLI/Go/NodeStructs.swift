/// Nodes.
///
/// Source: docker/docker 28.5 `api/types/swarm/node.go`.
let nodeStructs = """
  swarm.NodeSpec
    +swarm.Annotations
    Role swarm.NodeRole?
    Availability swarm.NodeAvailability?
  swarm.PluginDescription
    Type Name string?
  swarm.EngineDescription
    EngineVersion string?
    Labels map:string?
    Plugins []swarm.PluginDescription?
  swarm.NodeDescription
    Hostname string?
    Platform swarm.Platform
    Resources swarm.Resources
    Engine swarm.EngineDescription
    TLSInfo swarm.TLSInfo
  swarm.NodeStatus
    State swarm.NodeState?
    Message Addr string?
  swarm.ManagerStatus
    Leader bool?
    Reachability swarm.Reachability?
    Addr string?
  swarm.Node
    ID string
    +swarm.Meta
    Spec swarm.NodeSpec
    Description swarm.NodeDescription
    Status swarm.NodeStatus
    ManagerStatus *swarm.ManagerStatus?
  """
