import EngineTypes

extension LabServer {
  /// Where an answer goes: out over a connection, or to this process itself.
  enum Reply {
    case connection(HTTPConnection)
    case local(LocalAnswer)

    func answer(_ head: EngineResponse, _ body: [UInt8]) {
      switch self {
      case .connection(let connection): connection.answer(head, body)
      case .local(let answer):
        answer.response = head
        answer.response.body = body
        answer.isWhole = true
      }
    }

    func begin(_ head: EngineResponse) {
      switch self {
      case .connection(let connection): connection.begin(head)
      case .local(let answer): answer.response = head
      }
    }

    func send(_ bytes: [UInt8]) {
      switch self {
      case .connection(let connection): connection.send(bytes)
      case .local(let answer): answer.response.body += bytes
      }
    }

    func end() {
      switch self {
      case .connection(let connection): connection.end()
      case .local(let answer): answer.isWhole = true
      }
    }

    /// The node has died under its client, or was dead already.
    func drop() {
      switch self {
      case .connection(let connection): connection.drop()
      case .local(let answer): (answer.response, answer.isWhole) = (EngineResponse(status: 503), true)
      }
    }
  }
}

/// The answer to a request of this process itself.
final class LocalAnswer {
  var response = EngineResponse(status: 0)
  var isWhole = false
}
