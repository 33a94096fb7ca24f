import Engine
import EngineTypes
import SimBase
import Workloads

/// An image's config as the JSON document whose SHA-256 is its ID.
///
/// A field of our own, which other engines carry along unread, names the persona whose behaviour the image has: so an
/// image that is saved here and loaded in another lab does what it did.
///
/// **Differs from Docker:** dates are told as if the world had begun with 2026, since a checksum covers them.
///
/// Source: OCI image specification `config.md`; moby/moby `image/image.go`.
enum ImageDocument {
  /// The name of our own field.
  static let mark: StaticString = "swarmlab"

  /// The document of an image. All its layers must have contents.
  static func bytes(of image: Image) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.field("architecture", "amd64")
      writer.unlessEmpty("author", image.author)
      writer.object("config") { $0.documentConfig(image.config) }
      writer.field("created", image.created)
      writer.unlessEmpty("docker_version", image.dockerVersion)
      writer.list("history", image.history) { writer, step in
        writer.field("created", step.created)
        writer.unlessEmpty("created_by", step.createdBy)
        writer.unlessEmpty("author", step.author)
        writer.unlessEmpty("comment", step.comment)
        writer.ifTrue("empty_layer", step.isEmpty)
      }
      writer.field("os", "linux")
      writer.object("rootfs") { writer in
        writer.field("type", "layers")
        writer.field("diff_ids", image.layers.compactMap { $0.content.map { "sha256:\($0.digest)" } })
      }
      writer.object(mark) { writer in
        writer.field("persona", image.persona)
        if let tag = image.personaTag { writer.field("tag", tag) }
        if !image.isOwn && !image.digest.isEmpty { writer.field("digest", image.digest) }
        // Layers that a registry has go by its names for them, and are as large as they are there.
        writer.list("layers", image.layers.filter { $0.content?.digest != $0.digest }) { writer, layer in
          writer.field("digest", layer.digest)
          writer.field("size", layer.size)
          writer.field("wire", layer.downloadSize)
        }
      }
    }
    return writer.content.rendered(with: .fixed)
  }
}

extension Image {
  /// The same with the document that gives it its ID.
  func sealed() -> Image {
    var image = self
    // A child of a persona's image is no longer what the registry has.
    image.seal(with: [])
    image.seal(with: ImageDocument.bytes(of: image))
    return image
  }
}

extension JSONWriter {
  /// Settings as documents have them: a container's, of which most mean nothing for an image.
  fileprivate mutating func documentConfig(_ config: ImageConfig) {
    for key in ["Hostname", "Domainname"] as [StaticString] { field(key, "") }
    field("User", config.user)
    for key in ["AttachStdin", "AttachStdout", "AttachStderr"] as [StaticString] { field(key, false) }
    exposedPorts(config.exposedPorts)
    for key in ["Tty", "OpenStdin", "StdinOnce"] as [StaticString] { field(key, false) }
    orNull("Env", config.env.isEmpty ? nil : config.env)
    orNull("Cmd", config.command)
    if let check = config.healthCheck { object("Healthcheck") { $0.healthCheck(check) } }
    field("Image", "")
    volumePaths(config.volumes)
    field("WorkingDir", config.workingDirectory)
    orNull("Entrypoint", config.entrypoint)
    orNull("OnBuild", config.triggers.isEmpty ? nil : config.triggers)
    if config.labels.isEmpty {
      null("Labels")
    } else {
      field("Labels", Table(config.labels.map { ($0.key, $0.value) }))
    }
    unlessEmpty("StopSignal", config.stopSignal ?? "")
    if let shell = config.shell { field("Shell", shell) }
  }
}
