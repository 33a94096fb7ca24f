import EngineTypes
import SimBase

/// `docker cp`: files into a container and out of it.
///
/// What arrives under which name depends on whether either end is there, is a folder, and was written with a slash or
/// `/.` at its end, as with `cp -a`.
///
/// **Differs from Docker:** links are followed.
/// Source: docker/cli `cli/command/container/cp.go`; moby/go-archive `copy.go`.
enum ContainerCopy {
  static let command = Command(
    use: "cp [OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
    short: "Copy files/folders between a container and the local filesystem",
    long: """
      Copy files/folders between a container and the local filesystem

      Use '-' as the source to read a tar archive from stdin
      and extract it to a directory destination in a container.
      Use '-' as the destination to stream a tar archive of a
      container source to stdout.
      """,
    aliases: ["docker container cp", "docker cp"], arity: .exactly(2),
    options: [
      Option("archive", "a", .bool, "Archive mode (copy all uid/gid information)"),
      Option("follow-link", "L", .bool, "Always follow symbol link in SRC_PATH"),
      Option(
        "quiet", "q", .bool,
        "Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let (source, target) = (Place(call.arguments[0]), Place(call.arguments[1]))
    if call.arguments.contains("") {
      throw Failure("\(call.arguments[0].isEmpty ? "source" : "destination") can not be empty")
    }
    switch (source.container, target.container) {
    case (let container?, nil): try copyOut(container, source.path, to: target.path, call)
    case (nil, let container?): try copyIn(source.path, to: container, target.path, call)
    case (nil, nil): throw Failure("must specify at least one container source")
    default: throw Failure("copying between containers is not supported")
    }
  }

  /// One end of a copy.
  private struct Place {
    var container: String?
    var path: String

    init(_ text: String) {
      path = text
      if text.hasPrefix("/") { return }
      guard let (name, rest) = text.cut(":"), !name.hasPrefix(".") else { return }
      (container, path) = (name.isEmpty ? nil : name, rest)
    }
  }

  /// What is known of a path before anything is copied to it.
  private struct Target {
    var path: String
    var isThere = false
    var isFolder = false
    /// Whether it was written as a folder: with a slash or `/.` at its end.
    var saysFolder: Bool { path.hasSuffix("/") || path.hasSuffix("/.") }
  }

  // MARK: Out of a container

  private static func copyOut(
    _ container: String, _ path: String, to target: String, _ call: Invocation
  ) throws(Failure) {
    let host = call.session.host
    if target != "-" {
      let folder = parentFolder(cleanPath(host.absolute(target)))
      if !host.fileExists(folder) {
        throw Failure("invalid output path: directory \(folder.goQuoted) does not exist")
      }
    }
    let stream = try call.session.engine().open(
      "GET", "/containers/\(pathEscaped(container))/archive", ["path": path])
    defer { stream.close() }
    var bytes: [UInt8] = []
    while let more = stream.read() {
      if target == "-" { host.write(more, to: .output) } else { bytes += more }
    }
    if target == "-" { return }
    guard let archive = TapeArchive(bytes), let first = archive.items.first else {
      throw Failure("unexpected EOF")
    }
    let place = Target(
      path: host.absolute(target), isThere: host.fileExists(host.absolute(target)),
      isFolder: host.isFolder(host.absolute(target)))
    let root = try landing(of: path, isFolder: first.isDirectory, at: place)
    let prefix = first.path
    for item in archive.items {
      try put(item, at: root + item.path.dropFirst(prefix.count), host)
    }
    report(bytes.count, "to \(place.path)", call)
  }

  /// The path that the source's own name becomes.
  private static func landing(of path: String, isFolder: Bool, at target: Target) throws(Failure) -> String {
    let name = cleanPath("/" + path).split(separator: "/").last.map(String.init) ?? ""
    let bare = cleanPath(target.path)
    if target.isThere, target.isFolder {
      return path.hasSuffix("/.") || name.isEmpty ? bare : bare + "/" + name
    }
    if target.isThere, isFolder { throw Failure("cannot copy directory") }
    if !target.isThere, !isFolder, target.saysFolder { throw Failure("no such directory") }
    return bare
  }

  private static func put(_ item: TapeArchive.Item, at path: String, _ host: any CLIHost) throws(Failure) {
    do throws(FileTrouble) {
      switch item.kind {
      case .directory:
        try host.makeFolder(path)
        try host.setMode(path, item.mode)
      case .file(let bytes):
        try host.writeFile(path, bytes)
        try host.setMode(path, item.mode)
      // What a link leads to in the container is not here.
      case .link, .hardLink: break
      }
    } catch {
      throw Failure("open \(path): \(error.reason)")
    }
  }

  // MARK: Into a container

  private static func copyIn(
    _ path: String, to container: String, _ target: String, _ call: Invocation
  ) throws(Failure) {
    let (host, engine) = (call.session.host, call.session.engine())
    let resource = "/containers/\(pathEscaped(container))/archive"
    var place = Target(path: target)
    if let mode = try? engine.pathMode(resource, target) {
      (place.isThere, place.isFolder) = (true, mode & 1 << 31 != 0)
    }
    var bytes: [UInt8]
    var folder = target
    if path == "-" {
      if !place.isFolder { throw Failure("destination \"\(container):\(target)\" must be a directory") }
      bytes = call.session.readAllInput()
    } else {
      let source = host.absolute(path)
      let isFolder = host.isFolder(source)
      if !host.fileExists(source) { throw Failure("lstat \(lookedFor(source)): no such file or directory") }
      let landing = try landing(of: source + (path.hasSuffix("/.") ? "/." : ""), isFolder: isFolder, at: place)
      folder = parentFolder(landing)
      var archive = TapeArchive()
      let name = landing.split(separator: "/").last.map(String.init) ?? "."
      try archive.add(cleanPath(source), as: name, from: host)
      bytes = archive.bytes
    }
    try engine.send(
      "PUT", resource, ["noOverwriteDirNonDir": "true", "path": folder], bytes: bytes)
    if path != "-" { report(bytes.count, "to \(container):\(target)", call) }
  }

  /// A path as its folder and its name are put together, which doubles the root's slash.
  ///
  /// Source: moby/go-archive `copy.go` (`CopyInfoSourcePath`).
  private static func lookedFor(_ path: String) -> String {
    let path = cleanPath(path)
    return parentFolder(path) + "/" + (path.split(separator: "/").last ?? "")
  }

  private static func report(_ count: Int, _ rest: String, _ call: Invocation) {
    if call.flags.isOn("quiet") || !call.session.host.isTerminal(.output) { return }
    call.session.warn("Successfully copied \(humanSize(Double(count), digits: 3)) \(rest)")
  }
}

extension Engine {
  /// The mode of a path in a container, in Go's bits.
  fileprivate func pathMode(_ resource: String, _ path: String) throws(Failure) -> Int64 {
    let answer = try send("HEAD", resource, ["path": path])
    let stat = Base64.bytes(answer.header("X-Docker-Container-Path-Stat") ?? "") ?? []
    return (try? JSON.parse(stat))?["mode"].int ?? 0
  }
}

extension TapeArchive {
  /// Packs a file of the host, or a folder with all that is in it.
  mutating func add(_ path: String, as name: String, from host: any CLIHost) throws(Failure) {
    if host.isFolder(path) {
      add(Item(path: name, kind: .directory, mode: host.mode(path) ?? 0o755))
      for child in host.list(path) {
        try add(path + "/" + child, as: name == "." ? child : name + "/" + child, from: host)
      }
      return
    }
    do throws(FileTrouble) {
      add(Item(path: name, kind: .file(try host.readFile(path)), mode: host.mode(path) ?? 0o644))
    } catch {
      throw Failure("open \(path): \(error.reason)")
    }
  }
}
