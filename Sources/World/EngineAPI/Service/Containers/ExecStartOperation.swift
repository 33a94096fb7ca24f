import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

/// Starts a process in a container: detached, or with its streams on a hijacked connection until it ends.
///
/// What goes wrong once the connection is hijacked is told on standard output.
///
/// Source: moby/moby `daemon/server/router/container/exec.go`, `daemon/exec.go`.
struct ExecStartOperation: EngineOperation {
  private let text: String
  private let isDetached: Bool
  private let upgrades: Bool
  private let version: APIVersion
  private let framing: OutputFraming
  private var exec: ExecID?
  private var takesInput = false
  /// The keys by which a person at a terminal leaves.
  private var detachKeys: DetachKeys?

  init(_ text: String, detach: Bool, tty: Bool, upgrades: Bool, for version: APIVersion) {
    self.text = text
    self.version = version
    isDetached = detach
    self.upgrades = upgrades
    framing = OutputFraming(isRaw: tty)
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    let (text, now, detach) = (text, turn.now, isDetached)
    do throws(EngineError) {
      let known = try node.engine.exec(text)
      try node.changeEngine(at: now, network: &network) { engine, out throws(EngineError) in
        try engine.startExec(text, detach: detach, at: now, into: &out)
      }
      exec = known.id
      takesInput = known.spec.attachStdin && !detach
      // They were checked when the process was prepared.
      if known.spec.tty { detachKeys = try? DetachKeys(known.spec.detachKeys) }
      if !detach { hijack(&turn) }
    } catch {
      switch error {
      case .execHasRun, .execIsRunning:
        if detach {
          turn.answer(.refusal(APIError(error)))
        } else {
          hijack(&turn)
          turn.send(framing.frame(Array((error.message + "\r\n").utf8), .output))
          turn.finish()
        }
      default: turn.answer(.refusal(APIError(error)))
      }
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard let exec else { return }
    let (text, now) = (text, turn.now)
    switch news {
    case .input(let bytes):
      let typed = detachKeys?.take(bytes) ?? (passed: bytes, isDetached: false)
      node.tellEngine(at: now, &network) { engine, out in
        // Whoever reads there may have ended already.
        if takesInput { try? engine.sendInput(toExec: text, typed.passed, at: now, into: &out) }
      }
      if typed.isDetached { turn.finish() }
    case .inputEnded:
      node.tellEngine(at: now, &network) { engine, out in
        if takesInput { try? engine.closeInput(ofExec: text, at: now, into: &out) }
      }
    case .notice(.execStarted(exec)): if isDetached { turn.answer(.empty()) }
    case .notice(.execOutput(exec, let stream, let bytes)): if !isDetached { turn.send(framing.frame(bytes, stream)) }
    case .notice(.execEnded(exec, _)): if isDetached { turn.answer(.empty()) } else { turn.finish() }
    default: break
    }
  }

  /// Unlike attach, the common headers follow the connection's own.
  private func hijack(_ turn: inout OperationTurn) {
    let head = framing.hijackHead(upgrades: upgrades, for: version)
    turn.hijack(status: head.status, headers: head.headers + EngineAnswer(status: head.status).headers)
  }
}
