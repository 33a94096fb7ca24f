import EngineTypes
import GoTemplate
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode

/// `GET /services/{id}/logs` and `/tasks/{id}/logs`: lines from every node that has tasks of the service, as they arrive.
///
/// The subject is looked up first, by the leader; then the subscription runs until all nodes are done, or for ever with
/// `follow`. One line is one frame: the CLI's printer relies on it.
///
/// Source: moby/moby `daemon/cluster/services.go` (`ServiceLogs`), `daemon/server/router/swarm/helpers.go`.
struct SwarmLogsOperation: EngineOperation {
  private let call: SwarmLogsCall
  private let version: APIVersion
  private var isStreaming = false
  private var isRaw = false

  init(_ call: SwarmLogsCall, for version: APIVersion) {
    self.call = call
    self.version = version
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    if let refusal = node.standing.managerRefusal {
      turn.answer(.refusal(refusal))
      return
    }
    let request: ControlRequest =
      switch call.subject {
      case .service(let text): .getService(text, insertDefaults: false)
      case .task(let text): .getTask(text)
      }
    node.control(request, for: turn.id, at: turn.now, network: &network)
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard case .completion(let completion) = news else { return }
    if case .logs(let reply) = completion {
      pass(reply, &turn)
      return
    }
    if case .success = completion.controlResult {
      if let fault = call.fault { return turn.answer(.refusal(fault)) }
      do { try call.options.checkTail() } catch { return turn.answer(.refusal(error)) }
    }
    switch completion.controlResult {
    case .failure(let error): turn.answer(.refusal(error))
    case .success(.service(let service)):
      subscribe(service.value.spec.value.task, &turn, on: &node, network: &network) { $0.services = [service.value.id] }
    case .success(.task(let task)):
      subscribe(task.value.spec, &turn, on: &node, network: &network) { $0.tasks = [task.value.id] }
    case .success: preconditionFailure("a service or a task was asked for")
    }
  }

  private mutating func subscribe(
    _ spec: TaskSpec, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>,
    _ choose: (inout LogSelector) -> Void
  ) {
    do throws(APIError) { try call.options.checkTail() } catch { return turn.answer(.refusal(error)) }
    var selector = LogSelector()
    choose(&selector)
    selector.follow = call.options.follow
    selector.output = call.options.stdout
    selector.error = call.options.stderr
    selector.tail = call.options.lineLimit
    selector.since = call.options.since
    isRaw = spec.container?.tty ?? false
    isStreaming = true
    turn.stream(headers: [OutputFraming(isRaw: isRaw).contentType(for: version)])
    node.logs(selector, for: turn.id, at: turn.now, network: &network)
  }

  private func pass(_ reply: LogReply, _ turn: inout OperationTurn) {
    switch reply {
    case .lines(let lines): for line in lines { turn.send(frame(line)) }
    case .ended(let complaint):
      if !complaint.isEmpty {
        turn.send(StreamFrame.systemError("Error grabbing logs: rpc error: code = Unknown desc = \(complaint)\n"))
      }
      turn.finish()
    }
  }

  private func frame(_ line: TaskLogLine) -> DatedBytes {
    var content = DatedBytes()
    if call.options.timestamps {
      content.append(line.instant, as: .plain)
      content.append(UInt8(ascii: " "))
    }
    if call.options.details {
      var attributes = line.attributes
      attributes["com.docker.swarm.node.id"] = line.node.description
      attributes["com.docker.swarm.service.id"] = line.service?.description ?? ""
      attributes["com.docker.swarm.task.id"] = line.task.description
      content.append("\(logDetails(attributes)) ".utf8)
    }
    content.append(line.text.utf8)
    if isRaw { return content }
    return StreamFrame.frame(content, stream: line.isError ? 2 : 1, dates: call.options.timestamps ? 1 : 0)
  }
}

/// Attributes of a log line in the order of their keys, as `--details` shows them.
///
/// Source: moby/moby `api/server/httputils/write_log_stream.go` (`stringAttrs`).
func logDetails(_ attributes: Labels) -> String {
  attributes.map { "\(queryEscaped($0.key))=\(queryEscaped($0.value))" }.joined(separator: ",")
}

/// Frames of a multiplexed stream: a byte for the stream, three zeros, the length, the content.
///
/// Source: moby/moby `pkg/stdcopy/stdcopy.go`.
enum StreamFrame {
  /// The width of a date in a log line: RFC 3339 with nine decimals.
  private static let dateWidth = 30

  /// A frame around content that has so many dates in plain form.
  static func frame(_ content: DatedBytes, stream: UInt8, dates: Int) -> DatedBytes {
    let length = UInt32(content.bytes.count + dates * dateWidth)
    var frame = DatedBytes([stream, 0, 0, 0])
    for shift in [24, 16, 8, 0] { frame.append(UInt8(truncatingIfNeeded: length >> UInt32(shift))) }
    frame.append(content)
    return frame
  }

  /// An error that the other side prints as such.
  static func systemError(_ text: String) -> DatedBytes { frame(DatedBytes(text), stream: 3, dates: 0) }
}
