import SimBase
import Workloads

extension EngineError {
  /// The HTTP status's meaning.
  public var kind: Kind {
    switch self {
    case .noSuchContainer, .noSuchImage, .noSuchExec, .noSuchVolume, .noSuchNetwork, .pullDenied, .manifestUnknown,
      .nothingToPush,
      .noSuchVolumeDriver:
      .notFound
    case .invalidConfig(.badBind), .invalidConfig(.relativeBindTarget): .system
    case .invalidSignal(_, .stop), .invalidSignal(_, .restart): .system
    case .emptyIdentifier, .ambiguousPrefix, .invalidContainerName, .noCommand, .invalidReference, .invalidConfig,
      .duplicateMountPoint, .invalidSignal, .emptyRename, .sameName, .launch, .noExecCommand, .invalidVolumeName,
      .shortVolumeName, .volumeOptions, .unknownUser, .unknownGroup, .sharedSysctl:
      .invalid
    case .containerNameInUse, .startOfPaused, .markedForRemoval, .notRunning, .cannotKill, .alreadyPaused,
      .isRestarting,
      .cannotRemove, .execInPaused, .execHasRun, .execIsRunning, .imageNameInUse, .imageInUse, .volumeInUse:
      .conflict
    case .alreadyStarted, .alreadyStopped: .notModified
    case .longVolumeName, .notPaused, .registryUnreachable, .resizeOfStopped, .logsNotReadable, .noSuchDevice,
      .noSuchBlockDevice, .noDeviceDriver, .linkToStopped, .linkOffBridge, .defaultLink:
      .system
    case .rename(let cause): cause.kind
    case .networking(let cause): cause.kind
    case .network(let fault): fault.kind
    }
  }

  /// Docker's words.
  ///
  /// Source: moby/moby `daemon/errors.go`, `daemon/names.go`, `daemon/delete.go`, `daemon/images/image_delete.go`; a
  /// real 28.5.2 engine.
  public var message: String {
    switch self {
    case .emptyIdentifier: "invalid name or ID supplied: \"\""
    case .noSuchContainer(let name): "No such container: \(name)"
    case .ambiguousPrefix(let digits): "multiple IDs found with provided prefix: \(digits)"
    case .noSuchImage(let name): "No such image: \(name)"
    case .noSuchExec(let id): "No such exec instance: \(id)"
    case .noSuchVolume(let name): "get \(name): no such volume"
    case .noSuchNetwork(let name): "network \(name) not found"
    case .invalidContainerName(let name):
      "Invalid container name (\(name)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
    case .containerNameInUse(let name, let holder):
      "Conflict. The container name \"/\(name)\" is already in use by container \"\(holder)\". "
        + "You have to remove (or rename) that container to be able to reuse that name."
    case .linkToStopped(let name, let alias): "Cannot link to a non running container: /\(name) AS /\(alias)"
    case .linkOffBridge(let id): "container \(id) not attached to default bridge network"
    case .defaultLink: "Conflict, cannot remove the default link name of the container"
    case .noCommand: "no command specified"
    case .invalidReference(let refusal): refusal.sentence
    case .invalidConfig(let fault): fault.sentence
    case .duplicateMountPoint(let target): "Duplicate mount point: \(target)"
    case .alreadyStarted: "container is already running"
    case .alreadyStopped: "container is already stopped"
    case .startOfPaused: "cannot start a paused container, try unpause instead"
    case .markedForRemoval: "container is marked for removal and cannot be started"
    case .notRunning(let id): "container \(id) is not running"
    case .cannotKill(let name, let id): "cannot kill container: \(name): container \(id) is not running"
    case .invalidSignal(let name, .kill(let container)):
      "cannot kill container: \(container): "
        + (UInt8(name).map { $0 > 0 } == true
          ? "the linux daemon does not support signal \(name)" : "invalid signal: \(name)")
    case .invalidSignal(let name, .stop(let container)): "cannot stop container: \(container): invalid signal: \(name)"
    case .invalidSignal(let name, .restart(let container)):
      "Cannot restart container \(container): invalid signal: \(name)"
    case .alreadyPaused(let id): "Container \(id) is already paused"
    case .notPaused(let id): "Container \(id) is not paused"
    case .isRestarting(let id): "Container \(id) is restarting, wait until the container is running"
    case .cannotRemove(let name, .paused):
      "cannot remove container \"\(name)\": container is paused and must be unpaused first"
    case .cannotRemove(let name, let status):
      "cannot remove container \"\(name)\": container is \(status.text): "
        + "stop the container before removing or force remove"
    case .emptyRename: "Neither old nor new names may be empty"
    case .sameName: "Renaming a container with the same name as its current name"
    case .rename(let cause): "Error when allocating new name: \(cause.message)"
    case .launch(let refusal):
      EngineError.runc + "unable to start container process: error during container init: \(refusal.sentence)"
    case .unknownUser(let name): "unable to find user \(name): no matching entries in passwd file"
    case .unknownGroup(let name): "unable to find group \(name): no matching entries in group file"
    case .sharedSysctl(let name): EngineError.runc + "sysctl \"\(name)\" is not in a separate kernel namespace"
    case .noSuchDevice(let path):
      "error gathering device information while adding custom device \(path.goQuoted): no such file or directory"
    case .noSuchBlockDevice(let path): "stat \(path): no such file or directory"
    case .noDeviceDriver(let driver, let capabilities):
      "could not select device driver \(driver.goQuoted) with capabilities: "
        + "[\(capabilities.map { "[\($0.joined(separator: " "))]" }.joined(separator: " "))]"
    case .networking(let cause): "failed to set up container networking: \(cause.message)"
    case .logsNotReadable: "configured logging driver does not support reading"
    case .execInPaused(let name): "Container \(name) is paused, unpause the container before exec"
    case .noExecCommand: "No exec command specified"
    case .execHasRun(let id): "exec command \(id) has already run"
    case .execIsRunning(let id): "exec command \(id) is already running"
    case .resizeOfStopped: "cannot resize a stopped container"
    case .pullDenied(let repository):
      "pull access denied for \(repository), repository does not exist or may require 'docker login': "
        + "denied: requested access to the resource is denied"
    case .manifestUnknown(let name): "manifest for \(name) not found: manifest unknown: manifest unknown"
    case .nothingToPush(let name): "An image does not exist locally with the tag: \(name)"
    case .registryUnreachable(let host): "Get \"https://\(host)/v2/\": dial tcp: lookup \(host): no such host"
    case .imageNameInUse(let name, let holder, let image):
      "conflict: unable to remove repository reference \"\(name)\" (must force) - container \(holder.short) "
        + "is using its referenced image \(image.short)"
    case .imageInUse(let image, let canBeForced, let use):
      "conflict: unable to delete \(image.short) (\(canBeForced ? "must" : "cannot") be forced) - \(use.sentence)"
    case .volumeInUse(let name, let holders):
      "remove \(name): volume is in use - [\(holders.map(\.description).joined(separator: ", "))]"
    case .longVolumeName(let name):
      "create \(name): error while creating volume root path '/var/lib/docker/volumes/\(name)': "
        + "mkdir /var/lib/docker/volumes/\(name): file name too long"
    case .invalidVolumeName(let name):
      "create \(name): \"\(name)\" includes invalid characters for a local volume name, "
        + "only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path"
    case .shortVolumeName(let name):
      "create \(name): volume name is too short, names should be at least two alphanumeric characters"
    case .volumeOptions(let reason, let name): "create \(name): \(reason)"
    case .noSuchVolumeDriver(let driver, let name):
      "create \(name): error looking up volume plugin \(driver): plugin \"\(driver)\" not found"
    case .network(let fault): fault.message
    }
  }
}

extension EngineError {
  /// How every refusal of containerd's runtime begins.
  private static let runc =
    "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: "
}

extension EngineError.ImageUse {
  var sentence: String {
    switch self {
    case .running(let id): "image is being used by running container \(id.short)"
    case .stopped(let id): "image is being used by stopped container \(id.short)"
    case .severalRepositories: "image is referenced in multiple repositories"
    }
  }
}

extension EngineError.ConfigFault {
  /// Source: moby/moby `daemon/container.go` (`validateContainerConfig`, `validateHostConfig`),
  /// `api/types/container/hostconfig.go`.
  var sentence: String {
    switch self {
    case .shortHealthDuration(let field): "\(field) in Healthcheck cannot be less than 1ms"
    case .negativeRetries: "Retries in Healthcheck cannot be negative"
    case .relativeWorkingDirectory(let path):
      "the working directory '\(path)' is invalid, it needs to be an absolute path"
    case .emptyVariable(let text): "invalid environment variable: \(text)"
    case .retryCountWithoutFailure: "invalid restart policy: maximum retry count can only be used with 'on-failure'"
    case .negativeRetryCount: "invalid restart policy: maximum retry count cannot be negative"
    case .autoRemoveWithPolicy: "can't create 'AutoRemove' container with restart policy"
    case .signal(let name): "invalid signal: \(name)"
    case .port(let text): "invalid port specification: \"\(text)\""
    case .lowMemory: "Minimum memory limit allowed is 6MB"
    case .relativeTarget(let path):
      "invalid mount config for type \"volume\": invalid mount path: '\(path)' mount path must be absolute"
    case .badBind(let text): "invalid volume specification: '\(text)'"
    case .relativeBindTarget(let bind, let path):
      "invalid volume specification: '\(bind)': invalid mount config for type \"volume\": "
        + "invalid mount path: '\(path)' mount path must be absolute"
    case .relativeTmpfsTarget(let path): "invalid mount path: '\(path)' mount path must be absolute"
    case .namespaceMode(let kind, let mode): "invalid \(kind) mode: \(mode)"
    case .isolation(let name): "invalid isolation (\(name)): linux only supports 'default'"
    case .extraHost(let text): "bad format for add-host: \"\(text)\""
    case .runtime(let name): "unknown or invalid runtime name: \(name)"
    case .logDriver(let name): "error looking up logging plugin \(name): plugin \"\(name)\" not found"
    case .oomScore(let number): "Invalid value \(number), range for oom score adj is [-1000, 1000]"
    case .negativeSharedMemory: "SHM size can not be less than 0"
    case .lowSwap: "Minimum memoryswap limit should be larger than memory limit, see usage"
    case .processors(let asked, 1): "Requested CPUs are not available - requested \(asked), available: 0"
    case .processors(let asked, let count):
      "Requested CPUs are not available - requested \(asked), available: 0-\(count - 1)"
    case .badMode(let mode): "invalid mode: \(mode)"
    case .volumesFrom(let name): "No such container: \(name)"
    case .link(let name): "could not get container for \(name): No such container: \(name)"
    case .missingBindSource(let path):
      "invalid mount config for type \"bind\": bind source path does not exist: \(path)"
    case .unknownMountType(let type): "invalid mount config for type \"\(type)\": mount type unknown"
    case .mountOverRoot(let type):
      "invalid mount config for type \"\(type)\": invalid specification: destination can't be '/'"
    case .unknownLogOption(let name, let driver): "unknown log opt '\(name)' for \(driver) log driver"
    case .unknownCapability(let list, let name): "invalid \(list): unknown capability: \"\(name)\""
    case .tooManyCPUs(let available):
      "range of CPUs is from 0.01 to \(available).00, as there are only \(available) CPUs available"
    case .portsWithContainerNetwork: "conflicting options: port publishing and the container type network mode"
    case .hostnameWithContainerNetwork: "conflicting options: hostname and the network mode"
    case .unnamedContainerNetwork: "invalid network mode: invalid container format container:<name|id>"
    case .linksWithContainerNetwork:
      "conflicting options: container type network can't be used with links. This would result in undefined behavior"
    case .dnsWithContainerNetwork: "conflicting options: dns and the network mode"
    case .hostsWithContainerNetwork: "conflicting options: custom host-to-IP mapping and the network mode"
    case .exposedWithContainerNetwork: "conflicting options: port exposing and the container type network mode"
    case .hostnameWithHostNames: "conflicting options: hostname and the UTS mode"
    case .linksWithHostNetwork:
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior"
    }
  }
}
