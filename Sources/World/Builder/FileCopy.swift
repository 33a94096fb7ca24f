import Shell
import SimBase

/// `COPY` and `ADD`: files of a build's context, or of another image, put into an image's tree.
///
/// Source: moby/moby `daemon/builder/dockerfile/copy.go`.
public struct FileCopy: Sendable {
  /// Why nothing is copied.
  public struct Fault: Error, Hashable, Sendable {
    /// The sentence about it.
    public var sentence: String

    init(_ sentence: String) { self.sentence = sentence }
  }

  /// Where the files are.
  public var source: FileTree
  /// Whether they are the context's, where a `.dockerignore` may have left some out.
  public var isFromContext: Bool
  /// Whether archives are unpacked.
  public var isAddition: Bool
  /// Whose they become; nil for the superuser's.
  public var owner: UserIdentity?

  /// A copy out of a tree.
  public init(from source: FileTree, isFromContext: Bool, isAddition: Bool, owner: UserIdentity?) {
    (self.source, self.isFromContext, self.isAddition, self.owner) = (source, isFromContext, isAddition, owner)
  }

  private var name: String { isAddition ? "ADD" : "COPY" }

  /// Puts what the patterns name at a target; a digest of it comes back, for a build's cache: `file:…`, `dir:…`.
  public func copy(
    _ patterns: [String], to target: String, in directory: String, into tree: inout FileTree, at now: Instant
  ) throws(Fault) -> String {
    let paths = try found(patterns)
    if paths.isEmpty { throw Fault("\(name) failed: no source files were specified") }
    let saysDirectory = target.hasSuffix("/") || target.hasSuffix("/.") || target == "."
    if paths.count > 1 && !saysDirectory {
      throw Fault(
        "When using \(name) with more than one source file, the destination must be a directory and end with a /")
    }
    let place = FileTree.absolute(target, from: directory)
    var digests: [String] = []
    for path in paths {
      digests.append(digest(of: path))
      do throws(FileError) {
        try put(path, at: place, isDirectory: saysDirectory || tree.isDirectory(place), into: &tree, now)
      } catch {
        throw Fault("\(name) failed: \(error.sentence.lowercased())")
      }
    }
    return digests.count == 1 ? digests[0] : "multi:" + SHA256.hex(digests.joined(separator: ","))
  }

  private func found(_ patterns: [String]) throws(Fault) -> [String] {
    var paths: [String] = []
    for pattern in patterns {
      if FileCopy.leadsOut(pattern), isFromContext {
        throw Fault("\(name) failed: forbidden path outside the build context: \(pattern) ()")
      }
      let path = FileTree.normal("/" + pattern)
      if PathPattern.isPattern(pattern) {
        let matcher = PathPattern(path)
        paths += source.everything.filter(matcher.matches)
      } else if source.exists(path) {
        paths.append(path)
      } else {
        let hint = isFromContext ? "file not found in build context or excluded by .dockerignore: " : ""
        throw Fault("\(name) failed: \(hint)stat \(path.dropFirst()): file does not exist")
      }
    }
    return paths
  }

  /// Whether a path climbs above where it begins.
  public static func leadsOut(_ path: String) -> Bool {
    var depth = 0
    for part in path.split(separator: "/") where part != "." {
      depth += part == ".." ? -1 : 1
      if depth < 0 { return true }
    }
    return false
  }

  private func put(
    _ path: String, at place: String, isDirectory: Bool, into tree: inout FileTree, _ now: Instant
  ) throws(FileError) {
    let real = source.realPath(path) ?? path
    guard let entry = source.linkEntry(real) else { return }
    switch entry.content {
    case .directory:
      // Its content is copied, not itself.
      if !tree.isDirectory(place) { try make(place, &tree, now) }
      for below in source.everything where below.hasPrefix(real == "/" ? "/" : real + "/") {
        let rest = real == "/" ? below : String(below.dropFirst(real.count))
        try write(source.linkEntry(below), at: FileTree.normal(place + rest), &tree, now)
      }
    case .file(let bytes):
      if isAddition, let archive = FileCopy.archive(bytes) {
        if !tree.isDirectory(place) { try make(place, &tree, now) }
        for item in archive.items {
          let target = FileTree.normal(place + item.path)
          if target != "/" { try write(FileEntry(item), at: target, &tree, now) }
        }
        return
      }
      let last = path.split(separator: "/").last.map(String.init) ?? ""
      let target = isDirectory ? FileTree.normal(place + "/" + last) : place
      try write(entry, at: target, &tree, now)
    case .link: break
    }
  }

  /// A local archive that an addition unpacks.
  private static func archive(_ bytes: [UInt8]) -> TapeArchive? {
    guard let plain = Gzip.isPacked(bytes) ? Gzip.unpacked(bytes) : bytes, plain.count >= 512 else { return nil }
    guard let archive = TapeArchive(plain), !archive.items.isEmpty else { return nil }
    return archive
  }

  /// A directory and those above it; the new ones belong to the copy's owner.
  private func make(_ path: String, _ tree: inout FileTree, _ now: Instant) throws(FileError) {
    var above = ""
    for part in path.split(separator: "/") {
      above += "/" + part
      if tree.exists(above) { continue }
      try tree.makeDirectory(above, at: now)
      try own(above, &tree)
    }
  }

  private func write(
    _ entry: FileEntry?, at path: String, _ tree: inout FileTree, _ now: Instant
  ) throws(FileError) {
    guard let entry else { return }
    let parent = "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    if !tree.isDirectory(parent) { try make(parent, &tree, now) }
    switch entry.content {
    case .directory:
      if !tree.isDirectory(path) { try tree.makeDirectory(path, at: entry.modified) }
      try tree.setMode(path, entry.mode)
    case .file(let bytes):
      if tree.linkEntry(path)?.isLink ?? false { try tree.remove(path) }
      try tree.write(path, bytes, mode: entry.mode, at: entry.modified)
    case .link(let goal):
      if tree.linkEntry(path) != nil { try tree.remove(path, recursive: true) }
      try tree.link(path, to: goal, at: entry.modified)
    }
    try own(path, &tree)
  }

  private func own(_ path: String, _ tree: inout FileTree) throws(FileError) {
    let (user, group) = (owner?.userID ?? 0, owner?.groupID ?? 0)
    try tree.setOwner(path, user: UInt32(clamping: user), group: UInt32(clamping: group))
  }

  /// A digest of a path's content: not of its dates, which copying a context changes.
  private func digest(of path: String) -> String {
    let real = source.realPath(path) ?? path
    let isDirectory = source.isDirectory(real)
    var sha = SHA256()
    let below = isDirectory ? source.everything.filter { $0.hasPrefix(real == "/" ? "/" : real + "/") } : []
    for path in [real] + below {
      guard let entry = source.linkEntry(path) else { continue }
      sha.update("\(path.dropFirst(isDirectory ? real.count : 0)) \(entry.mode) ".utf8)
      switch entry.content {
      case .directory: sha.update("directory\n".utf8)
      case .link(let goal): sha.update("link \(goal)\n".utf8)
      case .file(let bytes):
        sha.update("file \(bytes.count)\n".utf8)
        sha.update(bytes)
      }
    }
    return (isDirectory ? "dir:" : "file:") + hexText(sha.finalize())
  }
}

extension FileTree {
  /// All paths but the root's, in order.
  fileprivate var everything: [String] {
    var found: [String] = []
    func walk(_ directory: String) {
      for name in (try? list(directory)) ?? [] {
        let path = directory == "/" ? "/" + name : directory + "/" + name
        found.append(path)
        if linkEntry(path)?.isDirectory ?? false { walk(path) }
      }
    }
    walk("/")
    return found
  }
}

extension FileEntry {
  /// What an archive has as a tree has it.
  fileprivate init(_ item: TapeArchive.Item) {
    let content: Content =
      switch item.kind {
      case .file(let bytes): .file(bytes)
      case .directory: .directory
      case .link(let target): .link(target)
      case .hardLink(let target): .link(target)
      }
    self.init(
      content, mode: item.mode, modified: Epoch.fixed.instant(Timestamp(unixNanoseconds: item.seconds * 1_000_000_000)))
  }
}
