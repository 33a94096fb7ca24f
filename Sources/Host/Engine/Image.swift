import SimBase
import Workloads

/// An image on an engine's disk. Its ID, digest and layers follow from its name, so every engine sees the same.
public struct Image: Sendable, Equatable {
  /// One layer.
  public struct Layer: Hashable, Sendable {
    /// Its digest without `sha256:`; the first twelve digits name it while it is pulled.
    public var digest: String
    /// Its size unpacked, in bytes.
    public var size: UInt64
    /// Its size on the wire, in bytes.
    public var downloadSize: UInt64
  }

  /// Its ID.
  public internal(set) var id: ImageID
  /// The digest of its manifest with `sha256:`: what pins a service's image.
  public internal(set) var digest: String
  /// The persona whose behaviour it has.
  public internal(set) var persona: String
  /// The persona's tag, where it has several.
  public internal(set) var personaTag: String?
  /// When it was built; before the world's zero for pulled ones.
  public internal(set) var created: Instant
  /// What it says about its containers.
  public internal(set) var config: ImageConfig
  /// Its layers, lowest first.
  public internal(set) var layers: [Layer]

  /// What a registry has under a reference.
  public init(of persona: Persona, as reference: ImageReference) {
    let name = "\(persona.name):\(reference.tag ?? persona.tags.first ?? "latest")"
    id = ImageID(hashOf: "config \(name)")
    digest = "sha256:" + SHA256.hex("manifest \(name)")
    self.persona = persona.name
    personaTag = reference.tag ?? persona.tags.first
    created = .zero - persona.age - .seconds(Int64(FNV.hash(name) % 86_400))
    config = persona.config
    layers = persona.layers.map {
      Layer(digest: SHA256.hex("layer \($0.name)"), size: $0.size, downloadSize: $0.downloadSize)
    }
  }

  /// Its size unpacked, in bytes.
  public var size: UInt64 { layers.reduce(0) { $0 + $1.size } }
}

extension Image: Archivable {
  /// A blank one.
  public init() {
    self.init(of: Persona("", layers: []), as: ImageReference.scratch)
  }

  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&id)
    a.field(&digest)
    a.field(&persona)
    a.field(&personaTag)
    a.field(&created)
    a.field(&config)
    a.list(&layers, Layer(digest: "", size: 0, downloadSize: 0)) {
      $0.field(&$1.digest)
      $0.field(&$1.size)
      $0.field(&$1.downloadSize)
    }
  }
}
