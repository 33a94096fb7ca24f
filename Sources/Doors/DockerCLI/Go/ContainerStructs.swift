import EngineTypes
import SimBase

/// The structs of the request that creates a container.
///
/// Source: docker/docker 28.5 `api/types/container/config.go`, `hostconfig.go`.
let containerStructs = GoSchema(
  """
  mount.DriverConfig
    Name string?
    Options map:string?
  mount.BindOptions
    Propagation string?
    NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive bool?
  mount.VolumeOptions
    NoCopy bool?
    Labels map:string?
    Subpath string?
    DriverConfig *mount.DriverConfig?
  container.HealthConfig
    Test []string?
    Interval Timeout StartPeriod StartInterval duration?
    Retries int?
  container.LogConfig
    Type string
    Config map:string
  container.PortBinding
    HostIP=HostIp HostPort string
  container.RestartPolicy
    Name string
    MaximumRetryCount int
  container.DeviceMapping
    PathOnHost PathInContainer CgroupPermissions string
  container.HostConfig
    Binds []string
    ContainerIDFile string
    LogConfig container.LogConfig
    NetworkMode string
    PortBindings map:[]container.PortBinding
    RestartPolicy container.RestartPolicy
    AutoRemove bool
    VolumeDriver string
    VolumesFrom []string
    ConsoleSize []int
    Annotations map:string?
    CapAdd CapDrop []string
    CgroupnsMode string
    DNS=Dns DNSOptions=DnsOptions DNSSearch=DnsSearch ExtraHosts GroupAdd []string
    IpcMode Cgroup string
    Links []string
    OomScoreAdj int
    PidMode string
    Privileged PublishAllPorts ReadonlyRootfs bool
    SecurityOpt []string
    StorageOpt Tmpfs map:string?
    UTSMode UsernsMode string
    ShmSize int
    Sysctls map:string?
    Runtime string?
    Isolation string
    CPUShares=CpuShares Memory NanoCPUs=NanoCpus int
    CgroupParent string
    BlkioWeight uint
    BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps []string
    CPUPeriod=CpuPeriod CPUQuota=CpuQuota CPURealtimePeriod=CpuRealtimePeriod CPURealtimeRuntime=CpuRealtimeRuntime int
    CpusetCpus CpusetMems string
    Devices []container.DeviceMapping
    DeviceCgroupRules []string
    DeviceRequests []any
    KernelMemory int?
    MemoryReservation MemorySwap int
    MemorySwappiness *int
    OomKillDisable *bool
    PidsLimit *int
    Ulimits []any
    CPUCount=CpuCount CPUPercent=CpuPercent IOMaximumIOps IOMaximumBandwidth int
    Mounts []any?
    MaskedPaths ReadonlyPaths []string
    Init *bool?
  container.CreateRequest
    Hostname Domainname User string
    AttachStdin AttachStdout AttachStderr bool
    ExposedPorts map:any?
    Tty OpenStdin StdinOnce bool
    Env Cmd []string
    Healthcheck *container.HealthConfig?
    Image string
    Volumes map:any
    WorkingDir string
    Entrypoint []string
    MacAddress string?
    OnBuild []string
    Labels map:string
    StopSignal string?
    StopTimeout *int?
    HostConfig container.HostConfig
    NetworkingConfig any
  """)
