import SimBase

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Starts the process that serves a lab in the background, and ends it.
///
/// The child is this same program with the hidden verb `serve`, in a session of its own, so that closing the terminal does
/// not end it; its words go to the lab's log, and over a pipe (descriptor 3) it says how its start goes on: lines
/// `progress TEXT`, then `ready` or `failed TEXT`.
public struct ServerLauncher {
  private let folder: LabFolder

  /// The descriptor over which a server reports to whoever started it.
  public static let reportDescriptor: Int32 = 3

  /// A launcher of this lab's server.
  public init(_ folder: LabFolder) { self.folder = folder }

  /// Starts the server and waits until clients can come. `progress` gets what a long start has to say.
  public func launch(progress: (String) -> Void) throws(DoorError) {
    var ends: [Int32] = [0, 0]
    if pipe(&ends) != 0 { throw .system(doing: "make", "a pipe", errno) }
    let (reading, writing) = (ends[0], ends[1])
    _ = fcntl(reading, F_SETFD, FD_CLOEXEC)
    let failure = spawn(writing)
    close(writing)
    defer { close(reading) }
    if failure != 0 { throw .system(doing: "start", ProcessFacts.executable, failure) }
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glue.read(reading, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { throw .serverEnded(lab: folder.name, words: lastWords()) }
      pending += chunk[..<count]
      while let end = pending.firstIndex(of: 0x0A) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        if line == "ready" { return }
        if line.hasPrefix("progress ") { progress(String(line.dropFirst(9))) }
        if line.hasPrefix("failed ") { throw .serverEnded(lab: folder.name, words: String(line.dropFirst(7))) }
      }
    }
  }

  /// What the child does first: leaves the terminal's session, and closes what our caller had open, which must not stay
  /// open in a process that outlives it.
  public static func detach() {
    setsid()
    #if canImport(Darwin)
      let folder = "/dev/fd"
    #else
      let folder = "/proc/self/fd"
    #endif
    for file in Files.names(in: folder).compactMap({ Int32($0) }) where file > reportDescriptor { close(file) }
    _ = fcntl(reportDescriptor, F_SETFD, FD_CLOEXEC)
  }

  /// Tells the server to end and waits until it has; one that does not listen for five seconds is killed.
  public func stop(_ client: ControlClient) throws(DoorError) {
    let pid = folder.pid
    do {
      _ = try client.post("/stop")
    } catch DoorError.notRunning {
      return
    }
    for _ in 0..<500 {
      if !folder.isRunning { return }
      usleep(10_000)
    }
    if let pid, folder.pid == pid { kill(pid_t(pid), SIGKILL) }
    for _ in 0..<100 where folder.isRunning { usleep(10_000) }
  }

  private func spawn(_ report: Int32) -> Int32 {
    #if canImport(Darwin)
      var files: posix_spawn_file_actions_t?
    #else
      var files = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, folder.logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&files, 1, 2)
    posix_spawn_file_actions_adddup2(&files, report, ServerLauncher.reportDescriptor)
    let words = [ProcessFacts.executable, "serve", "--name", folder.name]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    return posix_spawn(&child, ProcessFacts.executable, &files, nil, &arguments, environ)
  }

  /// The end of the log, for a server that died without a word over the pipe.
  private func lastWords() -> String {
    guard let log = try? Files.read(folder.logPath) else { return "" }
    let lines = String(decoding: log.suffix(2_000), as: UTF8.self).split(separator: "\n")
    if lines.isEmpty { return "" }
    return "the server of lab \(folder.name) ended before it was ready. Its log (\(folder.logPath)) ends with:\n"
      + lines.suffix(6).joined(separator: "\n")
  }
}
