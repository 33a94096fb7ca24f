/// Volumes, those of the cluster among them.
///
/// Source: docker/docker 28.5 `api/types/volume`.
let volumeStructs = """
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
  """
