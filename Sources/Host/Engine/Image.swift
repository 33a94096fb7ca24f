import SimBase
import Workloads

/// An image on an engine's disk.
///
/// The ID, digest and layers of a pulled one follow from its name, so every engine sees the same. One that was made
/// here, by a commit, a build, an import or a load, has a document (its config as JSON), whose SHA-256 is its ID, and
/// files.
public struct Image: Sendable, Equatable {
  /// One step of how an image came to be.
  public struct HistoryEntry: Hashable, Sendable {
    /// When.
    public var created: Instant
    /// By which command.
    public var createdBy: String
    /// What its author says of it.
    public var comment: String
    /// Who made it.
    public var author: String
    /// Whether it made no layer.
    public var isEmpty: Bool

    /// A step.
    public init(
      created: Instant, createdBy: String = "", comment: String = "", author: String = "", isEmpty: Bool = false
    ) {
      self.created = created
      self.createdBy = createdBy
      self.comment = comment
      self.author = author
      self.isEmpty = isEmpty
    }
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
  /// Who made it.
  public internal(set) var author = ""
  /// Which version of Docker made it; empty for BuildKit.
  public internal(set) var dockerVersion = ""
  /// The image that it was made on top of here; nil for one that came from elsewhere.
  public internal(set) var parent: ImageID?
  /// The words of the command that made it out of its parent: what a build looks for in its cache.
  public internal(set) var step: [String] = []
  /// How it came to be, first step first; that of a pulled one which was built is made up when
  /// it is asked for.
  public internal(set) var ownHistory: [HistoryEntry] = []
  /// Its config as JSON; nil for a pulled one.
  public internal(set) var document: Shared<[UInt8]>?

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
    if persona.isImported {
      ownHistory = [HistoryEntry(created: created, createdBy: "", comment: "Imported from -", isEmpty: false)]
    }
  }

  /// An image without anything, for others to be made on.
  public static func scratch(at now: Instant) -> Image {
    var image = Image(of: PersonaLibrary.scratch, as: ImageReference.scratch)
    image.created = now
    return image
  }

  /// Its size unpacked, in bytes.
  public var size: UInt64 { layers.reduce(0) { $0 + $1.size } }

  /// Whether it has files and a document of its own.
  public var isOwn: Bool { document != nil }

  /// What its author says of it.
  public var comment: String { ownHistory.last?.comment ?? (isOwn ? "" : "buildkit.dockerfile.v0") }

  /// How it came to be, first step first.
  public var history: [HistoryEntry] {
    if isOwn || persona == PersonaLibrary.scratch.name || !ownHistory.isEmpty { return ownHistory }
    var entries: [HistoryEntry] = []
    func note(_ command: String, isEmpty: Bool = true) {
      let comment = command.hasPrefix("/bin/sh") ? "" : self.comment
      entries.append(HistoryEntry(created: created, createdBy: command, comment: comment, isEmpty: isEmpty))
    }
    func list(_ words: [String]) -> String { "[" + words.map { "\"\($0)\"" }.joined(separator: " ") + "]" }
    for (index, layer) in layers.enumerated() {
      let isFirst = index == 0
      note(
        isFirst ? "/bin/sh -c #(nop) ADD file:\(layer.digest) in / " : "RUN /bin/sh -c set -x # buildkit",
        isEmpty: false)
    }
    if let entrypoint = config.entrypoint { note("ENTRYPOINT \(list(entrypoint))") }
    for port in config.exposedPorts.reversed() { note("EXPOSE map[\(port):{}]") }
    if let command = config.command { note("CMD \(list(command))") }
    return entries
  }

  /// An image made out of this one: it has another layer, unless that is empty, and one more step of history.
  ///
  /// It has no ID before it is sealed with its document.
  public func child(
    _ layer: Layer?, config: ImageConfig, step: [String], author: String, comment: String = "",
    by dockerVersion: String, at now: Instant
  ) -> Image {
    var child = self
    child.parent = isBlank ? nil : id
    child.config = config
    child.created = now
    child.author = author
    child.dockerVersion = dockerVersion
    child.step = step
    let hasLayer = layer.map { !$0.isEmpty } ?? false
    if let layer, hasLayer { child.layers.append(layer) }
    child.ownHistory =
      history + [
        HistoryEntry(
          created: now, createdBy: step.joined(separator: " "), comment: comment, author: author, isEmpty: !hasLayer)
      ]
    child.document = nil
    return child
  }

  /// Whether it is what others begin with when they begin with nothing.
  private var isBlank: Bool { layers.isEmpty && document == nil }

  /// An image as an archive of images tells of it.
  public init(
    persona: String, tag: String?, config: ImageConfig, layers: [Layer], history: [HistoryEntry], author: String,
    dockerVersion: String, created: Instant
  ) {
    self.init()
    (self.persona, personaTag, self.config, self.layers) = (persona, tag, config, layers)
    (ownHistory, self.author, self.dockerVersion, self.created) = (history, author, dockerVersion, created)
  }

  /// Gives it its document, and the ID that follows from that.
  public mutating func seal(with document: [UInt8]) {
    self.document = Shared(document)
    id = ImageID(bytes: SHA256.digest(document))
    digest = ""
  }
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
    a.field(&layers)
    a.field(&author)
    a.field(&dockerVersion)
    a.optional(&parent, ImageID()) { $0.field(&$1) }
    a.field(&step)
    a.list(&ownHistory, HistoryEntry(created: .zero)) {
      $0.field(&$1.created)
      $0.field(&$1.createdBy)
      $0.field(&$1.comment)
      $0.field(&$1.author)
      $0.field(&$1.isEmpty)
    }
    var bytes = document?.value
    a.optional(&bytes, []) { $0.field(&$1) }
    if a.isReading { document = bytes.map { Shared($0) } }
  }
}
