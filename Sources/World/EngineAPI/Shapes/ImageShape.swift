import Engine
import EngineTypes
import SimBase
import Workloads

/// An image with its names and what counts on it.
///
/// Source: moby/moby `api/types/image/summary.go`, `image_inspect.go`.
struct ImageView {
  /// The image.
  let image: Image
  /// Its names with tags.
  let tags: [String]
  /// Its names with digests.
  let digests: [String]
  /// How many containers are made of it.
  let containers: Int
  /// When it was last given a name; nil if it only came by digest.
  let taggedAt: Instant?

  init(_ image: Image, _ engine: Engine) {
    self.image = image
    (tags, digests) = engine.names(of: image.id)
    containers = engine.containerCount(of: image.id)
    taggedAt = engine.lastTagged(image.id)
  }

  private init(_ view: ImageView, tags: [String], digests: [String]) {
    (image, containers, taggedAt) = (view.image, view.containers, view.taggedAt)
    (self.tags, self.digests) = (tags, digests)
  }

  /// The same with fewer names.
  func keeping(_ isKept: (String) -> Bool) -> ImageView {
    ImageView(self, tags: tags.filter(isKept), digests: digests.filter(isKept))
  }

  /// Its labels by key.
  var labels: Table<String, String> { Table(image.config.labels.map { ($0.key, $0.value) }) }
}

extension Image {
  /// The ID of the image that it was made on top of, as clients see it.
  fileprivate var parentText: String { parent.map { "sha256:\($0)" } ?? "" }
}

extension JSONWriter {
  /// An image as `GET /images/json` lists it; -1 for what was not asked.
  mutating func imageSummary(_ view: ImageView, sharedSize: Int64, _ version: APIVersion) {
    object { writer in
      writer.field("Containers", view.containers)
      writer.field("Created") { $0.date(view.image.created, as: .unixSeconds) }
      writer.field("Id", "sha256:\(view.image.id)")
      if view.labels.isEmpty { writer.null("Labels") } else { writer.field("Labels", view.labels) }
      writer.field("ParentId", view.image.parentText)
      writer.field("RepoDigests", view.digests)
      writer.field("RepoTags", view.tags)
      writer.field("SharedSize", sharedSize)
      writer.field("Size", view.image.size)
      // Said twice until version 1.44.
      if version < APIVersion("1.44") { writer.field("VirtualSize", view.image.size) }
    }
  }

  /// An image as `GET /images/{name}/json` gives it.
  mutating func image(_ view: ImageView, _ version: APIVersion) {
    let image = view.image
    object { writer in
      writer.field("Id", "sha256:\(image.id)")
      writer.field("RepoTags", view.tags)
      writer.field("RepoDigests", view.digests)
      writer.field("Parent", image.parentText)
      writer.field("Comment", image.comment)
      writer.field("Created", image.created)
      if version < APIVersion("1.45") { writer.object("ContainerConfig") { $0.blankContainerConfig() } }
      writer.field("DockerVersion", image.dockerVersion)
      writer.field("Author", image.author)
      writer.field("Architecture", "amd64")
      writer.field("Os", "linux")
      writer.field("Size", image.size)
      if version < APIVersion("1.44") { writer.field("VirtualSize", image.size) }
      writer.object("GraphDriver") { $0.graphDriver(image.id.description, isContainer: false) }
      writer.object("RootFS") { writer in
        writer.field("Type", "layers")
        writer.field("Layers", image.layers.map { "sha256:\($0.digest)" })
      }
      writer.object("Metadata") { $0.orZero("LastTagTime", view.taggedAt) }
      // Older versions are told fields of containers, too, which mean nothing for an image; that goes through a map.
      writer.field("Config") { writer in
        writer.sortedObject { writer in
          writer.imageConfig(view)
          if version < APIVersion("1.50") { writer.containerFields() }
        }
      }
    }
  }

  /// The configuration of a container that an image was once made from: there is none.
  private mutating func blankContainerConfig() {
    for key in ["Hostname", "Domainname", "User"] as [StaticString] { field(key, "") }
    for key in ["AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce"] as [StaticString] {
      field(key, false)
    }
    null("Env")
    null("Cmd")
    field("Image", "")
    null("Volumes")
    field("WorkingDir", "")
    for key in ["Entrypoint", "OnBuild", "Labels"] as [StaticString] { null(key) }
  }

  private mutating func containerFields() {
    for key in ["AttachStderr", "AttachStdin", "AttachStdout", "OpenStdin", "StdinOnce", "Tty"] as [StaticString] {
      field(key, false)
    }
    for key in ["Domainname", "Hostname", "Image"] as [StaticString] { field(key, "") }
  }

  /// What an image says of containers made of it, in the order of the names.
  private mutating func imageConfig(_ view: ImageView) {
    let config = view.image.config
    orNull("Cmd", config.command)
    orNull("Entrypoint", config.entrypoint)
    orNull("Env", view.image.isOwn && config.env.isEmpty ? nil : config.env)
    exposedPorts(config.exposedPorts)
    if let check = config.healthCheck { object("Healthcheck") { $0.healthCheck(check) } }
    if view.labels.isEmpty { null("Labels") } else { field("Labels", view.labels) }
    orNull("OnBuild", config.triggers.isEmpty ? nil : config.triggers)
    if let shell = config.shell { field("Shell", shell) }
    unlessEmpty("StopSignal", config.stopSignal ?? "")
    field("User", config.user)
    volumePaths(config.volumes)
    field("WorkingDir", config.workingDirectory)
  }

  /// What an image's removal did.
  mutating func removals(_ removals: [Engine.ImageRemoval]) {
    array(removals) { writer, removal in
      writer.object { writer in
        switch removal {
        case .untagged(let name): writer.field("Untagged", name)
        case .deleted(let digest): writer.field("Deleted", digest)
        }
      }
    }
  }
}
