import Shell
import SimBase

/// **Differs from Docker:** times are told as if the world had begun with 2026, since a checksum covers them and the world
/// knows no dates.
extension TapeArchive {
  /// Adds a file, a directory or a link of a tree.
  public mutating func add(_ path: String, _ entry: FileEntry) {
    let kind: Item.Kind =
      switch entry.content {
      case .directory: .directory
      case .link(let target): .link(target)
      case .file(let bytes): .file(bytes)
      }
    let seconds = Epoch.fixed.date(entry.modified).unixNanoseconds / 1_000_000_000
    var item = Item(path: path, kind: kind, mode: entry.mode, seconds: seconds)
    (item.user, item.group) = (entry.user, entry.group)
    add(item)
  }
}

extension TapeArchive.Item {
  /// When the thing was last changed, by the world's clock.
  public var modified: Instant { Epoch.fixed.instant(Timestamp(unixNanoseconds: seconds * 1_000_000_000)) }
}

extension FileTree {
  /// Unpacks one thing; directories on the way are made, a file in its place is replaced. Who owns it in the archive
  /// owns it here only where that is asked for.
  public mutating func put(
    _ item: TapeArchive.Item, under root: String, keepingOwner: Bool = false, at now: Instant
  ) throws(FileError) {
    let path = FileTree.normal(root + item.path)
    if path == "/" { return }
    let parent = "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    if !isDirectory(parent) { try makeDirectory(parent, parents: true, at: now) }
    switch item.kind {
    case .directory:
      if !isDirectory(path) { try makeDirectory(path, parents: true, at: now) }
      try setMode(path, item.mode)
    case .file(let bytes):
      if linkEntry(path)?.isLink ?? false { try remove(path) }
      try write(path, bytes, mode: item.mode, at: item.modified)
    case .link(let target):
      if linkEntry(path) != nil { try remove(path) }
      try link(path, to: target, at: item.modified)
    case .hardLink(let target):
      let source = FileTree.normal(root + target)
      guard let entry = linkEntry(source), case .file(let bytes) = entry.content else { return }
      if linkEntry(path) != nil { try remove(path) }
      // A tree has no inodes: a large file under many names (busybox) would be kept as often.
      if bytes.count > FileTree.largestCopiedLink {
        try link(path, to: source, at: item.modified)
      } else {
        try write(path, bytes, mode: entry.mode, at: item.modified)
      }
    }
    if keepingOwner { try setOwner(path, user: item.user, group: item.group) }
  }

  private static var largestCopiedLink: Int { 65_536 }
}
