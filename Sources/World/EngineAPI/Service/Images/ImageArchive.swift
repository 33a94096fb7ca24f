import Engine
import EngineTypes
import SimBase
import SwarmManager
import Workloads

/// `docker save`: images as one archive, in the layout of the OCI and in Docker's own, which share their files.
///
/// **Differs from Docker:** the layers of an image that was pulled hold the few files that its containers find, and
/// go by the digests of those.
///
/// Source: moby/moby `image/tarexport/save.go`; OCI image specification `image-layout.md`.
struct ImageArchive {
  private struct Entry {
    var image: Image
    var document: [UInt8]
    var names: [ImageReference]
  }

  private var entries: [Entry] = []
  private var blobs = Table<String, [UInt8]>()

  /// Packs images by the names that a user gave; the images themselves come back, each once.
  init(_ names: [String], of engine: Engine) throws(APIError) {
    for name in names {
      let image = try ImageArchive.image(name, engine)
      let place = entries.firstIndex { $0.image.id == image.id } ?? entries.count
      if place == entries.count {
        let base = engine.base(image)
        entries.append(Entry(image: base, document: base.document?.value ?? ImageDocument.bytes(of: base), names: []))
      }
      entries[place].names += ImageArchive.references(name, image, engine).filter {
        !entries[place].names.contains($0)
      }
    }
  }

  /// The digest of the manifest of an image that was made here; empty for one that has it from its registry.
  static func digest(of image: Image, on engine: Engine) -> String {
    guard let document = image.document?.value else { return "" }
    let entry = Entry(image: engine.base(image), document: document, names: [])
    return "sha256:" + hexText(SHA256.digest(ociManifest(config: image.id.description, entry)))
  }

  /// What is packed.
  var images: [ImageID] { entries.map(\.image.id) }

  /// Refuses an image that is not here: the words depend on whether a tag was named.
  private static func image(_ name: String, _ engine: Engine) throws(APIError) -> Image {
    if let image = try? engine.image(name) { return image }
    let hasTag = (try? ImageReference(name))?.tag != nil
    throw APIError(.notFound, hasTag ? "reference does not exist" : "No such image: \(name)")
  }

  /// The names under which an image is packed: a bare repository stands for all of its tags, an ID for none.
  private static func references(_ name: String, _ image: Image, _ engine: Engine) -> [ImageReference] {
    let bare = name.hasPrefix("sha256:") ? String(name.dropFirst(7)) : name
    guard let reference = try? ImageReference(name), reference.digest == nil else { return [] }
    let known = engine.names(of: image.id).tags
    if !known.contains(reference.withDefaultTag.familiar), image.id.description.hasPrefix(bare) { return [] }
    return [reference.withDefaultTag]
  }

  /// The archive.
  mutating func packed() -> [UInt8] {
    let index = indexDocument()
    let manifest = manifestDocument()
    let repositories = repositoriesDocument()
    var archive = TapeArchive()
    for folder in ["blobs", "blobs/sha256"] {
      archive.add(TapeArchive.Item(path: folder, kind: .directory, mode: 0o755))
    }
    func add(_ name: String, _ bytes: [UInt8]) {
      archive.add(TapeArchive.Item(path: name, kind: .file(bytes), mode: 0o644))
    }
    for (digest, bytes) in blobs { add("blobs/sha256/\(digest)", bytes) }
    add("index.json", index)
    add("manifest.json", manifest)
    add("oci-layout", Array("{\"imageLayoutVersion\": \"1.0.0\"}".utf8))
    if let repositories { add("repositories", repositories) }
    return archive.bytes
  }

  private mutating func keep(_ bytes: [UInt8]) -> String {
    let digest = hexText(SHA256.digest(bytes))
    blobs[digest] = bytes
    return digest
  }

  private mutating func indexDocument() -> [UInt8] {
    var manifests: [(digest: String, size: Int, name: ImageReference?)] = []
    for entry in entries {
      for layer in entry.image.layers { if let content = layer.content { blobs[content.digest] = content.bytes } }
      let manifest = ImageArchive.ociManifest(config: keep(entry.document), entry)
      let digest = keep(manifest)
      for name in entry.names.isEmpty ? [nil] : entry.names.map(Optional.some) {
        manifests.append((digest, manifest.count, name))
      }
    }
    var writer = JSONWriter()
    writer.object { writer in
      writer.field("schemaVersion", 2)
      writer.field("mediaType", "application/vnd.oci.image.index.v1+json")
      writer.listOrNull("manifests", manifests.isEmpty ? nil : manifests) { writer, one in
        writer.field("mediaType", "application/vnd.oci.image.manifest.v1+json")
        writer.field("digest", "sha256:\(one.digest)")
        writer.field("size", one.size)
        if let name = one.name {
          writer.object("annotations") { writer in
            writer.field("io.containerd.image.name", "\(name.domain)/\(name.path):\(name.tag ?? "")")
            writer.field("org.opencontainers.image.ref.name", name.tag ?? "")
          }
        }
      }
    }
    return writer.bytes
  }

  private static func ociManifest(config: String, _ entry: Entry) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.field("schemaVersion", 2)
      writer.field("mediaType", "application/vnd.oci.image.manifest.v1+json")
      writer.object("config") { writer in
        writer.field("mediaType", "application/vnd.oci.image.config.v1+json")
        writer.field("digest", "sha256:\(config)")
        writer.field("size", entry.document.count)
      }
      writer.list("layers", entry.image.layers.compactMap(\.content)) { $0.layer($1) }
    }
    return writer.bytes
  }

  private func manifestDocument() -> [UInt8] {
    var writer = JSONWriter()
    if entries.isEmpty {
      writer.raw("null")
    } else {
      writer.array(entries) { writer, entry in
        writer.object { writer in
          let layers = entry.image.layers.compactMap(\.content)
          writer.field("Config", "blobs/sha256/\(hexText(SHA256.digest(entry.document)))")
          writer.orNull("RepoTags", entry.names.isEmpty ? nil : entry.names.map(\.familiar))
          writer.field("Layers", layers.map { "blobs/sha256/\($0.digest)" })
          writer.object("LayerSources") { writer in
            for (name, layer) in Table(layers.map { ("sha256:\($0.digest)", $0) }) {
              writer.field(named: name) { $0.object { $0.layer(layer) } }
            }
          }
        }
      }
    }
    writer.endLine()
    return writer.bytes
  }

  /// Which layer is the topmost of each name, for engines of long ago.
  private func repositoriesDocument() -> [UInt8]? {
    var tops = Table<String, Table<String, String>>()
    for entry in entries {
      for name in entry.names {
        tops[name.familiarName, default: [:]][name.tag ?? ""] = entry.image.layers.last?.content?.digest ?? ""
      }
    }
    if tops.isEmpty { return nil }
    var writer = JSONWriter()
    writer.object { writer in
      for (name, tags) in tops { writer.field(named: name) { $0.map(tags) } }
    }
    writer.endLine()
    return writer.bytes
  }
}

extension JSONWriter {
  fileprivate mutating func layer(_ content: LayerContent) {
    field("mediaType", "application/vnd.oci.image.layer.v1.tar")
    field("size", content.bytes.count)
    field("digest", "sha256:\(content.digest)")
  }
}
