import EngineTypes
import Shell
import SimBase

/// **Differs from Docker:** times are told as if the world had begun with 2026, since a checksum covers them and the world
/// knows no dates.
extension TapeArchive {
  /// Adds a file, a directory or a link of a tree.
  mutating func add(_ path: String, _ entry: FileEntry) {
    let kind: Item.Kind =
      switch entry.content {
      case .directory: .directory
      case .link(let target): .link(target)
      case .file(let bytes): .file(bytes)
      }
    let seconds = Epoch.fixed.date(entry.modified).unixNanoseconds / 1_000_000_000
    add(Item(path: path, kind: kind, mode: entry.mode, seconds: seconds))
  }
}

extension TapeArchive.Item {
  /// When the thing was last changed, by the world's clock.
  var modified: Instant { Epoch.fixed.instant(Timestamp(unixNanoseconds: seconds * 1_000_000_000)) }
}
