import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

/// `docker attach`: a container's streams on a connection that both sides write to, until the container ends.
///
/// A container that has not started yet may be attached to: `docker run` does so. Even a refusal is plain text on the
/// hijacked connection. A web socket is the same for those who cannot hijack, browsers say, without a word on which stream it
/// was; there a refusal is an answer as any other.
///
/// Source: moby/moby `daemon/attach.go`, `daemon/server/router/container/container_routes.go` (`postContainersAttach`,
/// `wsContainersAttach`).
struct AttachOperation: EngineOperation {
  private let name: String
  private let options: AttachOptions
  private let version: APIVersion
  private var container: ContainerID?
  private var framing = OutputFraming(isRaw: false)
  private var detachKeys: DetachKeys?
  private let handshake: [HTTPHeader]?
  private var socket: WebSocket?

  init(_ name: String, _ options: AttachOptions, for version: APIVersion) {
    self.name = name
    self.version = version
    self.options = options
    handshake = nil
  }

  /// - Parameter handshake: how the answer to the client's handshake goes; nil where its request was none.
  init(_ name: String, _ options: AttachOptions, overWebSocket handshake: [HTTPHeader]?, for version: APIVersion) {
    self.name = name
    self.version = version
    self.handshake = handshake ?? []
    var options = options
    if version < APIVersion("1.42") { (options.stdin, options.stdout, options.stderr) = (true, true, true) }
    self.options = options
    socket = WebSocket(isBinary: version >= APIVersion("1.28"))
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    let now = turn.now
    do throws(APIError) {
      let known = try asked { () throws(EngineError) in try node.engine.container(.typed(name)) }
      try check(known)
      let keys = try DetachKeys(options.detachKeys)
      if known.config.value.tty { detachKeys = keys }
      framing = OutputFraming(isRaw: known.config.value.tty || socket != nil)
      if let handshake {
        if handshake.isEmpty { throw APIError(.invalidParameter, "bad websocket handshake") }
        turn.hijack(status: 101, headers: handshake)
      } else {
        let head = framing.hijackHead(upgrades: options.upgrades, for: version)
        turn.hijack(status: head.status, headers: head.headers)
      }
      if options.logs { replay(known.id, &turn, node) }
      if !options.stream { return end(&turn) }
      container = try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.attach(.id(known.id), at: now, into: &out)
      }
    } catch {
      if socket != nil { return turn.answer(.refusal(error)) }
      turn.hijack(status: error.status, headers: [HTTPHeader("Content-Type", OutputFraming.raw)])
      turn.send(DatedBytes(error.message + "\r\n"))
      turn.finish()
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard let container else { return }
    let now = turn.now
    switch news {
    case .notice(.output(container, let stream, let bytes)):
      if stream == .output ? options.stdout : options.stderr { send(bytes, stream, &turn) }
    case .input(let bytes):
      guard let events = socket?.take(bytes) else { return pass(bytes, to: container, &turn, on: &node, &network) }
      for event in events {
        switch event {
        case .bytes(let bytes): pass(bytes, to: container, &turn, on: &node, &network)
        case .ping(let bytes): turn.send(DatedBytes(WebSocket.pong(bytes)))
        case .closed: closeInput(of: container, at: now, on: &node, &network)
        }
      }
    case .inputEnded: closeInput(of: container, at: now, on: &node, &network)
    case .notice(.died(container, _)), .notice(.removed(container)), .notice(.startFailed(container, _)):
      end(&turn)
      abandon(at: turn.now, on: &node, network: &network)
    default: break
    }
  }

  private func send(_ bytes: [UInt8], _ stream: OutputStream, _ turn: inout OperationTurn) {
    if let socket { turn.send(DatedBytes(socket.frame(bytes))) } else { turn.send(framing.frame(bytes, stream)) }
  }

  private func end(_ turn: inout OperationTurn) {
    if socket != nil { turn.send(DatedBytes(WebSocket.close)) }
    turn.finish()
  }

  private func closeInput(
    of container: ContainerID, at now: Instant, on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) {
    if !options.stdin { return }
    node.tellEngine(at: now, &network) { engine, out in
      // Whoever reads there may have ended already.
      try? engine.closeInput(of: .id(container), at: now, into: &out)
    }
  }

  mutating func abandon(at now: Instant, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    guard let container else { return }
    node.tellEngine(at: now, &network) { engine, out in engine.detach(container, at: now, into: &out) }
    self.container = nil
  }

  private mutating func pass(
    _ bytes: [UInt8], to container: ContainerID, _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) {
    if !options.stdin { return }
    let (now, typed) = (turn.now, detachKeys?.take(bytes) ?? (passed: bytes, isDetached: false))
    node.tellEngine(at: now, &network) { engine, out in
      try? engine.sendInput(to: .id(container), typed.passed, at: now, into: &out)
    }
    if typed.isDetached {
      end(&turn)
      abandon(at: now, on: &node, network: &network)
    }
  }

  private func check(_ container: Container) throws(APIError) {
    switch container.state.status {
    case .paused:
      throw APIError(.conflict, "container \(name) is paused, unpause the container before attach")
    case .restarting:
      throw APIError(.conflict, "container \(name) is restarting, wait until the container is running before attach")
    case .created, .running, .removing, .exited, .dead: break
    }
  }

  private func replay(_ id: ContainerID, _ turn: inout OperationTurn, _ node: SwarmNode) {
    var selection = LogSelection()
    selection.output = options.stdout
    selection.error = options.stderr
    // A log that cannot be read is not replayed.
    for line in (try? node.engine.log(of: .id(id), selection).lines) ?? [] {
      send(Array((line.text + (line.isWhole ? "\n" : "")).utf8), line.stream, &turn)
    }
  }
}
