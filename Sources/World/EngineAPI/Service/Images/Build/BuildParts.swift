import Builder
import Engine
import EngineTypes
import Shell
import SimBase
import SwarmManager
import Workloads

/// Why a build has ended.
struct BuildFault: Error {
  /// The sentence about it.
  let sentence: String
  /// The exit code of the command that has failed, if it was one.
  let code: Int32?
  /// Where it ran.
  let container: ContainerID?

  init(_ sentence: String, code: Int32? = nil, container: ContainerID? = nil) {
    (self.sentence, self.code, self.container) = (sentence, code, container)
  }

  init(modernFlag flag: String) {
    self.init(
      "the --\(flag) option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build "
        + "images with BuildKit enabled")
  }

  /// An image could not be had.
  init(pulling step: BuildPlan.Step, _ reason: String) {
    guard case .copy(_, _, let from?, _, _) = step.instruction.kind else {
      self.init(reason)
      return
    }
    self.init("invalid from flag value \(from): \(reason)")
  }
}

/// What a client has sent to build from: a Dockerfile and the files beside it.
///
/// Source: moby/moby `daemon/builder/remotecontext/detect.go`.
struct BuildContext {
  let files: FileTree
  let plan: BuildPlan

  init(_ wish: ImageBuild) throws(APIError) {
    if !wish.remote.isEmpty { throw BuildContext.unreachable(wish.remote) }
    guard let plain = Gzip.isPacked(wish.context) ? Gzip.unpacked(wish.context) : wish.context,
      let archive = plain.isEmpty ? TapeArchive() : TapeArchive(plain)
    else { throw APIError(.system, "unexpected EOF") }
    var files = FileTree()
    for item in archive.items { try? files.put(item, under: "", at: item.modified) }
    if FileCopy.leadsOut(wish.dockerfile) {
      throw APIError(.system, "forbidden path outside the build context: \(wish.dockerfile) ()")
    }
    let path = FileTree.normal("/" + wish.dockerfile)
    guard files.exists(path) else {
      throw APIError(.system, "Cannot locate specified Dockerfile: \(wish.dockerfile)")
    }
    guard let text = files.text(path) else {
      throw APIError(.system, "unexpected error reading Dockerfile: read \(path): is a directory")
    }
    do throws(BuildPlan.Fault) {
      plan = try BuildPlan(
        text, named: wish.dockerfile, target: wish.target, labels: wish.labels.map { ($0.key, $0.value) })
    } catch {
      throw APIError(.invalidParameter, error.sentence)
    }
    // A client sends both files even where they are to be left out: only the builder needs them.
    if let ignore = files.text("/.dockerignore").map({ IgnoreFile($0) }) {
      for name in [".dockerignore", String(path.dropFirst())] where ignore.excludes(name) {
        try? files.remove("/" + name)
      }
    }
    self.files = files
  }

  private static func unreachable(_ remote: String) -> APIError {
    let host = remote.split(separator: "/").dropFirst().first.map(String.init) ?? remote
    if remote.hasPrefix("git") || remote.hasSuffix(".git") {
      return APIError(
        .system,
        "error fetching: fatal: unable to access '\(remote)/': Could not resolve host: \(host)\n: exit status 128")
    }
    return APIError(
      .system,
      "error downloading remote context \(remote): Get \(remote.goQuoted): dial tcp: lookup \(host): no such host")
  }
}

/// A `COPY` or an `ADD` whose words have been expanded.
struct BuildCopy {
  let name: String
  let sources: [String]
  let target: String
  let from: String?
  private let owner: String?

  init(
    _ sources: [String], _ target: String, _ from: String?, _ owner: String?, isAddition: Bool, _ change: ImageChange,
    _ instruction: Instruction
  ) throws(BuildFault) {
    name = isAddition ? "ADD" : "COPY"
    var expanded: [String] = []
    for source in sources { expanded.append(try change.expanded(source, instruction)) }
    self.sources = expanded
    self.target = try change.expanded(target, instruction)
    self.from = from
    var wanted: String?
    if let owner { wanted = try change.expanded(owner, instruction) }
    self.owner = wanted
    if isAddition, let address = expanded.first(where: { $0.hasPrefix("http://") || $0.hasPrefix("https://") }) {
      let host = address.split(separator: "/").dropFirst().first ?? ""
      throw BuildFault("ADD failed: Get \(address.goQuoted): dial tcp: lookup \(host): no such host")
    }
  }

  /// Copies; a digest of what was copied comes back.
  func make(
    from source: FileTree, into tree: inout FileTree, in directory: String, at now: Instant
  ) throws(BuildFault) -> String {
    var user: UserIdentity?
    if let owner {
      do throws(UserIdentity.Unknown) {
        var identity = try UserIdentity(owner, in: tree)
        // One number stands for both.
        if !owner.contains(":"), let number = Int(owner) { identity.groupID = number }
        user = identity
      } catch {
        let reason =
          switch error {
          case .user(let name): "can't find uid for user \(name): no such user: \(name)"
          case .group(let name): "can't find gid for group \(name): no such group: \(name)"
          }
        throw BuildFault("unable to convert uid/gid chown string to host mapping: \(reason)")
      }
    }
    let copy = FileCopy(from: source, isFromContext: from == nil, isAddition: name == "ADD", owner: user)
    do throws(FileCopy.Fault) {
      let directory = directory.isEmpty ? "/" : directory
      return try copy.copy(sources, to: target, in: directory, into: &tree, at: now)
    } catch {
      throw BuildFault(error.sentence)
    }
  }
}

extension ImageChange {
  /// A word with its variables.
  func expanded(_ word: String, _ instruction: Instruction) throws(BuildFault) -> String {
    do throws(Fault) { return try expansion(of: word, instruction) } catch { throw BuildFault(error.sentence) }
  }
}

extension ImageBuild {
  /// The container of a step on top of an image.
  func container(of image: Image, _ words: [String], _ environment: [String]) -> EngineContainerSpec {
    var config = ContainerConfig()
    config.image = "sha256:\(image.id)"
    config.command = words
    config.entrypoint = []
    config.env = environment
    config.healthCheck = HealthCheck(test: ["NONE"])
    var host = HostConfig()
    host.networkMode = networkMode == "default" ? "" : networkMode
    host.extraHosts = extraHosts.isEmpty ? nil : extraHosts
    return EngineContainerSpec(config: config, host: host)
  }

  /// Whether an image of an earlier build may stand for a step: any, unless the client names those that may.
  func mayUse(_ image: Image, _ engine: Engine) -> Bool {
    guard let sources = cacheSources else { return true }
    return sources.contains { name in
      var ancestor = try? engine.image(name)
      while let known = ancestor {
        if known.id == image.id { return true }
        ancestor = known.parent.flatMap { try? engine.image($0.description) }
      }
      return false
    }
  }
}
