import EngineTypes

/// A command line's hold on a container while it runs: its streams, and its exit.
///
/// **Differs from Docker:** standard input is sent whole before output is read; no detach keys, no resizing.
/// Source: docker/cli `cli/command/container/attach.go`, `hijack.go`, `run.go`.
struct Attachment {
  let id: String
  var hasInput = false
  var hasOutput = false
  var hasErrors = false
  var isTerminal = false

  /// Attaches, waits, starts by `start`, copies until the container's streams end, and returns the exit status.
  func run(
    waitingFor condition: String, in session: Session, start: () throws(Failure) -> Void
  ) throws(Failure) -> Int32 {
    let streams = try open(in: session)
    let wait = try session.engine().open("POST", "/containers/\(id)/wait", ["condition": condition])
    do throws(Failure) {
      try start()
    } catch {
      streams.close()
      wait.close()
      throw error
    }
    try copy(streams, in: session)
    return try Self.status(wait)
  }

  /// The container's streams, hijacked.
  func open(in session: Session) throws(Failure) -> any EngineStream {
    var query: Query = ["stream": "1"]
    if hasInput { query["stdin"] = "1" }
    if hasOutput { query["stdout"] = "1" }
    if hasErrors { query["stderr"] = "1" }
    let headers = [HTTPHeader("Connection", "Upgrade"), HTTPHeader("Upgrade", "tcp")]
    return try session.engine().open("POST", "/containers/\(id)/attach", query, headers: headers)
  }

  /// Sends the input, then copies the output to its end.
  func copy(_ stream: any EngineStream, in session: Session) throws(Failure) {
    if hasInput {
      while let more = session.host.readInput() { stream.write(more) }
      stream.closeWriting()
    }
    defer { stream.close() }
    try LogStream(stream: stream, isFramed: !isTerminal).copy(to: session)
  }

  /// The exit status that a wait ends with.
  static func status(_ wait: any EngineStream) throws(Failure) -> Int32 {
    var bytes: [UInt8] = []
    while let more = wait.read() { bytes += more }
    wait.close()
    guard let answer = try? JSON.parse(bytes) else { return 125 }
    if let message = answer["Error"]["Message"].string, !message.isEmpty { throw Failure(message, status: 125) }
    return Int32(truncatingIfNeeded: answer["StatusCode"].int ?? 0)
  }
}
