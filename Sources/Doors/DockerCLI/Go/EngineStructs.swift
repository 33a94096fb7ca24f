import EngineTypes
import SimBase

/// The structs that the CLI decodes the engine's answers into, and that it encodes requests from.
///
/// Source: docker/docker 28.5 `api/types`.
let engineStructs = GoSchema(
  commonStructs, nodeStructs, serviceStructs, clusterStructs, networkStructs, volumeStructs)

/// What several kinds of objects have, and events.
private let commonStructs = """
  int int64
  uint uint32
  string swarm.NodeRole swarm.NodeAvailability swarm.NodeState swarm.Reachability swarm.LocalNodeState
  string swarm.TaskState swarm.UpdateState swarm.RuntimeType swarm.RestartPolicyCondition swarm.ResolutionMode
  string swarm.PortConfigProtocol swarm.PortConfigPublishMode swarm.SeccompMode swarm.AppArmorMode
  string swarm.ExternalCAProtocol mount.Type mount.Propagation mount.Consistency container.Isolation
  swarm.Version
    Index uint?
  swarm.Meta
    Version swarm.Version
    CreatedAt UpdatedAt time
  swarm.Annotations
    Name string?
    Labels map:string
  swarm.Driver
    Name string?
    Options map:string?
  swarm.TLSInfo
    TrustRoot string?
    CertIssuerSubject CertIssuerPublicKey []byte?
  swarm.Platform
    Architecture OS string?
  swarm.NamedGenericResource
    Kind Value string?
  swarm.DiscreteGenericResource
    Kind string?
    Value int64?
  swarm.GenericResource
    NamedResourceSpec *swarm.NamedGenericResource?
    DiscreteResourceSpec *swarm.DiscreteGenericResource?
  swarm.Resources
    NanoCPUs MemoryBytes int64?
    GenericResources []swarm.GenericResource?
  swarm.Limit
    NanoCPUs MemoryBytes Pids int64?
  swarm.ResourceRequirements
    Limits *swarm.Limit?
    Reservations *swarm.Resources?
  events.Actor
    ID string
    Attributes map:string
  events.Message
    Status=status ID=id From=from string?
    Type Action string
    Actor events.Actor
    Scope=scope string?
    Time=time TimeNano=timeNano int?
  """

extension GoValue {
  /// Reads JSON as the struct of this name.
  init(_ json: JSON, as name: String) { self.init(json, as: .structure(engineStructs[name])) }

  /// The struct of this name with every field zero.
  static func zero(_ name: String) -> GoValue { GoType.structure(engineStructs[name]).zero }
}
