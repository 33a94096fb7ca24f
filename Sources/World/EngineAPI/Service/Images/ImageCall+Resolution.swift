import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

extension ImageCall {
  /// Carries the call out, or finds the operation that does.
  ///
  /// **Differs from Docker:** images are not built here, nor made from containers or archives.
  func resolve(
    for version: APIVersion, on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>
  ) throws(APIError) -> Resolution {
    switch self {
    case .list(_, let sharedSize, let filters):
      return .answer(try .images(filters, withSharedSize: sharedSize, node.engine, at: now, for: version))
    case .inspect(let name, let platform):
      if let fault = ImagePlatform.fault(inJSON: platform) { throw fault }
      let image = try asked { () throws(EngineError) in try node.engine.image(name) }
      let view = ImageView(image, node.engine)
      return .answer(.json { $0.image(view, version) })
    case .history(let name): return .answer(try .history(name, node.engine))
    case .pull(let pull):
      _ = try ImagePlatform.parse(pull.platform)
      return .operation(PullOperation(try ImageReference(pull.name, tag: pull.tag).withDefaultTag))
    case .push(let name, let tag, _): return .operation(PushOperation(try ImageReference(name, tag: tag)))
    case .distribution(let name, _):
      if (try? ImageReference(name)) == nil, name.utf8.count == 64, !name.includes(":") {
        throw APIError(.system, "no manifest found for full image ID")
      }
      return .operation(DistributionOperation(try ImageReference(name, tag: "")))
    case .tag(let name, let repository, let tag):
      if repository.isEmpty {
        _ = try asked { () throws(EngineError) in try node.engine.image(name) }
        return .answer(.empty())
      }
      let reference = try ImageReference(repository, tag: tag)
      try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.tag(name, as: reference, at: now, into: &out)
      }
      return .answer(.empty(201))
    case .remove(let name, let force, _):
      let removals = try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.removeImage(name, force: force, at: now, into: &out)
      }
      return .answer(.json { $0.removals(removals) })
    case .prune(let filters): return .answer(try .prunedImages(filters, on: &node, at: now, &network))
    case .importArchive(let source, let repository, let tag, _, _, _):
      if !repository.isEmpty { _ = try ImageReference(repository, tag: tag) }
      if source == "-" { throw .unsupported("importing an image from an archive") }
      if source.isEmpty { throw APIError(.system, "Get \"http:\": http: no Host in request URL") }
      let address = source.includes("://") ? source : "http://" + source
      let host = address.split(separator: "/").dropFirst().first ?? ""
      throw APIError(.system, "Get \(address.goQuoted): dial tcp: lookup \(host): no such host")
    case .build: throw .unsupported("building an image")
    case .commit(let container, let repository, let tag, _, _, let changes, let config):
      _ = try asked { () throws(EngineError) in try node.engine.container(.typed(container)) }
      if !repository.isEmpty { _ = try ImageReference(repository, tag: tag) }
      _ = config
      try ImageCall.check(changes)
      throw .unsupported("making an image from a container")
    case .save(let names):
      for name in names { try node.engine.checkSaved(name) }
      throw .unsupported("saving images to an archive")
    case .load: throw .unsupported("loading images from an archive")
    case .search(let search):
      if node.engine.config.registry.fault == .down { throw APIError(.registryUnreachable("index.docker.io")) }
      return .answer(search.answer())
    }
  }
}

extension ImageCall {
  /// Refuses a change that no image can take. Source: moby/moby `builder/dockerfile/builder.go` (`validCommitCommands`).
  fileprivate static func check(_ changes: [String]) throws(APIError) {
    let known = [
      "CMD", "ENTRYPOINT", "HEALTHCHECK", "ENV", "EXPOSE", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME",
      "WORKDIR",
    ]
    for change in changes {
      let word = String(change.trimmed().prefix { $0 != " " })
      if !word.isEmpty && !known.contains(word.uppercased()) {
        throw APIError(.invalidParameter, "\(word) is not a valid change command")
      }
    }
  }
}

extension Engine {
  /// Refuses to save an image that is not here: the words depend on whether a tag was named.
  fileprivate func checkSaved(_ name: String) throws(APIError) {
    if (try? image(name)) != nil { return }
    let hasTag = (try? ImageReference(name))?.tag != nil
    throw APIError(.notFound, hasTag ? "reference does not exist" : "No such image: \(name)")
  }
}

extension APIError {
  /// Something that Docker does and engines here do not.
  fileprivate static func unsupported(_ what: String) -> APIError {
    APIError(.notImplemented, "\(what) is not supported by this engine")
  }
}

extension ImageReference {
  /// A name with a tag or digest beside it; an empty one leaves the name as it is.
  fileprivate init(_ name: String, tag: String) throws(APIError) {
    let text = tag.isEmpty ? name : name + (tag.hasPrefix("sha256:") ? "@" : ":") + tag
    do { self = try ImageReference(text) } catch {
      let isTagsFault = !tag.isEmpty && (try? ImageReference(name)) != nil
      throw APIError(.invalidParameter, isTagsFault ? "invalid tag format" : error.sentence)
    }
  }
}

extension EngineAnswer {
  static func images(
    _ filters: FilterArguments, withSharedSize: Bool, _ engine: Engine, at now: Instant, for version: APIVersion
  ) throws(APIError) -> EngineAnswer {
    let images = try ImageListing(filters, engine, at: now).images
    var shared = Table<ImageID, UInt64>()
    if withSharedSize { for usage in engine.diskUsage.images { shared[usage.image.id] = usage.shared } }
    return .json { writer in
      writer.array(images) { writer, view in
        writer.imageSummary(view, sharedSize: shared[view.image.id].map { Int64($0) } ?? -1, version)
      }
    }
  }

  static func history(_ name: String, _ engine: Engine) throws(APIError) -> EngineAnswer {
    let image = try asked { () throws(EngineError) in try engine.image(name) }
    let entries = try asked { () throws(EngineError) in try engine.history(of: name) }
    let tags = engine.names(of: image.id).tags
    return .json { writer in
      writer.array(entries) { writer, entry in
        writer.object { writer in
          writer.field("Comment", entry.createdBy.hasPrefix("/bin/sh") ? "" : "buildkit.dockerfile.v0")
          writer.field("Created") { $0.date(entry.created, as: .unixSeconds) }
          writer.field("CreatedBy", entry.createdBy)
          writer.field("Id", entry.isImage ? "sha256:\(image.id)" : "<missing>")
          writer.field("Size", entry.size)
          writer.orNull("Tags", entry.isImage ? tags : nil)
        }
      }
    }
  }

  static func prunedImages(
    _ filters: FilterArguments, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    try filters.validate("dangling", "label", "label!", "until")
    let isDanglingOnly = try filters.flag("dangling") ?? true
    let until = try filters.until(at: now)
    var removals: [Engine.ImageRemoval] = []
    var reclaimed: UInt64 = 0
    for view in node.engine.images.map({ ImageView($0, node.engine) }) {
      let isNamed = !view.tags.isEmpty || !view.digests.isEmpty
      let isOld = until.map { view.image.created < $0 } ?? true
      if view.containers > 0 || isDanglingOnly && isNamed || !isOld { continue }
      if !filters.hasLabels("label", view.labels) || !filters.lacksLabels(view.labels) { continue }
      let done = try? node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.removeImage(view.image.id.description, force: true, at: now, into: &out)
      }
      guard let done else { continue }
      removals += done
      reclaimed += view.image.size
    }
    return .json { writer in
      writer.object { writer in
        if removals.isEmpty {
          writer.null("ImagesDeleted")
        } else {
          writer.field("ImagesDeleted") { $0.removals(removals) }
        }
        writer.field("SpaceReclaimed", reclaimed)
      }
    }
  }
}
