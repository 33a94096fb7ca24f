import EngineTypes
import SimBase
import SwarmManager
import SwarmModel
import Workloads

/// `POST /images/create` for a registry's image.
public struct ImagePull: Sendable, Equatable {
  /// The name without tag: `nginx`, `registry:5000/team/app`.
  public var name: String
  /// The tag or digest; empty for `latest`.
  public var tag: String
  /// `os/arch`; empty for the engine's.
  public var platform: String
  /// The client's credentials, as sent.
  public var registryAuth: String

  init(_ query: Query, _ request: EngineRequest) {
    name = query["fromImage"]
    tag = query["tag"]
    platform = query["platform"]
    registryAuth = request.header("X-Registry-Auth") ?? ""
  }
}

/// `POST /build`.
public struct ImageBuild: Sendable, Equatable {
  /// Names for the result.
  public var tags: [String]
  /// The file of steps within the context.
  public var dockerfile: String
  /// Says no more than the result.
  public var isQuiet: Bool
  /// Takes nothing from earlier builds.
  public var ignoresCache: Bool
  /// Values of the file's arguments.
  public var arguments: Labels
  /// Labels for the result.
  public var labels: Labels
  /// The step to stop at; empty for the last.
  public var target: String
  /// `1` for the classic builder, `2` for BuildKit.
  public var builder: String
  /// The context: an archive, perhaps packed.
  public var context: [UInt8]
  /// Where the context is, if not in the body.
  public var remote: String
  /// The network of commands.
  public var networkMode: String
  /// Names of hosts for commands: `name:address`.
  public var extraHosts: [String]
  /// The images whose steps may be taken for those of this build; nil for all.
  public var cacheSources: [String]?
  /// Asks registries for images that are here already.
  public var pulls: Bool
  /// Takes away the containers of steps that succeed.
  public var removes: Bool
  /// Takes away the containers of steps that fail, too.
  public var alwaysRemoves: Bool

  init(_ query: Query, _ request: EngineRequest) throws(APIError) {
    tags = query.all("t").filter { !$0.isEmpty }
    dockerfile = query["dockerfile"].isEmpty ? "Dockerfile" : query["dockerfile"]
    isQuiet = query.flag("q")
    ignoresCache = query.flag("nocache")
    arguments = try ImageBuild.map(query, "buildargs", "build args")
    labels = try ImageBuild.map(query, "labels", "labels")
    _ = try ImageBuild.map(query, "ulimits", "ulimit settings")
    target = query["target"]
    builder = query["version"].isEmpty ? "1" : query["version"]
    if !["1", "2"].contains(builder) { throw APIError(.invalidParameter, "invalid version \(builder.goQuoted)") }
    let size = query["shmsize"]
    if !size.isEmpty, case .failure(let fault) = GoNumber.parseInt(size) {
      throw APIError(.system, fault.message(of: "ParseInt", size))
    }
    for tag in tags {
      do { _ = try ImageReference(tag) } catch { throw APIError(.system, error.sentence) }
    }
    remote = query["remote"]
    networkMode = query["networkmode"]
    extraHosts = query.all("extrahosts").flatMap { $0.split(separator: ",").map(String.init) }
    let sources = ((try? JSON.parse(query["cachefrom"]))?.array ?? []).compactMap(\.string)
    cacheSources = sources.isEmpty ? nil : sources
    pulls = query.flag("pull")
    alwaysRemoves = query.flag("forcerm")
    removes = alwaysRemoves || query.flag("rm", absent: true)
    _ = try ImagePlatform.parse(query["platform"])
    if !remote.isEmpty && !["http://", "https://", "git://", "git@", "github.com/"].contains(where: remote.hasPrefix) {
      throw APIError(.system, "remoteURL (\(remote)) could not be recognized as URL")
    }
    context = request.body
  }

  /// Texts by text as JSON in a parameter. A value that is `null` stands for the variable of the client's environment,
  /// which nobody knows here.
  private static func map(_ query: Query, _ name: String, _ noun: String) throws(APIError) -> Labels {
    let text = query[name]
    if text.isEmpty { return Labels() }
    let document: JSON
    do { document = try JSON.parse(text) } catch {
      throw APIError(.invalidParameter, "error reading \(noun): \(error.message)")
    }
    return Labels((document.fields ?? []).compactMap { field in field.value.string.map { (field.key, $0) } })
  }
}

/// `POST /volumes/create`.
public struct VolumeCreation: Sendable, Equatable {
  /// The name; empty for one that is made up.
  public var name: String
  /// The driver; empty for `local`.
  public var driver: String
  /// The driver's options; nil where absent.
  public var options: Labels?
  /// Labels; nil where absent.
  public var labels: Labels?
  /// What the swarm is to provide; nil for a volume of the engine.
  public var cluster: ClusterVolumeSpec?

  /// The API's first version that knows cluster volumes.
  static let clusterVersion = APIVersion("1.42")

  init(_ json: JSON, version: APIVersion) throws(DecodingFault) {
    let fields = try JSONFields(json, "volume.CreateOptions")
    name = try fields.text("Name")
    driver = try fields.text("Driver")
    options = fields.has("DriverOpts") ? try fields.map("DriverOpts") : nil
    labels = fields.has("Labels") ? try fields.map("Labels") : nil
    if version >= VolumeCreation.clusterVersion,
      let wish = try fields.object("ClusterVolumeSpec", "ClusterVolumeSpec")
    {
      var spec = try ClusterVolumeSpec(wish)
      spec.annotations = Annotations(name: name, labels: labels ?? Labels())
      spec.driver = Driver(name: driver, options: options)
      cluster = spec
    }
  }
}

/// Kinds of objects whose space `GET /system/df` tells.
public enum DiskUsageKind: String, Sendable, CaseIterable {
  /// Containers.
  case container
  /// Images.
  case image
  /// Volumes.
  case volume
  /// Parts of builds.
  case buildCache = "build-cache"

  static func kinds(_ query: Query) throws(APIError) -> [DiskUsageKind] {
    if !query.contains("type") { return allCases }
    var kinds: [DiskUsageKind] = []
    for word in query.all("type") {
      guard let kind = DiskUsageKind(rawValue: word) else {
        throw APIError(.invalidParameter, "unknown object type: \(word)")
      }
      kinds.append(kind)
    }
    return kinds
  }
}

/// `GET /events`.
public struct EventsQuery: Sendable, Equatable {
  /// From then on; nil for from now on.
  public var since: Instant?
  /// Until then; nil for ever.
  public var until: Instant?
  /// Filters of any names: an unknown one matches nothing but is no error.
  public var filters: FilterArguments

  init(_ query: Query) throws(APIError) {
    since = try VirtualTime.instant(query["since"])
    until = try VirtualTime.instant(query["until"])
    if let since, let until, until < since {
      throw APIError(
        .invalidParameter,
        "`since` time (\(query["since"])) cannot be after `until` time (\(query["until"]))")
    }
    filters = try FilterArguments(query["filters"])
  }
}
