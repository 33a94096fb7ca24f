import Engine
import EngineTypes
import Shell
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

// Files in and out of containers, as `docker cp` and `docker export` carry them.
//
// Source: moby/moby `daemon/archive_unix.go`, `daemon/server/router/container/copy.go`.

extension EngineAnswer {
  /// Tells about a path in a container, in a header.
  static func pathStat(
    _ name: String, _ path: String, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    let files = try files(of: name, on: &node, at: now, &network)
    let place = try place(of: path, in: files, name)
    return EngineAnswer(status: 200, headers: [place.header])
  }

  /// A path in a container as an archive: a directory with all that is in it.
  static func archive(
    _ name: String, _ path: String, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    let files = try files(of: name, on: &node, at: now, &network)
    let place = try place(of: path, in: files, name)
    var archive = TapeArchive()
    let source = place.entry.isLink ? place.path : files.realPath(place.path) ?? place.path
    archive.add(source, in: files, as: place.name == "/" ? "." : place.name)
    try tell("archive-path", of: name, on: &node, at: now, &network)
    let headers = [HTTPHeader("Content-Type", "application/x-tar"), place.header]
    return EngineAnswer(status: 200, headers: headers, body: DatedBytes(archive.bytes))
  }

  /// A container's whole file system as an archive.
  static func export(
    _ name: String, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    let files = try files(of: name, on: &node, at: now, &network)
    var archive = TapeArchive()
    for child in (try? files.list("/")) ?? [] { archive.add("/" + child, in: files, as: child) }
    try tell("export", of: name, on: &node, at: now, &network)
    return EngineAnswer(
      status: 200, headers: [HTTPHeader("Content-Type", "application/octet-stream")], body: DatedBytes(archive.bytes))
  }

  /// Unpacks an archive into a directory of a container.
  static func unpacked(
    _ bytes: [UInt8], _ name: String, _ path: String, on node: inout SwarmNode, at now: Instant,
    _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    let files = try files(of: name, on: &node, at: now, &network)
    let place = try place(of: path, in: files, name)
    if files.entry(place.path)?.isDirectory != true {
      throw APIError(.invalidParameter, "extraction point is not a directory")
    }
    try checkWritable(files.realPath(place.path) ?? place.path, of: name, on: node)
    guard let archive = TapeArchive(bytes) else {
      // An archive is made of blocks of 512 bytes.
      if bytes.count < 512 { throw APIError(.system, "unexpected EOF") }
      throw APIError(.system, "Error processing tar file(exit status 1): archive/tar: invalid tar header")
    }
    let root = files.realPath(place.path) ?? place.path
    let refusal = node.changeEngine(at: now, network: &network) { engine, _ in
      unpack(archive, at: root, of: name, in: &engine, now)
    }
    if let refusal { throw refusal }
    try tell("extract-to-dir", of: name, on: &node, at: now, &network)
    return .empty()
  }

  /// Source: moby/moby `daemon/archive_unix.go` (`containerExtractToDir`).
  private static func checkWritable(_ path: String, of name: String, on node: SwarmNode) throws(APIError) {
    let container = try asked { () throws(EngineError) in try node.engine.container(.typed(name)) }
    let mount = container.mounts.filter { path == $0.target || path.hasPrefix($0.target + "/") }.max {
      $0.target.count < $1.target.count
    }
    if let mount {
      if mount.isReadOnly { throw APIError(.invalidParameter, "mounted volume is marked read-only") }
    } else if container.host.value.isReadOnly {
      throw APIError(.invalidParameter, "container rootfs is marked read-only")
    }
  }

  private static func tell(
    _ action: String, of name: String, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) {
    let id = try asked { () throws(EngineError) in try node.engine.container(.typed(name)).id }
    node.tellEngine(at: now, &network) { $0.tell(action, of: id, at: now, into: &$1) }
  }

  private static func unpack(
    _ archive: TapeArchive, at root: String, of name: String, in engine: inout Engine, _ now: Instant
  ) -> APIError? {
    do {
      try engine.changeFiles(of: .typed(name), at: now) { files throws(FileError) in
        for item in archive.items { try files.put(item, under: root, at: now) }
      }
      return nil
    } catch let error as FileError {
      return APIError(.system, "Error processing tar file(exit status 1): \(error.sentence)")
    } catch {
      return APIError(.system, "\(error)")
    }
  }

  private static func files(
    of name: String, on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> FileTree {
    try node.ask(at: now, &network) { engine, _ throws(EngineError) in try engine.files(of: .typed(name), at: now) }
  }

  private static func place(
    of path: String, in files: FileTree, _ container: String
  ) throws(APIError) -> ArchivePlace {
    let absolute = FileTree.normal("/" + path)
    // A slash or a point at the end means the directory that a link leads to; the point is the directory's name then.
    let isInside = path == "." || path.hasSuffix("/.")
    let follows = isInside || path.hasSuffix("/")
    guard let entry = follows ? files.entry(absolute) : files.linkEntry(absolute) else {
      throw APIError(.notFound, "Could not find the file \(path) in container \(container)")
    }
    let name = isInside && absolute != "/" ? "." : absolute.split(separator: "/").last.map(String.init) ?? "/"
    guard case .link(let target) = entry.content else { return ArchivePlace(path: absolute, name: name, entry: entry) }
    // A link's target is told as the path that it comes to in the end.
    let folder = "/" + absolute.split(separator: "/").dropLast().joined(separator: "/")
    let end = files.realPath(absolute) ?? FileTree.absolute(target, from: folder)
    return ArchivePlace(path: absolute, name: name, entry: entry, target: end)
  }
}

/// A path in a container that a client asks about.
private struct ArchivePlace {
  let path: String
  let name: String
  let entry: FileEntry
  var target = ""

  /// What it is, in base64: the client looks before it unpacks. Its mode is Go's, which has its own bits for kinds.
  var header: HTTPHeader {
    var writer = JSONWriter()
    var mode = Int64(entry.mode)
    if entry.isDirectory { mode |= 1 << 31 }
    if entry.isLink { mode |= 1 << 27 }
    writer.object { writer in
      writer.field("name", name)
      writer.field("size", entry.size)
      writer.field("mode", mode)
      writer.field("mtime", Epoch.fixed.date(entry.modified).rfc3339)
      writer.field("linkTarget", target)
    }
    return HTTPHeader("X-Docker-Container-Path-Stat", Base64.text(writer.bytes))
  }
}

extension TapeArchive {
  /// Adds a path of a tree under another name, and all that is below it.
  fileprivate mutating func add(_ path: String, in files: FileTree, as name: String) {
    guard let entry = files.linkEntry(path) else { return }
    add(name, entry)
    if !entry.isDirectory { return }
    for child in (try? files.list(path)) ?? [] {
      add(path == "/" ? "/" + child : "\(path)/\(child)", in: files, as: "\(name)/\(child)")
    }
  }
}

extension FileTree {
  /// Unpacks one thing; directories on the way are made, a file in its place is replaced.
  fileprivate mutating func put(_ item: TapeArchive.Item, under root: String, at now: Instant) throws(FileError) {
    let path = FileTree.normal(root + item.path)
    if path == "/" { return }
    let parent = "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    if !isDirectory(parent) { try makeDirectory(parent, parents: true, at: now) }
    switch item.kind {
    case .directory:
      if !isDirectory(path) { try makeDirectory(path, parents: true, at: now) }
      try setMode(path, item.mode)
    case .file(let bytes): try write(path, bytes, mode: item.mode, at: item.modified)
    case .link(let target):
      if linkEntry(path) != nil { try remove(path) }
      try link(path, to: target, at: item.modified)
    }
  }
}
