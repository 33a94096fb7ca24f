import SimBase

/// A file system as a value: what a container, a node or a lab's laptop has on its disk.
///
/// Entries are kept in one table by absolute path, so a copy costs nothing and the children of a directory are a prefix
/// scan. Paths given to it are absolute; `.` and `..` and symbolic links are followed on the way. Whoever uses a file
/// tree is root: modes are kept and shown, and stop nobody.
///
/// **Differs from Docker:** no inodes, so a hard link is a copy, and a file that is renamed while open is open no more.
public struct FileTree: Sendable, Equatable {
  /// Invariant: every entry's parent is a directory in the table; the root is always there.
  private var entries: Table<String, FileEntry>
  /// Paths at and below which nothing may change, while what is mounted there is for reading only. Not archived.
  public var readOnly: [String] = []

  /// A tree with nothing but its root.
  public init() {
    entries = Table([("/", FileEntry(.directory, mode: 0o755, modified: .zero))])
  }

  /// A stand-in that holds nothing at all, while the real tree is elsewhere.
  static let none = FileTree(entries: Table())

  private init(entries: Table<String, FileEntry>) { self.entries = entries }

  // MARK: Looking

  /// The entry at `path`, links followed; nil if there is none.
  public func entry(_ path: String) -> FileEntry? {
    guard let real = try? resolve(path) else { return nil }
    return entries[real]
  }

  /// The entry at `path` itself: a link is not followed. Nil if there is none.
  public func linkEntry(_ path: String) -> FileEntry? {
    guard let real = try? resolve(path, followingLast: false) else { return nil }
    return entries[real]
  }

  /// Whether there is anything at `path`, links followed.
  public func exists(_ path: String) -> Bool { entry(path) != nil }

  /// Whether there is a directory at `path`, links followed.
  public func isDirectory(_ path: String) -> Bool { entry(path)?.isDirectory ?? false }

  /// The bytes of the file at `path`.
  public func read(_ path: String) throws(FileError) -> [UInt8] {
    guard let entry = entries[try resolve(path)] else { throw .notFound }
    guard case .file(let bytes) = entry.content else { throw .isDirectory }
    return bytes
  }

  /// The text of the file at `path`; nil if there is no such file. Bytes that are not UTF-8 are replaced.
  public func text(_ path: String) -> String? {
    guard let bytes = try? read(path) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The names in the directory at `path`, in the order of their bytes.
  public func list(_ path: String) throws(FileError) -> [String] {
    let real = try resolve(path)
    guard let entry = entries[real] else { throw .notFound }
    guard entry.isDirectory else { throw .notDirectory }
    let prefix = real == "/" ? "/" : real + "/"
    var names: [String] = []
    for (key, _) in entries.from(prefix) {
      guard key.hasPrefix(prefix) else { break }
      let name = key.dropFirst(prefix.count)
      if !name.isEmpty && !name.contains("/") { names.append(String(name)) }
    }
    return names
  }

  /// The path with all links followed; nil if nothing is there.
  public func realPath(_ path: String) -> String? {
    guard let real = try? resolve(path), entries.contains(real) else { return nil }
    return real
  }

  /// The files at and below `path`, named as seen from `directory`: for programs that walk.
  func filesBelow(_ path: String, from directory: String) -> [String] {
    let absolute = FileTree.absolute(path, from: directory)
    guard isDirectory(absolute) else { return [path] }
    return ((try? list(absolute)) ?? []).flatMap {
      filesBelow(path.hasSuffix("/") ? path + $0 : path + "/" + $0, from: directory)
    }
  }

  // MARK: Changing

  /// Makes the file at `path` hold these bytes, and makes the file if need be.
  public mutating func write(
    _ path: String, _ bytes: [UInt8], mode: UInt16? = nil, at now: Instant
  ) throws(FileError) {
    let real = try place(path)
    switch entries[real]?.content {
    case .directory: throw .isDirectory
    case .file:
      entries.update(real) { entry in
        entry.content = .file(bytes)
        entry.modified = now
        if let mode { entry.mode = mode }
      }
    case .link, nil: entries[real] = FileEntry(.file(bytes), mode: mode ?? 0o644, modified: now)
    }
  }

  /// Adds bytes to the end of the file at `path`, and makes the file if need be.
  public mutating func append(_ path: String, _ bytes: [UInt8], at now: Instant) throws(FileError) {
    let real = try place(path)
    guard let entry = entries[real] else { return try write(path, bytes, at: now) }
    if entry.isDirectory { throw .isDirectory }
    entries.update(real) { entry in
      entry.content.append(bytes)
      entry.modified = now
    }
  }

  /// Makes a directory; with `parents`, those above it too, and one that is there already is no error.
  public mutating func makeDirectory(
    _ path: String, parents: Bool = false, mode: UInt16 = 0o755, at now: Instant
  ) throws(FileError) {
    if parents {
      var prefix = ""
      for part in FileTree.normal(path).split(separator: "/") {
        prefix += "/" + part
        guard let there = entry(prefix) else {
          entries[try place(prefix)] = FileEntry(.directory, mode: mode, modified: now)
          continue
        }
        if !there.isDirectory { throw .notDirectory }
      }
      return
    }
    let real = try place(path)
    if entries.contains(real) { throw .exists }
    entries[real] = FileEntry(.directory, mode: mode, modified: now)
  }

  /// Makes a symbolic link at `path` to `target`.
  public mutating func link(_ path: String, to target: String, at now: Instant) throws(FileError) {
    let real = try resolve(path, followingLast: false)
    if entries.contains(real) { throw .exists }
    _ = try place(path, followingLast: false)
    entries[real] = FileEntry(.link(target), mode: 0o777, modified: now)
  }

  /// Takes away what is at `path`; a directory that is not empty only with `recursive`.
  public mutating func remove(_ path: String, recursive: Bool = false) throws(FileError) {
    let real = try resolve(path, followingLast: false)
    guard let entry = entries[real] else { throw .notFound }
    if real == "/" { throw .notPermitted }
    if readOnly.contains(real) { throw .busy }
    try checkWritable(real)
    if entry.isDirectory {
      let inside = subtree(real)
      if !inside.isEmpty && !recursive { throw .notEmpty }
      for key in inside { entries.removeValue(key) }
    }
    entries.removeValue(real)
  }

  /// Moves what is at `source` to `target`, which it replaces if that is a file.
  public mutating func move(_ source: String, to target: String) throws(FileError) {
    let from = try resolve(source, followingLast: false)
    guard let entry = entries[from] else { throw .notFound }
    if readOnly.contains(from) { throw .busy }
    try checkWritable(from)
    let to = try place(target, followingLast: false)
    if from == to { return }
    if to.hasPrefix(from + "/") { throw .invalid }
    if let there = entries[to] {
      if there.isDirectory && !subtree(to).isEmpty { throw .notEmpty }
      if there.isDirectory && !entry.isDirectory { throw .isDirectory }
      entries.removeValue(to)
    }
    for key in [from] + subtree(from) {
      entries[to + key.dropFirst(from.count)] = entries.removeValue(key)
    }
  }

  /// Changes the mode of what is at `path`.
  public mutating func setMode(_ path: String, _ mode: UInt16) throws(FileError) {
    let real = try resolve(path)
    try checkWritable(real)
    if entries.update(real, { $0.mode = mode }) == nil { throw .notFound }
  }

  /// Changes who owns what is at `path`; a link itself, not what it points to.
  public mutating func setOwner(_ path: String, user: UInt32, group: UInt32) throws(FileError) {
    let real = try resolve(path, followingLast: false)
    try checkWritable(real)
    let found: Void? = entries.update(real) { ($0.user, $0.group) = (user, group) }
    if found == nil { throw .notFound }
  }

  private func checkWritable(_ real: String) throws(FileError) {
    if readOnly.contains(where: { real == $0 || real.hasPrefix($0 + "/") }) { throw .readOnly }
  }

  /// Marks what is at `path` as changed now; makes an empty file if there is nothing.
  public mutating func touch(_ path: String, at now: Instant) throws(FileError) {
    let real = try place(path)
    if entries.update(real, { $0.modified = now }) == nil { try write(path, [], at: now) }
  }

  // MARK: Paths

  /// The path without doubled slashes, `.` and `..`: links are not looked at.
  public static func normal(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") {
      if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// `path` as an absolute one, seen from `directory`.
  public static func absolute(_ path: String, from directory: String) -> String {
    normal(path.hasPrefix("/") ? path : directory + "/" + path)
  }

  private func subtree(_ real: String) -> [String] {
    let prefix = real == "/" ? "/" : real + "/"
    var keys: [String] = []
    for (key, _) in entries.from(prefix) {
      guard key.hasPrefix(prefix) else { break }
      if key != real { keys.append(key) }
    }
    return keys
  }

  /// The key that `path` names for writing: its directory must be there, the file need not.
  private func place(_ path: String, followingLast: Bool = true) throws(FileError) -> String {
    let real = try resolve(path, followingLast: followingLast)
    try checkWritable(real)
    guard real != "/", let slash = real.lastIndex(of: "/") else { return real }
    let parent = slash == real.startIndex ? "/" : String(real[..<slash])
    guard let directory = entries[parent] else { throw .notFound }
    if !directory.isDirectory { throw .notDirectory }
    return real
  }

  /// The key that `path` names, links followed; nothing need be there.
  private func resolve(_ path: String, followingLast: Bool = true) throws(FileError) -> String {
    // Most paths have no link: one look-up then answers.
    let plain = FileTree.normal(path)
    if let entry = entries[plain], !followingLast || !entry.isLink { return plain }
    var rest = path.split(separator: "/").map(String.init)
    var done: [String] = []
    var hops = 0
    while !rest.isEmpty {
      let part = rest.removeFirst()
      if part == "." { continue }
      if part == ".." {
        _ = done.popLast()
        continue
      }
      let here = "/" + (done + [part]).joined(separator: "/")
      guard case .link(let target)? = entries[here]?.content, followingLast || !rest.isEmpty else {
        if let entry = entries[here], !entry.isDirectory, !rest.isEmpty { throw .notDirectory }
        done.append(part)
        continue
      }
      hops += 1
      if hops > 40 { throw .linkLoop }
      if target.hasPrefix("/") { done = [] }
      rest = target.split(separator: "/").map(String.init) + rest
    }
    return "/" + done.joined(separator: "/")
  }
}

extension FileTree: Archivable {
  /// The entries in the order of their paths.
  public mutating func archive(_ a: inout Archive) {
    a.table(
      &entries, "", FileEntry(.directory, mode: 0, modified: .zero),
      key: { $0.field(&$1) }, value: { $1.archive(&$0) })
  }
}
