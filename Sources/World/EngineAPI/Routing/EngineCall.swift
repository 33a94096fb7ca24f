import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

/// What a request asks of a node, with its parameters decoded: routing's result, and the seam to the node.
///
/// A node answers a `control` call by carrying the request to the leader, itself or by forwarding, and rendering the reply;
/// all others it carries out itself.
public enum EngineCall: Sendable {
  /// Nothing is left to do.
  case answered(EngineAnswer)
  /// `/_ping`; its answer names the node's place in a swarm.
  case ping
  /// `/version`.
  case version
  /// `/info`.
  case info
  /// A request to the control API, and the form of its answer. Only an active manager takes it.
  case control(ControlRequest, ReplyShape)
  /// A refusal that only an active manager gives; others say that they are none.
  case managerRefusal(APIError)
  /// The node's own membership in a swarm.
  case swarm(SwarmCall)
  /// Networks, of the engine and of the swarm together.
  case network(NetworkCall)
  /// A service's or task's logs.
  case swarmLogs(SwarmLogsCall)
  /// Containers.
  case container(ContainerCall)
  /// Processes in containers.
  case exec(ExecCall)
  /// Images.
  case image(ImageCall)
  /// Volumes.
  case volume(VolumeCall)
  /// What concerns the whole engine.
  case system(SystemCall)
}

/// The form of a control API reply as an answer.
public enum ReplyShape: Sendable, Equatable {
  /// 200 without a body.
  case empty
  /// 204.
  case noContent
  /// 201 with the new object's ID.
  case created
  /// 201 with the new service's ID and warnings.
  case serviceCreated
  /// 200 with warnings.
  case serviceUpdated
  /// 201 with the new network's ID.
  case networkCreated
  /// The object, list or key as the reply holds it.
  case object
}

/// What a node does about its own membership.
public enum SwarmCall: Sendable {
  /// Starts a swarm; or the refusal that a node gives which is in none.
  case initialize(Result<SwarmInit, APIError>)
  /// Joins one; or the refusal that a node gives which is in none.
  case join(Result<SwarmJoin, APIError>)
  /// Leaves it.
  case leave(force: Bool)
  /// Unlocks a manager.
  case unlock(key: String)
}

/// What concerns networks.
public enum NetworkCall: Sendable {
  /// Lists those that a filter admits.
  case list(NetworkListFilter)
  /// Shows one. `scope` is `swarm`, `local` or empty.
  case inspect(String, scope: String, isVerbose: Bool)
  /// Makes one.
  case create(NetworkCreation)
  /// Removes one.
  case remove(String)
  /// Joins a container to one; the endpoint's settings as sent, `null` for none.
  case connect(String, container: String, settings: JSON)
  /// Takes a container off one.
  case disconnect(String, container: String, force: Bool)
  /// Removes unused ones.
  case prune(FilterArguments)
}

/// Logs collected from all over a swarm.
public struct SwarmLogsCall: Sendable, Equatable {
  /// Whose logs.
  public enum Subject: Sendable, Equatable {
    /// A service's, by ID, name or the beginning of an ID.
    case service(String)
    /// A task's, likewise.
    case task(String)
  }

  /// Whose logs.
  public var subject: Subject
  /// How they are to be shown.
  public var options: LogOptions
  /// What is wrong with the times that were asked for.
  public var fault: APIError?
}

/// What concerns containers. The first text is the container's ID or name.
public enum ContainerCall: Sendable {
  /// Lists them.
  case list(ContainerList)
  /// Makes one; the body as sent.
  case create(name: String, platform: String, config: JSON)
  /// Shows one, with sizes if asked for.
  case inspect(String, withSize: Bool)
  /// Its output.
  case logs(String, LogOptions)
  /// Its processes, as `ps` with these arguments.
  case top(String, arguments: String)
  /// What changed in its file system.
  case changes(String)
  /// Its use of resources.
  case stats(String, isStream: Bool, isOneShot: Bool)
  /// Starts it.
  case start(String)
  /// Stops it; nil takes the container's own signal and time.
  case stop(String, signal: String?, seconds: Int?)
  /// Stops and starts it.
  case restart(String, signal: String?, seconds: Int?)
  /// Sends it a signal; empty for `SIGKILL`.
  case kill(String, signal: String)
  /// Freezes it.
  case pause(String)
  /// Thaws it.
  case unpause(String)
  /// Gives it another name.
  case rename(String, to: String)
  /// Answers when it has ended.
  case wait(String, WaitCondition)
  /// Joins its streams.
  case attach(String, AttachOptions)
  /// Joins its streams over a web socket.
  case attachWebSocket(String, AttachOptions, handshake: [HTTPHeader]?)
  /// Tells its terminal's size.
  case resize(String, height: UInt32, width: UInt32)
  /// Changes its limits; the body as sent.
  case update(String, config: JSON)
  /// Removes it.
  case remove(String, force: Bool, volumes: Bool, link: Bool)
  /// Prepares a process in it.
  case exec(String, ExecConfig)
  /// Tells about a path in it (HEAD).
  case statPath(String, path: String)
  /// Gives a path in it as an archive.
  case getArchive(String, path: String)
  /// Unpacks an archive at a path in it.
  case putArchive(String, path: String, archive: [UInt8])
  /// Gives its whole file system as an archive.
  case export(String)
  /// Removes stopped ones.
  case prune(FilterArguments)
}

/// What concerns processes in containers. The text is the process's ID.
public enum ExecCall: Sendable {
  /// Starts it and joins its streams.
  case start(String, detach: Bool, tty: Bool, upgrades: Bool)
  /// Shows it.
  case inspect(String)
  /// Tells its terminal's size.
  case resize(String, height: UInt32, width: UInt32)
}

/// What concerns images. The first text is the image's name or ID.
public enum ImageCall: Sendable {
  /// Lists them.
  case list(all: Bool, sharedSize: Bool, FilterArguments)
  /// Shows one; the platform as sent.
  case inspect(String, platform: String)
  /// Its layers' history.
  case history(String)
  /// Fetches one from a registry.
  case pull(ImagePull)
  /// Makes one from an archive: in the body, where the source is `-`, or at an address.
  case importArchive(
    source: String, repository: String, tag: String, message: String, changes: [String], archive: [UInt8])
  /// Sends one to its registry.
  case push(String, tag: String, registryAuth: String)
  /// Gives one another name.
  case tag(String, repository: String, tag: String)
  /// Takes a name off one, or removes it.
  case remove(String, force: Bool, keepsParents: Bool)
  /// Removes unused ones.
  case prune(FilterArguments)
  /// Asks a registry about one.
  case distribution(String, registryAuth: String)
  /// Builds one from the body.
  case build(ImageBuild)
  /// Makes one from a container.
  case commit(
    container: String, repository: String, tag: String, comment: String, pause: Bool, changes: [String], config: JSON)
  /// Gives some as an archive.
  case save([String])
  /// Takes some from an archive.
  case load([UInt8])
  /// Looks for some in Docker Hub.
  case search(ImageSearch)
}

/// What concerns volumes. Older clients are told nothing of the swarm's: `knowsSwarm` is false for them.
public enum VolumeCall: Sendable {
  /// Lists them.
  case list(FilterArguments, knowsSwarm: Bool)
  /// Shows one.
  case inspect(String, knowsSwarm: Bool)
  /// Makes one.
  case create(VolumeCreation)
  /// Changes the availability of one of the swarm's; nil leaves it. The version is as sent.
  case update(String, version: String, Availability?)
  /// Removes one.
  case remove(String, force: Bool, knowsSwarm: Bool)
  /// Removes unused ones.
  case prune(FilterArguments)
}

/// What concerns the whole engine.
public enum SystemCall: Sendable {
  /// What happens, as it happens.
  case events(EventsQuery)
  /// Space in use, of these kinds of objects.
  case diskUsage([DiskUsageKind])
  /// Checks credentials at a registry.
  case login(user: String, password: String, server: String)
  /// Removes unused parts of builds.
  case pruneBuilds(FilterArguments)
}
