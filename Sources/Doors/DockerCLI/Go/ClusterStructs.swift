/// The swarm itself, its secrets and its configs.
///
/// Source: docker/docker 28.5 `api/types/swarm` (`swarm.go`, `secret.go`, `config.go`).
let clusterStructs = """
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
  """
