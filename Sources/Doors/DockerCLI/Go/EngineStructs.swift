import EngineTypes
import SimBase

/// The structs that the CLI decodes the engine's answers into, and that it encodes requests from.
///
/// Source: docker/docker 28.5 `api/types/swarm`, `api/types/mount`, `api/types/network`, `api/types/volume`.
let engineStructs = GoSchema(
  """
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
  swarm.CredentialSpec
    Config File Registry string
  swarm.SELinuxContext
    Disable bool
    User Role Type Level string
  swarm.SeccompOpts
    Mode swarm.SeccompMode?
    Profile []byte?
  swarm.AppArmorOpts
    Mode swarm.AppArmorMode?
  swarm.Privileges
    CredentialSpec *swarm.CredentialSpec
    SELinuxContext *swarm.SELinuxContext
    Seccomp *swarm.SeccompOpts?
    AppArmor *swarm.AppArmorOpts?
    NoNewPrivileges bool
  mount.BindOptions
    Propagation mount.Propagation?
    NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive bool?
  mount.VolumeOptions
    NoCopy bool?
    Labels map:string?
    Subpath string?
    DriverConfig *swarm.Driver?
  mount.ImageOptions
    Subpath string?
  mount.TmpfsOptions
    SizeBytes int64?
    Mode fileMode?
    Options any?
  mount.ClusterOptions
  mount.Mount
    Type mount.Type?
    Source Target string?
    ReadOnly bool?
    Consistency mount.Consistency?
    BindOptions *mount.BindOptions?
    VolumeOptions *mount.VolumeOptions?
    ImageOptions *mount.ImageOptions?
    TmpfsOptions *mount.TmpfsOptions?
    ClusterOptions *mount.ClusterOptions?
  container.HealthConfig
    Test []string?
    Interval Timeout StartPeriod StartInterval duration?
    Retries int?
  swarm.DNSConfig
    Nameservers Search Options []string?
  swarm.SecretReferenceFileTarget
    Name UID GID string
    Mode fileMode
  swarm.SecretReference
    File *swarm.SecretReferenceFileTarget
    SecretID SecretName string
  swarm.ConfigReferenceFileTarget
    Name UID GID string
    Mode fileMode
  swarm.ConfigReferenceRuntimeTarget
  swarm.ConfigReference
    File *swarm.ConfigReferenceFileTarget?
    Runtime *swarm.ConfigReferenceRuntimeTarget?
    ConfigID ConfigName string
  units.Ulimit
    Name string
    Hard Soft int64
  swarm.ContainerSpec
    Image string?
    Labels map:string?
    Command Args []string?
    Hostname string?
    Env []string?
    Dir User string?
    Groups []string?
    Privileges *swarm.Privileges?
    Init *bool?
    StopSignal string?
    TTY OpenStdin ReadOnly bool?
    Mounts []mount.Mount?
    StopGracePeriod *duration?
    Healthcheck *container.HealthConfig?
    Hosts []string?
    DNSConfig *swarm.DNSConfig?
    Secrets []*swarm.SecretReference?
    Configs []*swarm.ConfigReference?
    Isolation container.Isolation?
    Sysctls map:string?
    CapabilityAdd CapabilityDrop []string?
    Ulimits []*units.Ulimit?
    OomScoreAdj int64?
  runtime.PluginSpec
    Name Remote string?
    Disabled bool?
    Env []string?
  swarm.NetworkAttachmentSpec
    ContainerID string
  swarm.RestartPolicy
    Condition swarm.RestartPolicyCondition?
    Delay *duration?
    MaxAttempts *uint?
    Window *duration?
  swarm.SpreadOver
    SpreadDescriptor string
  swarm.PlacementPreference
    Spread *swarm.SpreadOver
  swarm.Placement
    Constraints []string?
    Preferences []swarm.PlacementPreference?
    MaxReplicas uint?
    Platforms []swarm.Platform?
  swarm.NetworkAttachmentConfig
    Target string?
    Aliases []string?
    DriverOpts map:string?
  swarm.TaskSpec
    ContainerSpec *swarm.ContainerSpec?
    PluginSpec *runtime.PluginSpec?
    NetworkAttachmentSpec *swarm.NetworkAttachmentSpec?
    Resources *swarm.ResourceRequirements?
    RestartPolicy *swarm.RestartPolicy?
    Placement *swarm.Placement?
    Networks []swarm.NetworkAttachmentConfig?
    LogDriver *swarm.Driver?
    ForceUpdate uint
    Runtime swarm.RuntimeType?
  swarm.ReplicatedService
    Replicas *uint?
  swarm.GlobalService
  swarm.ReplicatedJob
    MaxConcurrent TotalCompletions *uint?
  swarm.GlobalJob
  swarm.ServiceMode
    Replicated *swarm.ReplicatedService?
    Global *swarm.GlobalService?
    ReplicatedJob *swarm.ReplicatedJob?
    GlobalJob *swarm.GlobalJob?
  swarm.UpdateConfig
    Parallelism uint
    Delay duration?
    FailureAction string?
    Monitor duration?
    MaxFailureRatio float
    Order string
  swarm.PortConfig
    Name string?
    Protocol swarm.PortConfigProtocol?
    TargetPort PublishedPort uint32?
    PublishMode swarm.PortConfigPublishMode?
  swarm.EndpointSpec
    Mode swarm.ResolutionMode?
    Ports []swarm.PortConfig?
  swarm.ServiceSpec
    +swarm.Annotations
    TaskTemplate swarm.TaskSpec
    Mode swarm.ServiceMode
    UpdateConfig RollbackConfig *swarm.UpdateConfig?
    Networks []swarm.NetworkAttachmentConfig?
    EndpointSpec *swarm.EndpointSpec?
  swarm.EndpointVirtualIP
    NetworkID Addr string?
  swarm.Endpoint
    Spec swarm.EndpointSpec
    Ports []swarm.PortConfig?
    VirtualIPs []swarm.EndpointVirtualIP?
  swarm.UpdateStatus
    State swarm.UpdateState?
    StartedAt CompletedAt *time?
    Message string?
  swarm.ServiceStatus
    RunningTasks DesiredTasks CompletedTasks uint
  swarm.JobStatus
    JobIteration swarm.Version
    LastExecution time
  swarm.Service
    ID string
    +swarm.Meta
    Spec swarm.ServiceSpec
    PreviousSpec *swarm.ServiceSpec?
    Endpoint swarm.Endpoint
    UpdateStatus *swarm.UpdateStatus?
    ServiceStatus *swarm.ServiceStatus?
    JobStatus *swarm.JobStatus?
  swarm.PortStatus
    Ports []swarm.PortConfig?
  swarm.ContainerStatus
    ContainerID string
    PID ExitCode int
  swarm.TaskStatus
    Timestamp time
    State swarm.TaskState?
    Message Err string?
    ContainerStatus *swarm.ContainerStatus?
    PortStatus swarm.PortStatus
  swarm.Task
    ID string
    +swarm.Meta
    +swarm.Annotations
    Spec swarm.TaskSpec
    ServiceID string?
    Slot int?
    NodeID string?
    Status swarm.TaskStatus
    DesiredState swarm.TaskState?
    NetworksAttachments []any?
    GenericResources []swarm.GenericResource?
    JobIteration *swarm.Version?
    Volumes []any
  swarm.OrchestrationConfig
    TaskHistoryRetentionLimit *int64?
  swarm.RaftConfig
    SnapshotInterval uint?
    KeepOldSnapshots *uint?
    LogEntriesForSlowFollowers uint?
    ElectionTick HeartbeatTick int
  swarm.DispatcherConfig
    HeartbeatPeriod duration?
  swarm.ExternalCA
    Protocol swarm.ExternalCAProtocol
    URL string
    Options map:string?
    CACert string
  swarm.CAConfig
    NodeCertExpiry duration?
    ExternalCAs []*swarm.ExternalCA?
    SigningCACert SigningCAKey string?
    ForceRotate uint?
  swarm.TaskDefaults
    LogDriver *swarm.Driver?
  swarm.EncryptionConfig
    AutoLockManagers bool
  swarm.Spec
    +swarm.Annotations
    Orchestration swarm.OrchestrationConfig
    Raft swarm.RaftConfig
    Dispatcher swarm.DispatcherConfig
    CAConfig swarm.CAConfig
    TaskDefaults swarm.TaskDefaults
    EncryptionConfig swarm.EncryptionConfig
  swarm.ClusterInfo
    ID string
    +swarm.Meta
    Spec swarm.Spec
    TLSInfo swarm.TLSInfo
    RootRotationInProgress bool
    DefaultAddrPool []string
    SubnetSize DataPathPort uint32
  swarm.JoinTokens
    Worker Manager string
  swarm.Peer
    NodeID Addr string
  swarm.Info
    NodeID NodeAddr string
    LocalNodeState swarm.LocalNodeState
    ControlAvailable bool
    Error string
    RemoteManagers []swarm.Peer
    Nodes Managers int?
    Cluster *swarm.ClusterInfo?
    Warnings []string?
  swarm.Swarm
    +swarm.ClusterInfo
    JoinTokens swarm.JoinTokens
  swarm.InitRequest
    ListenAddr AdvertiseAddr DataPathAddr string
    DataPathPort uint
    ForceNewCluster bool
    Spec swarm.Spec
    AutoLockManagers bool
    Availability string
    DefaultAddrPool []string
    SubnetSize uint
  swarm.SecretSpec
    +swarm.Annotations
    Data []byte?
    Driver Templating *swarm.Driver?
  swarm.Secret
    ID string
    +swarm.Meta
    Spec swarm.SecretSpec
  swarm.ConfigSpec
    +swarm.Annotations
    Data []byte?
    Templating *swarm.Driver?
  swarm.Config
    ID string
    +swarm.Meta
    Spec swarm.ConfigSpec
  network.IPAMConfig
    Subnet IPRange Gateway string?
    AuxAddress=AuxiliaryAddresses map:string?
  network.IPAM
    Driver string
    Options map:string
    Config []network.IPAMConfig
  network.EndpointResource
    Name EndpointID MacAddress IPv4Address IPv6Address string
  network.PeerInfo
    Name IP string
  network.Task
    Name EndpointID EndpointIP string
    Info map:string
  network.ServiceInfo
    VIP string
    Ports []string
    LocalLBIndex int
    Tasks []network.Task
  network.ConfigReference
    Network string
  network.EndpointIPAMConfig
    IPv4Address IPv6Address string?
    LinkLocalIPs []string?
  network.EndpointSettings
    IPAMConfig *network.EndpointIPAMConfig
    Links Aliases []string
    MacAddress string
    DriverOpts map:string
    GwPriority int
    NetworkID EndpointID Gateway IPAddress string
    IPPrefixLen int
    IPv6Gateway GlobalIPv6Address string
    GlobalIPv6PrefixLen int
    DNSNames []string
  network.CreateRequest
    Driver Scope string
    EnableIPv4 EnableIPv6 *bool?
    IPAM *network.IPAM
    Internal Attachable Ingress ConfigOnly bool
    ConfigFrom *network.ConfigReference
    Options Labels map:string
    Name string
  network.Inspect
    Name ID=Id string
    Created time
    Scope Driver string
    EnableIPv4 EnableIPv6 bool
    IPAM network.IPAM
    Internal Attachable Ingress bool
    ConfigFrom network.ConfigReference
    ConfigOnly bool
    Containers map:network.EndpointResource
    Options Labels map:string
    Peers []network.PeerInfo?
    Services map:network.ServiceInfo?
  events.Actor
    ID string
    Attributes map:string
  events.Message
    Status=status ID=id From=from string?
    Type Action string
    Actor events.Actor
    Scope=scope string?
    Time=time TimeNano=timeNano int?
  volume.UsageData
    RefCount Size int
  volume.TypeMount
    FsType string?
    MountFlags []string?
  volume.TypeBlock
  volume.AccessMode
    Scope Sharing string?
    MountVolume *volume.TypeMount?
    BlockVolume *volume.TypeBlock?
  volume.Topology
    Segments map:string?
  volume.TopologyRequirement
    Requisite Preferred []volume.Topology?
  volume.CapacityRange
    RequiredBytes LimitBytes int
  volume.Secret
    Key Secret string
  volume.ClusterVolumeSpec
    Group string?
    AccessMode *volume.AccessMode?
    AccessibilityRequirements *volume.TopologyRequirement?
    CapacityRange *volume.CapacityRange?
    Secrets []volume.Secret?
    Availability string?
  volume.PublishStatus
    NodeID State string?
    PublishContext map:string?
  volume.Info
    CapacityBytes int?
    VolumeContext map:string?
    VolumeID string?
    AccessibleTopology []volume.Topology?
  volume.ClusterVolume
    ID string
    +swarm.Meta
    Spec volume.ClusterVolumeSpec
    PublishStatus []volume.PublishStatus?
    Info *volume.Info?
  volume.Volume
    ClusterVolume *volume.ClusterVolume?
    CreatedAt string?
    Driver string
    Labels map:string
    Mountpoint Name string
    Options map:string
    Scope string
    Status map:any?
    UsageData *volume.UsageData?
  """)

extension GoValue {
  /// Reads JSON as the struct of this name.
  init(_ json: JSON, as name: String) { self.init(json, as: .structure(engineStructs[name])) }

  /// The struct of this name with every field zero.
  static func zero(_ name: String) -> GoValue { GoType.structure(engineStructs[name]).zero }
}
