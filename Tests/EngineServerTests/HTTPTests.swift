import EngineTypes
import SimBase
import Testing

@testable import EngineServer

@Suite struct HTTPTests {
  static let upgrade = [HTTPHeader("Connection", "Upgrade"), HTTPHeader("Upgrade", "tcp")]
  static let upgradeHead =
    "POST /exec/echo/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"

  @Test("a node answers on its unix socket and on port 2375 of its loopback address")
  func twoDoors() throws {
    let lab = try TestLab(nodes: 2)
    for host in ["unix://" + lab.folder.sockets.node("node2"), "tcp://" + lab.plan.loopback(of: 1) + ":2375"] {
      let answer = try SocketClient(host: host).send(EngineRequest("GET", "/_ping"))
      #expect(answer.status == 200 && answer.text == "OK")
      #expect(answer.header("Api-Version") == "1.51")
      #expect(answer.header("Date")?.hasSuffix("GMT") == true)
    }
  }

  @Test("a HEAD has a length and no body, and its connection carries the next request")
  func head() throws {
    let lab = try TestLab()
    let client = try lab.client()
    for _ in 0..<3 {
      let head = try client.send(EngineRequest("HEAD", "/_ping"))
      #expect(head.status == 200 && head.body.isEmpty && head.header("Content-Length") == "0")
      #expect(try client.send(EngineRequest("GET", "/query?a=1")).text == "a=1")
    }
  }

  @Test("requests sent all at once are answered one after another, in order")
  func pipelining() throws {
    let lab = try TestLab()
    let connection = try lab.connect()
    var requests = (0..<200).map { "GET /query?\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined()
    requests += "GET /query?last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    try connection.write(Array(requests.utf8))
    let lines = connection.readAllText().split(separator: "\r\n").map(String.init)
    let bodies = lines.filter { Int($0.prefix { $0.isNumber }) != nil }.map { $0.prefix { $0.isNumber } }
    #expect(bodies.compactMap { Int($0) } == Array(0..<200))
    #expect(lines.last == "last")
  }

  @Test("a body of any size arrives whole, chunked or not, after a 100 Continue if one is asked for")
  func bodies() throws {
    let lab = try TestLab(journaled: false)  // Digests of large bodies are slow in debug.
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(try lab.client().send(EngineRequest("POST", "/echo", body: body)).body == body)
    let connection = try lab.connect()
    let head =
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    try connection.write(Array(head.utf8))
    #expect(String(decoding: connection.read(), as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
    try connection.write(Array("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".utf8))
    #expect(connection.readAllText().hasSuffix("\r\n\r\nabcde"))
  }

  @Test(
    "what is not HTTP is refused with a 400 and a closed connection",
    arguments: ["hello\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n"])
  func nonsense(text: String) throws {
    let lab = try TestLab()
    let connection = try lab.connect()
    try connection.write(Array(text.utf8))
    #expect(connection.readAllText().hasPrefix("HTTP/1.1 400 "))
  }

  @Test("an HTTP/1.0 client gets its stream unframed, ended by the close")
  func oldClient() throws {
    let lab = try TestLab()
    let connection = try lab.connect()
    try connection.write(Array("GET /flood?2 HTTP/1.0\r\n\r\n".utf8))
    while try lab.onLoop({ $0.world.nextEventAt() }) == nil {}
    try lab.pass(.milliseconds(2))
    let text = connection.readAllText()
    #expect(!text.includes("chunked"))
    #expect(text.hasSuffix("\r\n\r\n" + String(repeating: "f", count: 131_072)))
  }

  // MARK: Hijack

  @Test("five megabytes through a hijacked connection come back unchanged after the half-close")
  func hijack() throws {
    let lab = try TestLab(journaled: false)  // Digests of large bodies are slow in debug.
    let stream = try lab.client().open(EngineRequest("POST", "/exec/echo/start", headers: HTTPTests.upgrade))
    #expect(stream.head.status == 101)
    #expect(stream.head.header("Upgrade") == "tcp")
    let sent = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 11) }
    var received: [UInt8] = []
    // Piece by piece, and the last half megabyte at once, with the half-close behind it: what is still on its way then
    // is what a careless close would lose.
    var end = 0
    while end < 4_500_000 {
      end += 50_000
      stream.write(Array(sent[end - 50_000..<end]))
      while received.count < end { received += stream.read() ?? [] }
    }
    stream.write(Array(sent[end...]))
    stream.closeWriting()
    while let more = stream.read() { received += more }
    #expect(received == sent)
  }

  @Test("bytes sent right behind the request, and the half-close behind them, are kept until the pipe is there")
  func earlyBytes() throws {
    let lab = try TestLab(journaled: false)  // Digests of large bodies are slow in debug.
    for size in [5, 300_000] {
      let connection = try lab.connect()
      let early = [UInt8](repeating: 0x65, count: size)
      try connection.write(Array(HTTPTests.upgradeHead.utf8) + early)
      connection.closeWriting()
      let all = connection.readAll()
      #expect(String(decoding: all.prefix(25), as: UTF8.self) == "HTTP/1.1 101 UPGRADED\r\nCo")
      #expect(Array(all.suffix(size)) == early)
    }
  }

  @Test("a client that asks for no upgrade gets a 200 and the same pipe")
  func oldHijack() throws {
    let lab = try TestLab()
    let connection = try lab.connect()
    try connection.write(Array("POST /containers/echo/attach HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".utf8))
    let head = String(decoding: connection.read(), as: UTF8.self)
    #expect(head == "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n")
    try connection.write(Array("ping".utf8))
    #expect(String(decoding: connection.read(), as: UTF8.self) == "ping")
    connection.closeWriting()
    #expect(connection.readAll().isEmpty)
  }

  @Test("a client that writes on after the end of its hijacked connection harms nobody")
  func lateBytes() throws {
    let lab = try TestLab()
    let connection = try lab.connect()
    let head = "POST /exec/bye/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
    try connection.write(Array(head.utf8))
    #expect(connection.readAllText().hasSuffix("\r\n\r\nbye"))
    try connection.write(Array("is anybody there?".utf8))
    #expect(try lab.client().send(EngineRequest("GET", "/_ping")).status == 200)
  }

  @Test("an upgrade that is refused closes the connection, whose decoder has stopped for good")
  func refusedUpgrade() throws {
    let lab = try TestLab()
    let connection = try lab.connect()
    try connection.write(
      Array("POST /exec/nope/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n".utf8))
    let text = connection.readAllText()
    #expect(text.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
    #expect(text.includes("Connection: close"))
  }

  // MARK: Streams

  @Test("a stream's lines come as time passes, dates in them, and hanging up reaches the world")
  func stream() throws {
    let lab = try TestLab()
    let stream = try lab.client().open(EngineRequest("GET", "/events"))
    #expect(stream.head.header("Transfer-Encoding") == "chunked")
    try lab.pass(.seconds(1))
    let first = String(decoding: try #require(stream.read()), as: UTF8.self)
    #expect(first == "tick \(lab.clock.date.unixNanoseconds)\n")
    #expect(try lab.onLoop { $0.world.nextEventAt() } != nil)
    stream.close()
    // The world's next tick is taken out by the hang-up alone: time stands still here.
    var isGone = false
    for _ in 0..<2_000 where !isGone {
      isGone = try lab.onLoop { $0.world.nextEventAt() } == nil
      if !isGone { try lab.client().sleep(.milliseconds(1)) }
    }
    #expect(isGone)
  }

  @Test("a reader that stops holds virtual time up instead of filling memory, and time goes on when it reads")
  func slowReader() throws {
    let lab = try TestLab()
    let stream = try lab.client().open(EngineRequest("GET", "/flood?200"))
    #expect(stream.head.status == 200)
    try lab.pass(.milliseconds(250))
    #expect(try lab.onLoop { $0.isHeldUp })
    let held = try lab.onLoop { $0.world.now() }
    try lab.pass(.seconds(5))
    #expect(try lab.onLoop { $0.world.now() } == held)
    #expect(try lab.control("GET", "/status").document["heldUp"] == true)
    #expect(try lab.client().send(EngineRequest("GET", "/_ping")).status == 200)
    var count = 0
    while count < 200 * 65_536, let more = stream.read() {
      count += more.count
      try lab.pass(.milliseconds(10))
    }
    #expect(count == 200 * 65_536)
    #expect(try lab.onLoop { $0.world.now() } > held)
  }
}
