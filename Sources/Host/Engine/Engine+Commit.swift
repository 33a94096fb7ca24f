import Shell
import SimBase
import Workloads

/// Images that are made here: out of containers, of archives, and by builds.
///
/// Whoever makes one asks for its layer, writes its document, and hands it over to be kept.
extension Engine {
  /// What a container has changed on its own disk, as a layer over its image.
  ///
  /// Source: moby/moby `daemon/commit.go` (`exportContainerRw`).
  public mutating func layer(of key: ContainerKey, at now: Instant) throws(EngineError) -> Image.Layer {
    let changes = try changes(of: key, at: now)
    let files = disk.containers[existing: try find(key)].files ?? FileTree()
    return Image.Layer(TapeArchive(changes, of: files))
  }

  /// An image with the files of all its layers at hand: what another one is made on top of.
  public func base(_ image: Image) -> Image {
    if image.layers.allSatisfy({ $0.content != nil }) { return image }
    var base = image
    base.layers = config.library.value.persona(named: image.persona, tag: image.personaTag).filled(image.layers)
    return base
  }

  /// The image that a registry has of a persona, by its digest; nil where nobody knows it.
  public func image(ofPersona name: String, tag: String?, digest: String) -> Image? {
    let text = tag.map { "\(name):\($0)" } ?? name
    guard let reference = try? ImageReference(text), let persona = try? config.library.value.persona(for: reference)
    else { return nil }
    var image = Image(of: persona, as: reference)
    image.setDigest(digest)
    return persona.name == name ? image : nil
  }

  /// Which persona's behaviour an image has that is made of files: its name may be known, or what is in it.
  public func persona(ofNames names: [ImageReference], files: FileTree) -> (name: String, tag: String?) {
    for name in names {
      if let known = config.library.value.likeness(of: name) { return (known.name, name.tag ?? known.tags.first) }
    }
    if files.exists("/etc/alpine-release") { return ("alpine", nil) }
    if files.exists("/bin/busybox") { return ("busybox", nil) }
    if files.text("/etc/os-release")?.includes("ID=debian") ?? false { return ("debian", nil) }
    return (PersonaLibrary.scratch.name, nil)
  }

  /// Makes a container for a step of a build.
  public mutating func createBuildStep(
    _ spec: ContainerSpec, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) -> ContainerID {
    let id = try create(spec, at: now, into: &out)
    if let number = disk.numbers[id] { memory.buildSteps[number] = true }
    return id
  }

  /// Puts an image on the disk.
  public mutating func keep(_ image: Image) { disk.images[image.id] = image }

  /// Gives an image a name that may have been another's.
  public mutating func name(_ id: ImageID, _ reference: ImageReference, at now: Instant) {
    disk.imageNames[reference.withDefaultTag.familiar] = id
    disk.tagged[id] = now
    // Images that are made here go by their names.
    memory.personas[id] = nil
  }

  /// Tells of something that was done with an image.
  ///
  /// Source: moby/moby `daemon/images/image_events.go` (`LogImageEvent`).
  public mutating func tell(
    _ action: String, ofImage id: ImageID, name: String? = nil, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    let actor = "sha256:\(id)"
    let labels = disk.images[id]?.config.labels.map { ($0.key, $0.value) } ?? []
    post(EngineEvent(.image, action, actor: actor, attributes: [("name", name ?? actor)] + labels, at: now), into: &out)
  }

  /// The images that were made on top of one, the one that was made last first.
  public func children(of id: ImageID?) -> [Image] {
    images.filter { $0.parent == id && $0.isOwn }.sorted { ($1.created, $1.id) < ($0.created, $0.id) }
  }
}
