import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode
import Workloads

/// `docker logs`: what a container has printed, and with `follow` what it prints until it ends.
///
/// Every line is a frame of its own. Following ends with the container's process, even if its policy starts it again.
///
/// Source: moby/moby `daemon/logs.go`, `daemon/server/httputils/write_log_stream.go`.
struct LogsOperation: EngineOperation {
  private let name: String
  private let options: LogOptions
  private let version: APIVersion
  private var container: ContainerID?
  private var framing = OutputFraming(isRaw: false)
  private var selection = LogSelection()
  private var next = 0
  private var attributes = Labels()

  init(_ name: String, _ options: LogOptions, for version: APIVersion) {
    self.name = name
    self.version = version
    self.options = options
  }

  var nextDeadline: Instant? { container == nil ? nil : options.until }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    selection.output = options.stdout
    selection.error = options.stderr
    selection.tail = options.lineLimit
    selection.since = options.since
    selection.until = options.until
    do throws(APIError) {
      let (selection, key) = (selection, ContainerKey.typed(name))
      let known = try asked { () throws(EngineError) in try node.engine.container(key) }
      let log = try asked { () throws(EngineError) in try node.engine.log(of: key, selection) }
      framing = OutputFraming(isRaw: known.config.value.tty)
      next = log.next
      if options.details { attributes = node.engine.logAttributes(of: known.id) }
      turn.stream(headers: [framing.contentType(for: version)])
      send(log.lines, &turn)
      let isOver = options.until.map { $0 <= turn.now } ?? false
      if options.follow && known.state.isRunning && !isOver {
        container = known.id
        node.tellEngine(at: turn.now, &network) { engine, _ in engine.followLog(of: known.id) }
      } else {
        turn.finish()
      }
    } catch {
      turn.answer(.refusal(error))
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard let container else { return }
    switch news {
    case .notice(.logged(container)): sendNew(&turn, node)
    case .notice(.died(container, _)), .notice(.removed(container)), .due:
      sendNew(&turn, node)
      turn.finish()
      abandon(at: turn.now, on: &node, network: &network)
    default: break
    }
  }

  mutating func abandon(at now: Instant, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    guard let container else { return }
    node.tellEngine(at: now, &network) { engine, _ in engine.unfollowLog(of: container) }
    self.container = nil
  }

  private mutating func sendNew(_ turn: inout OperationTurn, _ node: SwarmNode) {
    guard let container else { return }
    let fresh = node.engine.log(of: container, from: next)
    next += fresh.count
    send(fresh.filter { selection.admits($0) }, &turn)
  }

  private func send(_ lines: [LogLine], _ turn: inout OperationTurn) {
    var bytes = DatedBytes()
    for line in lines { bytes.append(frame(line)) }
    turn.send(bytes)
  }

  private func frame(_ line: LogLine) -> DatedBytes {
    var content = DatedBytes()
    if options.timestamps {
      content.append(line.instant, as: .plain)
      content.append(UInt8(ascii: " "))
    }
    // Without attributes the blank after them is there all the same.
    if options.details { content.append("\(logDetails(attributes)) ".utf8) }
    content.append(line.text.utf8)
    if line.isWhole { content.append(UInt8(ascii: "\n")) }
    return framing.frame(content, line.stream, dates: options.timestamps ? 1 : 0)
  }
}
