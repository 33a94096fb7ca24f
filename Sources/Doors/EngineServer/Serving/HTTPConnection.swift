import EngineTypes
import NIOCore
import NIOHTTP1
import SimBase
import SwarmNode

/// One connection to a door: HTTP/1.1 in, one request at a time, and the answer out as the service gives it.
///
/// A connection is idle, receives a request, waits for its answer, streams it, or is hijacked: a two-way pipe of bytes for
/// ever. We write answers ourselves instead of through NIO's encoder, because a hijack then has one handler less to take
/// out of the pipeline, and the head goes out in the order in which the engine gave it. Requests that come before the
/// last answer is out wait in line.
///
/// Source: RFC 9112; moby/moby `api/server/router/container/exec.go`, `container_routes.go` (hijack).
final class HTTPConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer

  private enum State {
    case idle
    case receiving
    case waiting
    case streaming(isChunked: Bool)
    case hijacked
    case closing
  }

  /// Which door the connection came in by: a node's number, or nil for the control socket.
  let node: Int?
  /// The request that is being answered, as the service numbered it.
  var request: RequestID?

  private let service: any HTTPService
  private let gate: EarlyBytesGate
  private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
  private var context: ChannelHandlerContext?
  private var state = State.idle
  private var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
  private var body: [UInt8] = []
  private var queued: [HTTPServerRequestPart] = []
  private var peerClosed = false
  /// Whether the connection has been hijacked, and so speaks HTTP no more.
  private var isPipe = false
  /// What comes after a hijacked connection's head, until that has surely been read; nil when it goes out at once.
  private var held: [UInt8]?
  private var isClogged = false

  private static let bodyLimit = 512 << 20
  private static let queueLimit = 64

  private init(node: Int?, service: any HTTPService, gate: EarlyBytesGate) {
    self.node = node
    self.service = service
    self.gate = gate
    decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
  }

  /// Puts a connection's handlers into a new channel.
  static func install(on channel: any Channel, node: Int?, service: any HTTPService) throws {
    let gate = EarlyBytesGate()
    let connection = HTTPConnection(node: node, service: service, gate: gate)
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandlers([gate, connection.decoder, connection, RawBytes(of: connection)])
  }

  // MARK: In

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // Once the decoder is on its way out, what comes is bytes: they are the next handler's. A client may well go on
    // writing after the end of what it was attached to.
    if isPipe {
      context.fireChannelRead(data)
      return
    }
    take(unwrapInboundIn(data))
  }

  private func take(_ part: HTTPServerRequestPart) {
    switch (state, part) {
    case (.idle, .head(let head)): begin(head)
    case (.receiving, .body(let buffer)):
      if body.count + buffer.readableBytes > HTTPConnection.bodyLimit {
        refuse(413, "request body is larger than \(HTTPConnection.bodyLimit >> 20) MiB")
      } else {
        body.append(contentsOf: buffer.readableBytesView)
      }
    case (.receiving, .end): dispatch()
    case (.waiting, _), (.streaming, _):
      queued.append(part)
      if queued.count == HTTPConnection.queueLimit { setReading(false) }
    case (.idle, _), (.receiving, _), (.hijacked, _), (.closing, _): break
    }
  }

  private func begin(_ head: HTTPRequestHead) {
    self.head = head
    body = []
    state = .receiving
    if head.version == .http1_1 && !head.headers.contains(name: "Host") {
      refuse(400, "missing required Host header")
    } else if head.headers[canonicalForm: "Expect"].contains(where: { $0.lowercased() == "100-continue" }) {
      write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }
  }

  private func dispatch() {
    state = .waiting
    if isUpgrade { gate.hold() }
    var request = EngineRequest(head.method.rawValue, head.uri)
    request.headers = head.headers.map { HTTPHeader($0.name, $0.value) }
    request.body = body
    body = []
    service.received(request, from: self)
  }

  /// Whether the client asked for another protocol: the decoder has then stopped for good, answer or no answer.
  private var isUpgrade: Bool {
    head.headers.contains(name: "Upgrade")
      && head.headers[canonicalForm: "Connection"].contains { $0.lowercased() == "upgrade" }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .inputClosed? = event as? ChannelEvent else {
      context.fireUserInboundEventTriggered(event)
      return
    }
    peerClosed = true
    switch state {
    case .idle, .receiving, .closing: context.close(promise: nil)
    case .waiting: break  // Whoever half-closed may still read: the answer comes, then the end.
    case .streaming:
      // As Go's server: a stream's reader that closes its side wants no more of it.
      service.hungUp(self)
      context.close(promise: nil)
    case .hijacked: service.closedWriting(self)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    let wasAnswering =
      switch state {
      case .waiting, .streaming, .hijacked: true
      case .idle, .receiving, .closing: false
      }
    state = .closing
    unclog()
    if wasAnswering { service.hungUp(self) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is HTTPParserError, case .idle = state {
      let words = "400 Bad Request"
      write(
        Array(
          "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n\(words)"
            .utf8))
      closeAfterFlush()
    } else {
      context.close(promise: nil)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      unclog()
    } else if !isClogged {
      switch state {
      case .streaming, .hijacked:
        isClogged = true
        service.clogged(self, true)
        setReading(false)
      case .idle, .receiving, .waiting, .closing: break
      }
    }
    context.fireChannelWritabilityChanged()
  }

  private func unclog() {
    if !isClogged { return }
    isClogged = false
    setReading(true)
    service.clogged(self, false)
  }

  private func setReading(_ isReading: Bool) {
    // A read that autoRead held back is asked for by the option's change itself.
    _ = context?.channel.setOption(.autoRead, value: isReading)
  }

  // MARK: Out

  /// Writes a whole answer, and turns to the next request.
  func answer(_ response: EngineResponse, _ body: [UInt8]) {
    guard case .waiting = state else { return }
    request = nil
    let isLast = isLastAnswer
    var headers = response.headers
    let hasNoBody = response.status == 204 || response.status == 304 || response.status < 200
    if !hasNoBody && headers.value(of: "Content-Length") == nil {
      headers.append(HTTPHeader("Content-Length", String(body.count)))
    }
    var bytes = headBytes(response.status, headers, isLast: isLast)
    if head.method != .HEAD && !hasNoBody { bytes.append(contentsOf: body) }
    write(bytes)
    finish(isLast: isLast)
  }

  /// Writes the head of an answer whose body streams; 101 hijacks the connection.
  func begin(_ response: EngineResponse) {
    guard case .waiting = state else { return }
    if response.status == 101 {
      hijack(response)
      return
    }
    let isChunked = head.version == .http1_1
    var headers = response.headers
    if isChunked { headers.append(HTTPHeader("Transfer-Encoding", "chunked")) }
    state = .streaming(isChunked: isChunked)
    write(headBytes(response.status, headers, isLast: isLastAnswer || !isChunked))
  }

  /// Writes a piece of a stream.
  func send(_ bytes: [UInt8]) {
    if bytes.isEmpty { return }
    switch state {
    case .hijacked:
      if held == nil { write(bytes) } else { held?.append(contentsOf: bytes) }
    case .streaming(isChunked: false): write(bytes)
    case .streaming(isChunked: true):
      if head.method == .HEAD { return }
      write(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0D, 0x0A])
    case .idle, .receiving, .waiting, .closing: break
    }
  }

  /// Ends a stream.
  func end() {
    request = nil
    switch state {
    case .hijacked:
      state = .closing
      if held == nil { closeAfterFlush() }
    case .streaming(let isChunked):
      if isChunked && head.method != .HEAD { write(Array("0\r\n\r\n".utf8)) }
      finish(isLast: isLastAnswer || !isChunked)
    case .idle, .receiving, .waiting, .closing: break
    }
  }

  /// Answers with an error of the door's own, in the engine's form, and hangs up.
  func refuse(_ status: Int, _ message: String) {
    var writer = JSONWriter()
    writer.object { $0.field("message", message) }
    state = .waiting
    head.headers.replaceOrAdd(name: "Connection", value: "close")
    answer(
      EngineResponse(status: status, headers: [HTTPHeader("Content-Type", "application/json")]), writer.bytes + [0x0A])
  }

  /// Drops the connection at once: the node behind it is dead.
  func drop() {
    request = nil
    state = .closing
    unclog()
    context?.close(promise: nil)
  }

  private var isLastAnswer: Bool { !head.isKeepAlive || isUpgrade || peerClosed }

  private func finish(isLast: Bool) {
    unclog()
    if isLast {
      state = .closing
      closeAfterFlush()
      return
    }
    state = .idle
    let parts = queued
    queued = []
    if parts.count >= HTTPConnection.queueLimit { setReading(true) }
    for part in parts { take(part) }
  }

  private func headBytes(_ status: Int, _ headers: [HTTPHeader], isLast: Bool) -> [UInt8] {
    var text = "HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n"
    for header in headers where header.name.lowercased() != "connection" {
      text += "\(header.name): \(header.value)\r\n"
    }
    text += "Date: \(service.date.rfc1123("GMT"))\r\n"
    if isLast { text += "Connection: close\r\n" }
    text += "\r\n"
    return Array(text.utf8)
  }

  /// From here on the connection is a pipe: the decoder goes, and what it had already read comes on as bytes.
  private func hijack(_ response: EngineResponse) {
    guard let context else { return }
    // To ask for it, the header is enough; Go's own clients leave `Connection` out.
    let asked = head.headers.contains(name: "Upgrade")
    let kind = response.header("Upgrade") ?? "tcp"
    var text = "HTTP/1.1 200 OK\r\n"
    if asked { text = kind == "tcp" ? "HTTP/1.1 101 UPGRADED\r\n" : "HTTP/1.1 101 Switching Protocols\r\n" }
    for header in response.headers where !["connection", "upgrade"].contains(header.name.lowercased()) {
      text += "\(header.name): \(header.value)\r\n"
    }
    if asked { text += "Connection: Upgrade\r\nUpgrade: \(kind)\r\n" }
    state = .hijacked
    gate.hold()
    write(Array((text + "\r\n").utf8))
    held = []
    isPipe = true
    let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: HTTPConnection.pauseAfterHijack) { connection.value.releaseHeld() }
    let gate = NIOLoopBound(self.gate, eventLoop: context.eventLoop)
    context.pipeline.syncOperations.removeHandler(decoder).whenComplete { _ in gate.value.release() }
  }

  /// A real engine takes at least as long between a hijacked connection's head and its first bytes. Clients rely on it: those
  /// of Python read the head through a buffer, and then the socket below it.
  private static let pauseAfterHijack = TimeAmount.milliseconds(60)

  private func releaseHeld() {
    guard let bytes = held else { return }
    held = nil
    if !bytes.isEmpty { write(bytes) }
    if case .closing = state { closeAfterFlush() }
  }

  func receivedRaw(_ bytes: [UInt8]) {
    if case .hijacked = state { service.received(bytes, from: self) }
  }

  private func write(_ bytes: [UInt8]) {
    guard let context else { return }
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
  }

  /// Closes once all that was written is out. Closing at once would drop what is still queued, and closing both ways while
  /// the client still writes resets the connection under what it has yet to read: so our side first, then a while of
  /// listening to nobody.
  private func closeAfterFlush() {
    guard let context else { return }
    let isHalf = peerClosed
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
      if isHalf {
        channel.close(promise: nil)
      } else {
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
      }
    }
  }
}
