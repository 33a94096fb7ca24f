import SimBase
import Workloads

extension Engine {
  /// All images by ID.
  public var images: [Image] { disk.images.values }

  /// The image with this name, ID or beginning of an ID.
  ///
  /// Source: moby/moby `daemon/images/image.go` (`GetImage`).
  public func image(_ text: String) throws(EngineError) -> Image {
    let bare = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
    if let id = ImageID(bare) {
      guard let image = disk.images[id] else { throw .noSuchImage("sha256:\(bare)") }
      return image
    }
    let reference: ImageReference
    do { reference = try ImageReference(text) } catch { throw .invalidReference(error) }
    if let image = image(of: reference) { return image }
    if let lowest = ImageID(lowestWithPrefix: bare), let found = disk.images.from(lowest).first(where: { _ in true }),
      found.key.description.hasPrefix(bare)
    {
      return found.value
    }
    throw .noSuchImage(reference.withDefaultTag.familiar)
  }

  /// The image that a reference names here; a digest counts before a tag.
  func image(of reference: ImageReference) -> Image? {
    let key = Engine.key(of: reference)
    return disk.imageNames[key].flatMap { disk.images[$0] }
  }

  /// The names of an image: with tags, and with digests.
  public func names(of id: ImageID) -> (tags: [String], digests: [String]) {
    let names = disk.imageNames.filter { $0.value == id }.map(\.key)
    return (names.filter { !$0.contains("@") }, names.filter { $0.contains("@") })
  }

  /// When an image was last given a name here; nil if it only came by digest.
  public func lastTagged(_ id: ImageID) -> Instant? { disk.tagged[id] }

  /// How many containers are made from an image.
  public func containerCount(of id: ImageID) -> Int {
    disk.containers.values.count(where: { $0.image == id })
  }

  /// What a registry would say about a reference: for digests without a pull.
  public func resolve(_ reference: ImageReference) throws(EngineError) -> Image {
    switch config.registry.fault {
    case .down:
      throw .registryUnreachable(reference.domain == "docker.io" ? "registry-1.docker.io" : reference.domain)
    case .unauthorized: throw .pullDenied(repository: reference.familiarName)
    case .empty: throw .manifestUnknown(reference.withDefaultTag.familiar)
    case nil: break
    }
    // A digest names one content, whichever name it came by.
    if reference.digest != nil, let here = image(of: reference) { return here }
    do {
      var image = Image(of: try config.library.value.persona(for: reference), as: reference)
      if let digest = reference.digest { image.setDigest(digest) }
      return image
    } catch {
      switch error {
      case .denied(let repository): throw .pullDenied(repository: repository)
      case .unknownTag(let reference): throw .manifestUnknown(reference.withDefaultTag.familiar)
      case .noSuchHost(let host): throw .registryUnreachable(host)
      }
    }
  }

  /// Gives an image one more name.
  public mutating func tag(
    _ text: String, as reference: ImageReference, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let image = try image(text)
    name(image.id, reference, at: now)
    tell("tag", ofImage: image.id, name: reference.withDefaultTag.familiar, at: now, into: &out)
  }

  /// One line of what an image's removal did.
  public enum ImageRemoval: Sendable, Hashable {
    /// A name is gone.
    case untagged(String)
    /// An image or a layer is gone: its digest with `sha256:`.
    case deleted(String)
  }

  /// Takes a name from an image, and the image too if it was the last one and no container needs it.
  ///
  /// Source: moby/moby `daemon/images/image_delete.go`.
  public mutating func removeImage(
    _ text: String, force: Bool = false, keepsParents: Bool = false, at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) throws(EngineError) -> [ImageRemoval] {
    let image = try image(text)
    var removals: [ImageRemoval] = []
    let bare = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
    let isByID = image.id.description.hasPrefix(bare)
    let names = names(of: image.id)
    if isByID {
      if isSingle(names) || force {
        try checkUnused(image.id, force: force)
      } else if names.tags.count + names.digests.count > 0 {
        throw .imageInUse(image.id, canBeForced: true, .severalRepositories)
      }
    } else {
      let user = disk.containers.values.first { $0.image == image.id }
      if !force, isSingle(names), let user { throw .imageNameInUse(name: text, by: user.id, image.id) }
      removals += untag(image.id, try parse(text), at: now, into: &out)
      if !self.names(of: image.id).tags.isEmpty || !self.names(of: image.id).digests.isEmpty { return removals }
      do { try checkUnused(image.id, force: force) } catch { return removals }
    }
    removals += delete(image, keepsParents: keepsParents, at: now, into: &out)
    return removals
  }

  /// Removes images without names, or with `all` those that no container uses.
  public mutating func pruneImages(
    all: Bool, at now: Instant, into out: inout Outbox<EngineNotice>
  ) -> (removals: [ImageRemoval], reclaimed: UInt64) {
    var removals: [ImageRemoval] = []
    var reclaimed: UInt64 = 0
    for image in images where containerCount(of: image.id) == 0 {
      let names = names(of: image.id)
      if !all && !(names.tags.isEmpty && names.digests.isEmpty) { continue }
      removals += delete(image, keepsParents: false, at: now, into: &out)
      reclaimed += image.size
    }
    return (removals, reclaimed)
  }

  private func parse(_ text: String) throws(EngineError) -> ImageReference {
    do { return try ImageReference(text) } catch { throw .invalidReference(error) }
  }

  static func key(of reference: ImageReference) -> String {
    if let digest = reference.digest { return "\(reference.familiarName)@\(digest)" }
    return reference.withDefaultTag.familiar
  }

  /// Whether all names are of one repository, with one tag at most.
  private func isSingle(_ names: (tags: [String], digests: [String])) -> Bool {
    let repositories = Set(
      (names.tags + names.digests).compactMap { try? ImageReference($0) }.map(\.familiarName))
    return names.tags.count <= 1 && repositories.count == 1
  }

  private func checkUnused(_ id: ImageID, force: Bool) throws(EngineError) {
    if !children(of: id).isEmpty { throw .imageInUse(id, canBeForced: false, .children) }
    let users = disk.containers.values.filter { $0.image == id }
    if let user = users.first(where: \.state.isRunning) { throw .imageInUse(id, canBeForced: false, .running(user.id)) }
    if !force, let user = users.first { throw .imageInUse(id, canBeForced: true, .stopped(user.id)) }
  }

  private mutating func untag(
    _ id: ImageID, _ reference: ImageReference, at now: Instant, into out: inout Outbox<EngineNotice>
  ) -> [ImageRemoval] {
    let key = Engine.key(of: reference)
    disk.imageNames[key] = nil
    tell("untag", ofImage: id, at: now, into: &out)
    var removals = [ImageRemoval.untagged(key)]
    // A repository whose last tag is gone loses its digests too.
    let left = names(of: id)
    let prefix = reference.familiarName
    if !left.tags.contains(where: { $0.hasPrefix(prefix + ":") }) {
      for digest in left.digests where digest.hasPrefix(prefix + "@") {
        disk.imageNames[digest] = nil
        removals.append(.untagged(digest))
      }
    }
    return removals
  }

  private mutating func delete(
    _ image: Image, keepsParents: Bool, at now: Instant, into out: inout Outbox<EngineNotice>
  ) -> [ImageRemoval] {
    let actor = "sha256:" + image.id.description
    var removals: [ImageRemoval] = []
    let names = names(of: image.id)
    for name in names.tags + names.digests {
      disk.imageNames[name] = nil
      removals.append(.untagged(name))
      tell("untag", ofImage: image.id, at: now, into: &out)
    }
    disk.images[image.id] = nil
    disk.tagged[image.id] = nil
    memory.personas[image.id] = nil
    memory.freshFiles[image.id] = nil
    post(EngineEvent(.image, "delete", actor: actor, attributes: [("name", actor)], at: now), into: &out)
    removals.append(.deleted(actor))
    let kept = Set(images.flatMap { $0.layers.map(\.digest) })
    for layer in image.layers.reversed() where !kept.contains(layer.digest) {
      removals.append(.deleted("sha256:" + layer.digest))
    }
    if keepsParents { return removals }
    // What was only a step on the way to it goes as well.
    guard let parent = image.parent.flatMap({ disk.images[$0] }), children(of: parent.id).isEmpty,
      containerCount(of: parent.id) == 0, case (let tags, let digests) = self.names(of: parent.id),
      tags.isEmpty && digests.isEmpty
    else { return removals }
    return removals + delete(parent, keepsParents: false, at: now, into: &out)
  }
}

extension Image {
  /// Takes a digest that was asked for: the content is what it names.
  mutating func setDigest(_ wanted: String) {
    if digest == wanted { return }
    digest = wanted
    id = ImageID(hashOf: "config \(wanted)")
  }
}
