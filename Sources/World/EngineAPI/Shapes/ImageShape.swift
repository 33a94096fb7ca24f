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

extension JSONWriter {
  /// An image as `GET /images/json` lists it; -1 for what was not asked.
  mutating func imageSummary(_ view: ImageView, sharedSize: Int64) {
    object { writer in
      writer.field("Containers", view.containers)
      writer.field("Created") { $0.date(view.image.created, as: .unixSeconds) }
      writer.field("Id", "sha256:\(view.image.id)")
      if view.labels.isEmpty { writer.null("Labels") } else { writer.field("Labels", view.labels) }
      writer.field("ParentId", "")
      writer.field("RepoDigests", view.digests)
      writer.field("RepoTags", view.tags)
      writer.field("SharedSize", sharedSize)
      writer.field("Size", view.image.size)
    }
  }

  /// An image as `GET /images/{name}/json` gives it.
  mutating func image(_ view: ImageView) {
    let image = view.image
    object { writer in
      writer.field("Id", "sha256:\(image.id)")
      writer.field("RepoTags", view.tags)
      writer.field("RepoDigests", view.digests)
      writer.field("Parent", "")
      writer.field("Comment", "buildkit.dockerfile.v0")
      writer.field("Created", image.created)
      writer.field("DockerVersion", "")
      writer.field("Author", "")
      writer.field("Architecture", "amd64")
      writer.field("Os", "linux")
      writer.field("Size", image.size)
      writer.object("GraphDriver") { $0.graphDriver(image.id.description, isContainer: false) }
      writer.object("RootFS") { writer in
        writer.field("Type", "layers")
        writer.field("Layers", image.layers.map { "sha256:\($0.digest)" })
      }
      writer.object("Metadata") { $0.orZero("LastTagTime", view.taggedAt) }
      writer.object("Config") { $0.imageConfig(view) }
    }
  }

  /// What an image says of containers made of it, in the order of the names.
  private mutating func imageConfig(_ view: ImageView) {
    let config = view.image.config
    orNull("Cmd", config.command)
    orNull("Entrypoint", config.entrypoint)
    orNull("Env", config.env)
    exposedPorts(config.exposedPorts)
    if let check = config.healthCheck { object("Healthcheck") { $0.healthCheck(check) } }
    if view.labels.isEmpty { null("Labels") } else { field("Labels", view.labels) }
    null("OnBuild")
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
