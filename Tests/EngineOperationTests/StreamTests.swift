import EngineTypes
import Lab
import SimBase
import Testing

@Suite struct StreamTests {
  private func box(_ config: JSON = ["Image": "busybox", "Cmd": ["sleep", "1000"]]) throws -> Bench {
    var bench = Bench.plain()
    try bench.pull("busybox")
    try bench.run("c1", config)
    return bench
  }

  private func exec(_ bench: inout Bench, _ spec: JSON) throws -> String {
    try bench.post("/containers/c1/exec", spec, expecting: 201)["Id"].string ?? ""
  }

  @Test("a command's output comes in frames on an upgraded connection, which ends with it") func exec() throws {
    var bench = try box()
    let id = try exec(
      &bench, ["AttachStdout": true, "AttachStderr": true, "Cmd": ["sh", "-c", "echo a; echo b >&2; exit 4"]])
    let stream = bench.open("POST", "/exec/\(id)/start", ["Detach": false, "Tty": false], upgrades: true)
    let now = bench.lab.now
    let begun = bench.lab.head(of: stream, by: now)
    let head = try #require(begun)
    #expect(head.status == 101)
    #expect(head.headers.prefix(3).map(\.name) == ["Content-Type", "Connection", "Upgrade"])
    #expect(head.header("Content-Type") == "application/vnd.docker.multiplexed-stream")
    #expect(frames(bench.read(stream, for: .seconds(2))).sorted() == ["1 a\n", "2 b\n"])
    #expect(bench.lab.hasEnded(stream))
    let seen = try bench.get("/exec/\(id)/json")
    #expect(seen["ExitCode"] == 4 && seen["Running"] == false)
    #expect(seen["ProcessConfig"].text.hasPrefix(#"{"tty":false,"entrypoint":"sh","arguments":["-c""#))
  }

  @Test("a command reads what is sent to it until the client closes its side") func input() throws {
    var bench = try box()
    let id = try exec(&bench, ["AttachStdin": true, "AttachStdout": true, "Cmd": ["cat"]])
    let stream = bench.open("POST", "/exec/\(id)/start", ["Detach": false], upgrades: true)
    _ = bench.read(stream, for: .milliseconds(200))
    bench.lab.write(Array("hello\n".utf8), to: stream)
    #expect(frames(bench.read(stream, for: .milliseconds(200))).joined() == "1 hello\n")
    #expect(!bench.lab.hasEnded(stream))
    bench.lab.closeWriting(stream)
    _ = bench.read(stream, for: .milliseconds(200))
    #expect(bench.lab.hasEnded(stream))
    #expect(try bench.get("/exec/\(id)/json")["ExitCode"] == 0)
  }

  @Test("without an upgrade the answer is a plain 200, and a detached start has no body") func plainStart() throws {
    var bench = try box()
    let first = try exec(&bench, ["AttachStdout": true, "Cmd": ["echo", "x"]])
    let answer = try bench.ask("POST", "/exec/\(first)/start", ["Detach": false])
    #expect(answer.status == 200 && answer.header("Content-Type") == "application/vnd.docker.raw-stream")
    #expect(frames(answer.body) == ["1 x\n"])
    let second = try exec(&bench, ["AttachStdout": true, "Cmd": ["echo", "x"]])
    let detached = try bench.ask("POST", "/exec/\(second)/start", ["Detach": true])
    #expect(detached.status == 200 && detached.body.isEmpty)
    #expect(
      frames(try bench.ask("POST", "/exec/\(first)/start", ["Detach": false]).body)
        == ["1 exec command \(first) has already run\r\n"])
    #expect(
      try bench.refusal("POST", "/exec/\(String(repeating: "a", count: 64))/start", ["Detach": false]).hasPrefix(
        "404 No such exec"))
  }

  @Test("a command that is not there is told of on standard output, with exit code 127") func missing() throws {
    var bench = try box()
    let id = try exec(&bench, ["AttachStdout": true, "Cmd": ["nosuch"]])
    let answer = try bench.ask("POST", "/exec/\(id)/start", ["Detach": false])
    #expect(
      frames(answer.body) == [
        #"1 OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file "#
          + "not found in $PATH\r\n"
      ])
    #expect(try bench.get("/exec/\(id)/json")["ExitCode"] == 127)
  }

  @Test("attaching before the start gives all output, as `docker run` does it") func attach() throws {
    var bench = Bench.plain()
    try bench.pull("busybox")
    try bench.post(
      "/containers/create?name=c1", ["Image": "busybox", "Cmd": ["echo", "hi"], "AttachStdout": true], expecting: 201)
    let stream = bench.open("POST", "/containers/c1/attach?stream=1&stdout=1&stderr=1", upgrades: true)
    #expect(bench.lab.head(of: stream, by: bench.lab.now)?.status == 101)
    try bench.post("/containers/c1/start", expecting: 204)
    #expect(frames(bench.read(stream, for: .seconds(2))) == ["1 hi\n"])
    #expect(bench.lab.hasEnded(stream))
  }

  @Test("the detach keys leave a terminal without ending the container") func detach() throws {
    var bench = try box(["Image": "busybox", "Cmd": ["sh"], "Tty": true, "OpenStdin": true])
    let stream = bench.open("POST", "/containers/c1/attach?stream=1&stdin=1&stdout=1", upgrades: true)
    #expect(bench.lab.head(of: stream, by: bench.lab.now)?.header("Content-Type")?.hasSuffix("raw-stream") == true)
    bench.lab.write(Array("echo $((6*7))\n".utf8), to: stream)
    #expect(String(decoding: bench.read(stream, for: .seconds(1)), as: UTF8.self).contains("42\r\n"))
    bench.lab.write([16, 17], to: stream)
    _ = bench.read(stream, for: .milliseconds(10))
    #expect(bench.lab.hasEnded(stream))
    #expect(try bench.get("/containers/c1/json")["State"]["Running"] == true)
  }

  @Test("a web socket carries input and output in its own frames, and ends with a close frame")
  func webSocket() throws {
    var bench = try box(["Image": "busybox", "Cmd": ["sh", "-c", "read x; echo got $x"], "OpenStdin": true])
    let socket = bench.openWebSocket("/containers/c1/attach/ws?stream=1&stdin=1&stdout=1")
    let head = bench.lab.head(of: socket, by: bench.lab.now)
    #expect(head?.status == 101 && head?.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    // A ping, then `hi` and a line's end in two frames, the second cut in two; all masked with 01 02 03 04.
    bench.lab.write([0x89, 0x81, 1, 2, 3, 4, UInt8(ascii: "p") ^ 1, 0x02, 0x82, 1, 2, 3, 4], to: socket)
    bench.lab.write([UInt8(ascii: "h") ^ 1, UInt8(ascii: "i") ^ 2, 0x80, 0x81, 1, 2, 3, 4, 0x0A ^ 1], to: socket)
    let expected = [0x8A, 1] + Array("p".utf8) + [0x82, 7] + Array("got hi\n".utf8) + [0x88, 2, 0x03, 0xE8]
    #expect(bench.read(socket, for: .seconds(2)) == expected)
    #expect(bench.lab.hasEnded(socket))
    let plain = try bench.ask("GET", "/containers/c1/attach/ws?stream=1")
    #expect(plain.status == 400)
  }

  @Test("a shell that fills its memory is killed for it, and the container says so") func outOfMemory() throws {
    var bench = Bench.plain()
    try bench.pull("busybox")
    let loop = "x=a; while true; do x=$x$x$x$x; done"
    try bench.post(
      "/containers/create?name=c1",
      ["Image": "busybox", "Cmd": ["sh", "-c", .string(loop)], "HostConfig": ["Memory": 10_485_760]], expecting: 201)
    try bench.post("/containers/c1/start", expecting: 204)
    bench.lab.advance(by: .seconds(10))
    let state = try bench.get("/containers/c1/json")["State"]
    #expect(state["ExitCode"] == 137 && state["OOMKilled"] == true && state["Status"] == "exited")
  }

  @Test("a refusal to attach is plain text on the hijacked connection") func refusedAttach() throws {
    var bench = Bench.plain()
    let answer = try bench.ask("POST", "/containers/nope/attach?stream=1")
    #expect(answer.status == 404 && answer.headers.map(\.name) == ["Content-Type"])
    #expect(String(decoding: answer.body, as: UTF8.self) == "No such container: nope\r\n")
  }

  @Test("events tell what happens, replay what was, and end at `until`") func events() throws {
    var bench = try box()
    let filter = "%7B%22type%22%3A%5B%22container%22%5D%7D"
    let stream = bench.open("GET", "/events?filters=\(filter)")
    try bench.post("/containers/c1/kill", expecting: 204)
    let actions = JSON.parseStream(bench.read(stream, for: .seconds(1))).compactMap { $0["Action"].string }
    #expect(actions == ["kill", "die"])
    bench.lab.close(stream)
    let all = JSON.parseStream(try bench.ask("GET", "/events?since=-5&until=1").body)
    #expect(all.contains { $0["Type"] == "container" && $0["Action"] == "start" && $0["from"] == "busybox" })
    let before = bench.lab.now
    #expect(try bench.ask("GET", "/events?until=\(before.nanoseconds / 1_000_000_000 + 5)").status == 200)
    #expect(bench.lab.now - before > .seconds(4))
  }
}
