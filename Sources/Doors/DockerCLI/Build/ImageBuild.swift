import EngineTypes
import SimBase

/// `docker build`: an image out of a Dockerfile and the files beside it, by the engine's own builder.
///
/// **Differs from Docker:** a context is not fetched from a URL by the client.
/// Source: docker/cli `cli/command/image/build.go`, `cli/command/image/build/context.go`.
enum ImageBuild {
  static let command = Command(
    use: "build [OPTIONS] PATH | URL | -", short: "Build an image from a Dockerfile",
    aliases: ["docker image build", "docker build", "docker builder build"], arity: .exactly(1),
    options: BuildOptions.all, run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let session = call.session
    let isQuiet = call.flags.isOn("quiet")
    let path = call.arguments[0]
    var query = BuildOptions.query(call.flags)
    let context: [UInt8]
    if path == "-" {
      context = contextOfInput(session.readAllInput(), call, &query)
    } else if path.includes("://") {
      query["remote"] = path
      context = []
    } else {
      let packed = try pack(path, call)
      (context, query["dockerfile"]) = (packed.bytes, packed.dockerfile)
    }
    let sending = "Sending build context to Docker daemon  \(humanSize(Double(context.count)))\r\r\n"
    let sends = !path.includes("://")
    if sends && !isQuiet { session.write(sending) }
    var printer = ProgressPrinter(session: session, holdsBack: isQuiet)
    do throws(Failure) {
      let answer = try session.engine().open(
        "POST", "/build", query, bytes: context, headers: [HTTPHeader("Content-Type", "application/x-tar")])
      try printer.follow(answer)
    } catch {
      // A quiet build tells everything once it has gone wrong.
      if isQuiet {
        session.host.write(Array(((sends ? sending : "") + (printer.held ?? "")).utf8), to: .error)
      }
      throw error
    }
    if let held = printer.held { session.write(held) }
    let file = call.flags.text("iidfile")
    guard !file.isEmpty, let id = printer.builtID else { return }
    do throws(FileTrouble) { try session.host.writeFile(session.host.absolute(file), Array(id.utf8)) } catch {
      throw Failure("open \(file): \(error.reason)")
    }
  }

  /// What stands on the input: a context, or a Dockerfile alone.
  private static func contextOfInput(_ bytes: [UInt8], _ call: Invocation, _ query: inout Query) -> [UInt8] {
    if Gzip.isPacked(bytes) || bytes.count >= 512 && TapeArchive(bytes) != nil {
      if !call.flags.text("file").isEmpty { query["dockerfile"] = call.flags.text("file") }
      return bytes
    }
    var archive = TapeArchive()
    archive.add(TapeArchive.Item(path: "Dockerfile", kind: .file(bytes), mode: 0o600))
    return archive.bytes
  }

  /// The folder as an archive, and the Dockerfile's path in it.
  private static func pack(_ path: String, _ call: Invocation) throws(Failure) -> (bytes: [UInt8], dockerfile: String) {
    let host = call.session.host
    let root = cleanPath(host.absolute(path))
    let trouble = "unable to prepare context: "
    guard host.isFolder(root) else { throw Failure("\(trouble)path \(path.goQuoted) not found") }
    let named = call.flags.text("file")
    let file = named.isEmpty ? root + "/Dockerfile" : cleanPath(host.absolute(named))
    guard host.fileExists(file) else {
      throw Failure(
        "\(trouble)unable to evaluate symlinks in Dockerfile path: lstat \(file): no such file or directory")
    }
    guard file.hasPrefix(root + "/") else {
      throw Failure("\(trouble)the Dockerfile (\(named)) must be within the build context")
    }
    let dockerfile = String(file.dropFirst(root.count + 1))
    let ignored = (try? host.readFile(root + "/.dockerignore")).map { IgnoreFile(String(decoding: $0, as: UTF8.self)) }
    var archive = TapeArchive()
    // The engine needs both files, and leaves them out itself where they are ignored.
    let kept = [dockerfile, ".dockerignore"]
    for name in host.list(root) { try archive.add(name, under: root, without: ignored, keeping: kept, from: host) }
    return (archive.bytes, dockerfile)
  }
}

extension TapeArchive {
  /// Packs a path of a context with what is below it, but for what is ignored.
  fileprivate mutating func add(
    _ path: String, under root: String, without ignored: IgnoreFile?, keeping kept: [String], from host: any CLIHost
  ) throws(Failure) {
    let full = root + "/" + path
    let isOut = (ignored?.excludes(path) ?? false) && !kept.contains(path)
    guard host.isFolder(full) else {
      if !isOut { try add(full, as: path, from: host) }
      return
    }
    // Below an ignored folder there may be exceptions.
    if isOut, !(ignored?.hasExceptions ?? false), !kept.contains(where: { $0.hasPrefix(path + "/") }) { return }
    if !isOut { add(Item(path: path, kind: .directory, mode: host.mode(full) ?? 0o755)) }
    for name in host.list(full) {
      try add(path + "/" + name, under: root, without: ignored, keeping: kept, from: host)
    }
  }
}

/// The flags of a build, and what they ask of the engine.
enum BuildOptions {
  static let all: [Option] = [
    Option("add-host", nil, .list, "Add a custom host-to-IP mapping (\"host:ip\")"),
    Option("build-arg", nil, .list, "Set build-time variables"),
    Option("cache-from", nil, .strings, "Images to consider as cache sources"),
    Option("cgroup-parent", nil, "Set the parent cgroup for the \"RUN\" instructions during build"),
    Option("compress", nil, .bool, "Compress the build context using gzip"),
    Option("cpu-period", nil, .int, "Limit the CPU CFS (Completely Fair Scheduler) period"),
    Option("cpu-quota", nil, .int, "Limit the CPU CFS (Completely Fair Scheduler) quota"),
    Option("cpu-shares", "c", .int, "CPU shares (relative weight)"),
    Option("cpuset-cpus", nil, "CPUs in which to allow execution (0-3, 0,1)"),
    Option("cpuset-mems", nil, "MEMs in which to allow execution (0-3, 0,1)"),
    Option("disable-content-trust", nil, .bool, default: "true", "Skip image verification"),
    Option("file", "f", "Name of the Dockerfile (Default is \"PATH/Dockerfile\")"),
    Option("force-rm", nil, .bool, "Always remove intermediate containers"),
    Option("iidfile", nil, "Write the image ID to the file"),
    Option("isolation", nil, "Container isolation technology"),
    Option("label", nil, .list, "Set metadata for an image"),
    Option("memory", "m", .bytes, "Memory limit"),
    Option("memory-swap", nil, .swapBytes, "Swap limit equal to memory plus swap: -1 to enable unlimited swap"),
    Option("network", nil, default: "default", "Set the networking mode for the RUN instructions during build"),
    Option("no-cache", nil, .bool, "Do not use cache when building the image"),
    Option("platform", nil, "Set platform if server is multi-platform capable"),
    Option("pull", nil, .bool, "Always attempt to pull a newer version of the image"),
    Option("quiet", "q", .bool, "Suppress the build output and print image ID on success"),
    Option("rm", nil, .bool, default: "true", "Remove intermediate containers after a successful build"),
    Option("security-opt", nil, .strings, "Security options"),
    Option("shm-size", nil, .bytes, "Size of \"/dev/shm\""),
    Option("squash", nil, .bool, hidden: true, "Squash newly built layers into a single new layer"),
    Option("tag", "t", .tag, "Name and optionally a tag in the \"name:tag\" format"),
    Option("target", nil, "Set the target build stage to build."),
    Option("ulimit", nil, .ulimit, shows: "[]", "Ulimit options"),
  ]

  /// The query of `POST /build`.
  static func query(_ flags: Flags) -> Query {
    func pairs(_ flag: String) -> String {
      JSON.object(flags.map(flag).map { .init($0.key, .string($0.value)) }).text
    }
    var query: Query = [
      "buildargs": pairs("build-arg"), "dockerfile": "Dockerfile", "labels": pairs("label"),
      "networkmode": flags.text("network"), "rm": flags.isOn("rm") ? "1" : "0", "version": "1",
    ]
    for (key, flag) in [
      ("cgroupparent", "cgroup-parent"), ("cpuperiod", "cpu-period"), ("cpuquota", "cpu-quota"),
      ("cpusetcpus", "cpuset-cpus"), ("cpusetmems", "cpuset-mems"), ("cpushares", "cpu-shares"), ("target", "target"),
    ] where flags.isSet(flag) { query[key] = flags.text(flag) }
    for (key, flag) in [("memory", "memory"), ("memswap", "memory-swap"), ("shmsize", "shm-size")]
    where flags.isSet(flag) { query[key] = flags.text(flag) == "-1" ? "-1" : String(flags.size(flag)) }
    for (key, flag) in [("nocache", "no-cache"), ("forcerm", "force-rm"), ("q", "quiet"), ("pull", "pull")]
    where flags.isOn(flag) { query[key] = "1" }
    let sources = flags.list("cache-from")
    if !sources.isEmpty { query["cachefrom"] = JSON.array(sources.map { .string($0) }).text }
    if flags.isSet("platform") { query["platform"] = flags.text("platform") }
    query.append("t", flags.list("tag"))
    query.append("extrahosts", flags.list("add-host"))
    return query
  }
}

extension Option.Kind {
  /// The name of an image.
  static let tag = Option.Kind.custom("list", .many) { (text, _) throws(FlagTrouble) in _ = try ImageReference(text) }
}
