import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

extension ImageCall {
  /// Carries the call out, or finds the operation that does.
  func resolve(
    for version: APIVersion, on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>
  ) throws(APIError) -> Resolution {
    switch self {
    case .list(let all, let sharedSize, let filters):
      return .answer(try .images(filters, all: all, withSharedSize: sharedSize, node.engine, at: now, for: version))
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
    case .remove(let name, let force, let keepsParents):
      let removals = try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.removeImage(name, force: force, keepsParents: keepsParents, at: now, into: &out)
      }
      return .answer(.json { $0.removals(removals) })
    case .prune(let filters): return .answer(try .prunedImages(filters, on: &node, at: now, &network))
    case .importArchive(let wish): return .answer(try wish.answer(on: &node, at: now, &network))
    case .build(let wish): return .operation(BuildOperation(wish, try BuildContext(wish)))
    case .commit(let wish): return .answer(try wish.answer(on: &node, at: now, &network))
    case .save(let names): return .answer(try .saved(names, on: &node, at: now, &network))
    case .load(let bytes): return .answer(.loaded(bytes, on: &node, at: now, &network))
    case .search(let search):
      if node.engine.config.registry.fault == .down { throw APIError(.registryUnreachable("index.docker.io")) }
      return .answer(search.answer())
    }
  }
}

extension ImageReference {
  /// A name with a tag or digest beside it; an empty one leaves the name as it is.
  init(_ name: String, tag: String) throws(APIError) {
    let text = tag.isEmpty ? name : name + (tag.hasPrefix("sha256:") ? "@" : ":") + tag
    do { self = try ImageReference(text) } catch {
      let isTagsFault = !tag.isEmpty && (try? ImageReference(name)) != nil
      throw APIError(.invalidParameter, isTagsFault ? "invalid tag format" : error.sentence)
    }
  }
}

extension EngineAnswer {
  static func images(
    _ filters: FilterArguments, all: Bool, withSharedSize: Bool, _ engine: Engine, at now: Instant,
    for version: APIVersion
  ) throws(APIError) -> EngineAnswer {
    let images = try ImageListing(filters, engine, all: all, at: now).images
    var shared = Table<ImageID, UInt64>()
    if withSharedSize { for usage in engine.diskUsage.images { shared[usage.image.id] = usage.shared } }
    return .json { writer in
      writer.array(images) { writer, view in
        writer.imageSummary(view, sharedSize: shared[view.image.id].map { Int64($0) } ?? -1, version)
      }
    }
  }

  static func history(_ name: String, _ engine: Engine) throws(APIError) -> EngineAnswer {
    let entries = try asked { () throws(EngineError) in try engine.history(of: name) }
    return .json { writer in
      writer.array(entries) { writer, entry in
        writer.object { writer in
          writer.field("Comment", entry.comment)
          writer.field("Created") { $0.date(entry.created, as: .unixSeconds) }
          writer.field("CreatedBy", entry.createdBy)
          writer.field("Id", entry.image.map { "sha256:\($0)" } ?? "<missing>")
          writer.field("Size", entry.size)
          let tags = entry.image.map { engine.names(of: $0).tags } ?? []
          writer.orNull("Tags", tags.isEmpty ? nil : tags)
        }
      }
    }
  }

  static func saved(
    _ names: [String], on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    var archive = try ImageArchive(names, of: node.engine)
    let images = archive.images
    node.tellEngine(at: now, &network) { engine, out in
      for image in images { engine.tell("save", ofImage: image, at: now, into: &out) }
    }
    let headers = [HTTPHeader("Content-Type", "application/x-tar")]
    return EngineAnswer(status: 200, headers: headers, body: DatedBytes(archive.packed()))
  }

  /// What was loaded, line by line; a failure is a line as well.
  static func loaded(
    _ bytes: [UInt8], on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) -> EngineAnswer {
    let headers = [HTTPHeader("Content-Type", "application/json")]
    let loading: ImageLoading
    do throws(ImageLoading.Fault) { loading = try ImageLoading(bytes, for: node.engine) } catch {
      return EngineAnswer(status: 200, headers: headers, body: ProgressLine.failure(error.sentence))
    }
    var body = DatedBytes()
    for (image, names) in loading.images {
      node.tellEngine(at: now, &network) { engine, out in
        engine.keep(image)
        for name in names { engine.name(image.id, name, at: now) }
        engine.tell("load", ofImage: image.id, at: now, into: &out)
      }
      for name in names { body.append(ProgressLine.said("Loaded image: \(name.familiar)\n")) }
      if names.isEmpty { body.append(ProgressLine.said("Loaded image ID: sha256:\(image.id)\n")) }
    }
    return EngineAnswer(status: 200, headers: headers, body: body)
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
      if !isNamed && !node.engine.children(of: view.image.id).isEmpty { continue }
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
