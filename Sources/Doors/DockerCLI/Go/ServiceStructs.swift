/// Services and tasks, and what their containers are to be.
///
/// Source: docker/docker 28.5 `api/types/swarm` (`service.go`, `task.go`, `container.go`), `api/types/mount`.
let serviceStructs = """
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
  """
