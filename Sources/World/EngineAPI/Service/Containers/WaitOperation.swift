import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode

/// `docker wait`: the head of the answer at once, the exit code when the condition comes true.
///
/// `docker run` sends it before the start and counts on the head. Source: moby/moby
/// `daemon/server/router/container/container_routes.go` (`postContainersWait`).
struct WaitOperation: EngineOperation {
  private let name: String
  private let condition: WaitCondition
  private var container: ContainerID?
  private var exitCode: Int32 = 0

  init(_ name: String, _ condition: WaitCondition) {
    self.name = name
    self.condition = condition
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    let known: Container
    do throws(APIError) {
      known = try asked { () throws(EngineError) in try node.engine.container(.typed(name)) }
    } catch {
      turn.answer(.refusal(error))
      return
    }
    container = known.id
    exitCode = known.state.exitCode
    turn.stream(headers: [HTTPHeader("Content-Type", "application/json")])
    if condition == .notRunning && !known.state.isRunning { end(&turn) }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard case .notice(let notice) = news, let container else { return }
    switch notice {
    case .died(container, let code):
      exitCode = code
      if condition != .removed { end(&turn) }
    case .removed(container): end(&turn)
    default: break
    }
  }

  private func end(_ turn: inout OperationTurn) {
    var writer = JSONWriter()
    writer.object { $0.field("StatusCode", Int(exitCode)) }
    turn.send(writer.line)
    turn.finish()
  }
}

extension JSONWriter {
  /// What has been written, with the newline that ends documents.
  var line: DatedBytes {
    var line = content
    line.append(UInt8(ascii: "\n"))
    return line
  }
}
