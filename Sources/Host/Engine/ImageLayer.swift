import Shell
import SimBase
import Workloads

extension Image {
  /// One layer.
  ///
  /// A pulled image's layers are as large as the real ones, and empty: what its containers find is its persona's. The
  /// layers of images that are made here, by commits, builds, imports and loads, are archives.
  public struct Layer: Hashable, Sendable {
    /// Its digest without `sha256:`; the first twelve digits name it while it is pulled.
    public var digest: String
    /// Its size unpacked, in bytes.
    public var size: UInt64
    /// Its size on the wire, in bytes.
    public var downloadSize: UInt64
    /// What is in it, where that is known.
    public internal(set) var content: LayerContent?

    init(digest: String, size: UInt64, downloadSize: UInt64) {
      self.digest = digest
      self.size = size
      self.downloadSize = downloadSize
    }

    /// A layer of these files.
    public init(_ archive: TapeArchive) { self.init(LayerContent(archive.bytes), unpacked: archive) }

    /// A layer of these files as somebody has packed them.
    public init(_ content: LayerContent, unpacked archive: TapeArchive) {
      let size = archive.items.reduce(UInt64(0)) { sum, item in
        switch item.kind {
        case .file(let bytes): sum + UInt64(bytes.count)
        case .link(let target): sum + UInt64(target.utf8.count)
        case .directory, .hardLink: sum
        }
      }
      self.init(digest: content.digest, size: size, downloadSize: UInt64(content.bytes.count))
      self.content = content
    }

    /// The layer that makes one tree into another.
    public init(from before: FileTree, to after: FileTree) {
      self.init(TapeArchive(after.changes(since: before), of: after))
    }

    /// Whether there is nothing in it at all: such a layer is none.
    public var isEmpty: Bool { digest == LayerContent.emptyDigest }

    /// By digest.
    public static func == (a: Layer, b: Layer) -> Bool { a.digest == b.digest && a.size == b.size }
    /// By digest.
    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
  }
}

/// The files of a layer: an archive of what is added and changed, and of marks for what is taken away.
///
/// Source: OCI image specification `layer.md` (whiteouts).
public struct LayerContent: Sendable {
  private let shared: Shared<[UInt8]>
  /// The digest of the archive, without `sha256:`.
  public let digest: String

  /// The content of an archive.
  public init(_ bytes: [UInt8]) {
    shared = Shared(bytes)
    digest = hexText(SHA256.digest(bytes))
  }

  /// The archive.
  public var bytes: [UInt8] { shared.value }

  /// The digest of an archive without anything.
  static let emptyDigest = LayerContent(TapeArchive().bytes).digest
  /// What marks a path as taken away: before its last name.
  static let whiteout = ".wh."
  /// What marks a directory as new: nothing of what was in it below is left.
  static let opaque = ".wh..wh..opq"
}

extension Image.Layer: Archivable {
  /// A blank one.
  public init() { self.init(digest: "", size: 0, downloadSize: 0) }

  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&digest)
    a.field(&size)
    a.field(&downloadSize)
    var bytes = content?.bytes ?? []
    a.field(&bytes)
    if a.isReading { content = bytes.isEmpty ? nil : LayerContent(bytes) }
  }
}

extension FileTree {
  /// The tree that layers make, the lowest first.
  public init(_ layers: [Image.Layer]) {
    self.init()
    for layer in layers {
      if let archive = layer.content.flatMap({ TapeArchive($0.bytes) }) { apply(archive) }
    }
  }

  /// Puts a layer over what is here.
  mutating func apply(_ layer: TapeArchive) {
    for item in layer.items {
      let parts = item.path.split(separator: "/")
      let name = parts.last.map(String.init) ?? ""
      let directory = "/" + parts.dropLast().joined(separator: "/")
      if name == LayerContent.opaque {
        for child in (try? list(directory)) ?? [] { try? remove(directory + "/" + child, recursive: true) }
      } else if name.hasPrefix(LayerContent.whiteout) {
        try? remove(directory + "/" + name.dropFirst(LayerContent.whiteout.count), recursive: true)
      } else {
        if !item.isDirectory, isDirectory(item.path) { try? remove(item.path, recursive: true) }
        try? put(item, under: "", keepingOwner: true, at: item.modified)
      }
    }
  }
}

extension TapeArchive {
  /// The layer that holds these changes of a tree.
  init(_ changes: [FileChange], of tree: FileTree) {
    self.init()
    var gone = ""
    for change in changes {
      let path = String(change.path.dropFirst())
      switch change.kind {
      case .added, .changed:
        // What is mounted has a directory to be mounted on, whether or not anybody has looked at it.
        add(path, tree.linkEntry(change.path) ?? FileEntry(.directory, mode: 0o755, modified: .zero))
      case .deleted:
        // A directory takes all that is in it along.
        if !gone.isEmpty && change.path.hasPrefix(gone + "/") { continue }
        gone = change.path
        let parts = path.split(separator: "/").map(String.init)
        let name = (parts.dropLast() + [LayerContent.whiteout + (parts.last ?? "")]).joined(separator: "/")
        add(Item(path: name, kind: .file([]), mode: 0o600))
      }
    }
  }
}

extension Persona {
  /// The layers of its image with the files that its containers find: all in the topmost.
  func filled(_ layers: [Image.Layer]) -> [Image.Layer] {
    var archive = TapeArchive()
    let tree = freshFiles()
    for path in tree.paths {
      if let entry = tree.linkEntry(path) { archive.add(String(path.dropFirst()), entry) }
    }
    var layers = layers
    for index in layers.indices {
      layers[index].content = LayerContent((index == layers.indices.last ? archive : TapeArchive()).bytes)
    }
    return layers
  }
}
