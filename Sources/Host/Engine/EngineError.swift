import SimBase
import Workloads

/// Why an engine refuses, with the facts; `message` has Docker's words for it.
public enum EngineError: Error, Sendable, Hashable {
  // Looking things up.
  /// A name or ID is empty.
  case emptyIdentifier
  /// There is no such container.
  case noSuchContainer(String)
  /// The digits begin several IDs.
  case ambiguousPrefix(String)
  /// There is no such image.
  case noSuchImage(String)
  /// There is no such exec.
  case noSuchExec(String)
  /// There is no such volume.
  case noSuchVolume(String)
  /// There is no such network.
  case noSuchNetwork(String)

  // Making containers.
  /// A container's name has forbidden characters.
  case invalidContainerName(String)
  /// The name is taken.
  case containerNameInUse(name: String, by: ContainerID)
  /// A link to a container that does not run: its name, and the link's.
  case linkToStopped(String, alias: String)
  /// A link to a container that is not on the engine's own bridge.
  case linkOffBridge(ContainerID)
  /// A link was to be removed, but the name is a container's own.
  case defaultLink
  /// Neither image nor user says what to run.
  case noCommand
  /// The reference is not well-formed.
  case invalidReference(ImageReference.Refusal)
  /// A setting is not allowed.
  case invalidConfig(ConfigFault)
  /// Two mounts have one target.
  case duplicateMountPoint(String)

  // Life of containers.
  /// It runs already: 304.
  case alreadyStarted
  /// It is stopped already: 304.
  case alreadyStopped
  /// It is paused, so it cannot be started.
  case startOfPaused
  /// It is being removed.
  case markedForRemoval
  /// It does not run.
  case notRunning(ContainerID)
  /// It does not run, so it cannot be killed.
  case cannotKill(name: String, ContainerID)
  /// There is no such signal; what was to be done with it, in Docker's words.
  case invalidSignal(String, SignalUse)
  /// It is paused already.
  case alreadyPaused(ContainerID)
  /// It is not paused.
  case notPaused(ContainerID)
  /// It waits for its restart.
  case isRestarting(ContainerID)
  /// It runs, and no force was asked for.
  case cannotRemove(name: String, status: ContainerState.Status)
  /// A name to rename from or to is empty.
  case emptyRename
  /// The new name is the old one.
  case sameName
  /// The new name cannot be had.
  indirect case rename(EngineError)
  /// The command cannot be started in the container.
  case launch(LaunchRefusal)
  /// The image's `/etc/passwd` has no such user.
  case unknownUser(String)
  /// The image's `/etc/group` has no such group.
  case unknownGroup(String)
  /// A kernel setting that a container has no copy of its own of.
  case sharedSysctl(String)
  /// A device that the machine does not have.
  case noSuchDevice(String)
  /// A device with a limit that the machine does not have.
  case noSuchBlockDevice(String)
  /// No driver has such devices.
  case noDeviceDriver(String, capabilities: [[String]])
  /// The container's networks could not be set up.
  indirect case networking(EngineError)
  /// Its log driver cannot be read.
  case logsNotReadable

  // Commands in running containers.
  /// It is paused.
  case execInPaused(String)
  /// No command was given.
  case noExecCommand
  /// It has run.
  case execHasRun(ExecID)
  /// It runs.
  case execIsRunning(ExecID)
  /// It does not run, so its terminal has no size.
  case resizeOfStopped

  // Images.
  /// The registry denies that it is there.
  case pullDenied(repository: String)
  /// The registry has no such tag.
  case manifestUnknown(String)
  /// There is no image of this name to push.
  case nothingToPush(String)
  /// The registry does not answer.
  case registryUnreachable(String)
  /// The last name of an image that a container uses.
  case imageNameInUse(name: String, by: ContainerID, ImageID)
  /// An image cannot be removed.
  case imageInUse(ImageID, canBeForced: Bool, ImageUse)

  // Volumes.
  /// Containers use it.
  case volumeInUse(String, by: [ContainerID])
  /// A volume's name has forbidden characters.
  case invalidVolumeName(String)
  /// A volume's name is longer than a file's may be.
  case longVolumeName(String)
  /// A volume's name is a single character.
  case shortVolumeName(String)
  /// There is no such volume driver.
  case noSuchVolumeDriver(String, volume: String)
  /// The local driver does not take a volume's options; why.
  case volumeOptions(String, volume: String)

  // Networks.
  /// A network error of §14 of the real engine's texts.
  case network(NetworkFault)

  /// What a signal was asked for.
  public enum SignalUse: Sendable, Hashable {
    /// `kill`, of the container called so.
    case kill(String)
    /// `stop`.
    case stop(String)
    /// `restart`.
    case restart(String)
  }

  /// What keeps an image.
  public enum ImageUse: Sendable, Hashable {
    /// A container that runs.
    case running(ContainerID)
    /// One that does not.
    case stopped(ContainerID)
    /// Names in several repositories.
    case severalRepositories
  }

  /// A setting that is not allowed.
  public enum ConfigFault: Sendable, Hashable {
    /// A duration of a health check is under a millisecond.
    case shortHealthDuration(String)
    /// A health check's retries are negative.
    case negativeRetries
    /// A working directory is relative.
    case relativeWorkingDirectory(String)
    /// An environment variable has no name.
    case emptyVariable(String)
    /// A restart policy's count where it has no sense.
    case retryCountWithoutFailure
    /// A restart policy's count is negative.
    case negativeRetryCount
    /// A policy and removal at the end exclude each other.
    case autoRemoveWithPolicy
    /// A signal that does not exist.
    case signal(String)
    /// A published port is no port.
    case port(String)
    /// A memory limit is below 6 MiB.
    case lowMemory
    /// The mount's target is relative.
    case relativeTarget(String)
    /// The target of a `-v` option is relative.
    case relativeBindTarget(bind: String, String)
    /// The target of memory is relative.
    case relativeTmpfsTarget(String)
    /// A `-v` option that has too many parts.
    case badBind(String)
    /// A bind's source is not there.
    case missingBindSource(String)
    /// A mount of a kind that this platform has not.
    case unknownMountType(String)
    /// A mount over the root of the file system.
    case mountOverRoot(String)
    /// A log driver has no such option.
    case unknownLogOption(String, driver: String)
    /// There is no such capability; the list it stands in comes first.
    case unknownCapability(list: String, String)
    /// More processors asked for than there are.
    case tooManyCPUs(Int)
    /// A mode of a namespace that is none: `IPC`, `PID`, `UTS`, `cgroup namespace`.
    case namespaceMode(kind: String, String)
    /// An isolation, which only other systems have.
    case isolation(String)
    /// An entry of `--add-host` without a colon.
    case extraHost(String)
    /// A runtime that is not there.
    case runtime(String)
    /// A log driver that is not there.
    case logDriver(String)
    /// An adjustment for the killer of processes out of range.
    case oomScore(Int)
    /// Shared memory of a negative size.
    case negativeSharedMemory
    /// Less memory with swap than without.
    case lowSwap
    /// Processors that are not there.
    case processors(asked: String, available: Int)
    /// The container to take volumes from is not there.
    case volumesFrom(String)
    /// A mode of `--volumes-from` that is none.
    case badMode(String)
    /// The container to be linked to is not there.
    case link(String)
    /// Published ports with another container's network.
    case portsWithContainerNetwork
    /// A host name with another container's network.
    case hostnameWithContainerNetwork
    /// The network of a container that is not named.
    case unnamedContainerNetwork
    /// Links in the network of another container.
    case linksWithContainerNetwork
    /// Name servers in the network of another container.
    case dnsWithContainerNetwork
    /// Hosts of one's own in the network of another container.
    case hostsWithContainerNetwork
    /// Exposed ports in the network of another container.
    case exposedWithContainerNetwork
    /// A host name in the machine's own namespace of names.
    case hostnameWithHostNames
    /// Links in the machine's network, or to a container there.
    case linksWithHostNetwork
  }

  /// What Docker's HTTP status for it says.
  public enum Kind: Int, Sendable, Hashable {
    /// It is so already.
    case notModified = 304
    /// The request makes no sense.
    case invalid = 400
    /// It may not be done.
    case forbidden = 403
    /// There is no such thing.
    case notFound = 404
    /// It cannot be done as things are.
    case conflict = 409
    /// It failed.
    case system = 500
  }
}
