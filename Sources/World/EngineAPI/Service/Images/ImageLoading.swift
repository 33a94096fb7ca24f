import Engine
import EngineTypes
import Shell
import SimBase
import Workloads

/// `docker load`: the images of an archive, saved here or by another engine.
///
/// **Differs from Docker:** no program of a loaded image is run. An image that another engine has made behaves as the
/// one whose name it bears, where that is known, else by what its files look like: an Alpine, a busybox, a Debian.
///
/// Source: moby/moby `image/tarexport/load.go`.
struct ImageLoading {
  /// Why an archive holds no images.
  struct Fault: Error {
    var sentence: String
  }

  /// What was found: images, their names, and whether they are images of a registry, which go by its digests.
  private(set) var images: [(image: Image, names: [ImageReference])] = []
  private let files: Table<String, [UInt8]>
  private let folder: String

  init(_ bytes: [UInt8], for engine: Engine) throws(Fault) {
    folder = "/var/lib/docker/tmp/docker-import-\(FNV.hash(bytes) % 4_000_000_000)"
    let plain = Gzip.isPacked(bytes) ? Gzip.unpacked(bytes) : bytes
    guard let plain, let archive = plain.isEmpty ? TapeArchive() : TapeArchive(plain) else {
      throw Fault(sentence: "unexpected EOF")
    }
    files = Table(
      archive.items.compactMap { item in
        if case .file(let bytes) = item.kind { (item.path, bytes) } else { nil }
      })
    // Without a list it can only be an archive of long ago.
    guard let manifest = files["/manifest.json"] else { throw missing("repositories") }
    let list: JSON
    do { list = try JSON.parse(manifest) } catch { throw Fault(sentence: error.message) }
    for entry in list.array ?? [] { images.append(try read(entry, engine)) }
  }

  private func missing(_ name: String) -> Fault {
    Fault(sentence: "open \(folder)/\(name): no such file or directory")
  }

  private func read(_ entry: JSON, _ engine: Engine) throws(Fault) -> (Image, [ImageReference]) {
    let name = entry["Config"].string ?? ""
    guard let bytes = files["/" + name] else { throw missing(name) }
    let document: JSON
    do { document = try JSON.parse(bytes) } catch { throw Fault(sentence: error.message) }
    let names = (entry["RepoTags"].array ?? []).compactMap { $0.string.flatMap { try? ImageReference($0) } }
    let mark = ImageDocument.Mark(document)
    if let mark, let digest = mark.digest,
      let image = engine.image(ofPersona: mark.persona, tag: mark.tag, digest: digest)
    {
      return (image, names)
    }
    let layers = try self.layers(entry, document, mark)
    var config: ImageConfig
    do throws(DecodingFault) { config = try ImageConfig(document["config"]) } catch {
      throw Fault(sentence: "invalid config")
    }
    if config.labels.isEmpty { config.labels = [] }
    var persona = (name: mark?.persona ?? "", tag: mark?.tag)
    if mark == nil { persona = engine.persona(ofNames: names, files: FileTree(layers)) }
    var image = Image(
      persona: persona.name, tag: persona.tag, config: config, layers: layers,
      history: ImageDocument.history(document), author: document["author"].string ?? "",
      dockerVersion: document["docker_version"].string ?? "", created: ImageDocument.instant(document["created"]))
    image.seal(with: bytes)
    return (image, names)
  }

  private func layers(
    _ entry: JSON, _ document: JSON, _ mark: ImageDocument.Mark?
  ) throws(Fault) -> [Image.Layer] {
    let names = (entry["Layers"].array ?? []).compactMap(\.string)
    let digests = ImageDocument.layers(document)
    if names.count != digests.count {
      throw Fault(sentence: "invalid manifest, layers length mismatch: expected \(digests.count), got \(names.count)")
    }
    var layers: [Image.Layer] = []
    for (name, digest) in zip(names, digests) {
      guard let bytes = files["/" + name] else { throw missing(name) }
      guard let plain = Gzip.isPacked(bytes) ? Gzip.unpacked(bytes) : bytes, let archive = TapeArchive(plain) else {
        throw Fault(sentence: "archive/tar: invalid tar header")
      }
      let content = LayerContent(plain)
      if content.digest != digest {
        throw Fault(
          sentence: "invalid diffID for layer \(layers.count): expected \"sha256:\(digest)\", got "
            + "\"sha256:\(content.digest)\"")
      }
      var layer = Image.Layer(content, unpacked: archive)
      if let known = mark?.layers, layers.count < known.count {
        let own = known[layers.count]
        (layer.digest, layer.size, layer.downloadSize) = (own.digest, own.size, own.wire)
      }
      layers.append(layer)
    }
    return layers
  }
}
