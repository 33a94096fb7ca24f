import EngineTypes
import SimBase

/// An engine that answers from a recording of a real one and notes what it is asked.
final class FakeEngine: EngineClient {
  /// What was asked, in the form of the golden files: method, target without its version, body.
  private(set) var requests: [String] = []
  /// Answers that are not in the recording, or come before it.
  var script: (EngineRequest) -> EngineResponse? = { _ in nil }
  private(set) var now: Timestamp
  private let node: String
  private let answers: [String: Answer]

  struct Answer: Sendable {
    var status: Int
    var type: String
    var body: [UInt8]
  }

  init(node: String = "1", now: Timestamp, answers: [String: Answer]) {
    self.node = node
    self.now = now
    self.answers = answers
  }

  func send(_ request: EngineRequest) -> EngineResponse {
    if request.target == "/_ping" { return EngineResponse(status: 200, headers: [HTTPHeader("Api-Version", "1.51")]) }
    let target = Self.plainTarget(request.target)
    let body = String(decoding: request.body, as: UTF8.self).trimmed()
    let mark = request.header("X-Registry-Auth") == nil ? "" : " X-Registry-Auth"
    requests.append("\(request.method) \(target)\(mark)\(body.isEmpty ? "" : " " + body)")
    if let scripted = script(request) { return scripted }
    var key = "\(node) \(request.method) \(target)"
    if request.target.includes("/create"), let document = try? JSON.parse(request.body),
      let name = document["Name"].string ?? document["Image"].string
    {
      key += " " + name
    }
    guard let answer = answers[key] else {
      return EngineResponse(status: 599, body: Array("{\"message\":\"not recorded: \(key)\"}".utf8))
    }
    let headers = answer.type.isEmpty ? [] : [HTTPHeader("Content-Type", answer.type)]
    return EngineResponse(status: answer.status, headers: headers, body: answer.body)
  }

  func open(_ request: EngineRequest) -> any EngineStream {
    var answer = send(request)
    let body = answer.body
    answer.body = []
    return FakeStream(head: answer, bytes: body)
  }

  func sleep(_ duration: Duration) { now = now + duration }

  /// The target without its version, its query decoded and in the order of the keys.
  private static func plainTarget(_ target: String) -> String {
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    var path = unescaped(parts[0], plusIsBlank: false)
    if path.hasPrefix("/v1.") { path = String(path.dropFirst(2).drop { $0 != "/" }) }
    guard parts.count > 1 else { return path }
    let fields = parts[1].split(separator: "&").map { unescaped(String($0), plusIsBlank: true) }
    return path + "?" + fields.sorted().joined(separator: "&")
  }

  private static func unescaped(_ text: String, plusIsBlank: Bool) -> String {
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
        result.append(value)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte == UInt8(ascii: "+") && plusIsBlank ? 32 : byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

/// Bytes that come in two pieces, so that a reader that trusts piece borders fails.
final class FakeStream: EngineStream {
  let head: EngineResponse
  private(set) var written: [UInt8] = []
  private var pieces: [[UInt8]]

  init(head: EngineResponse, bytes: [UInt8]) {
    self.head = head
    let middle = bytes.count / 2
    pieces = [Array(bytes[..<middle]), Array(bytes[middle...])].filter { !$0.isEmpty }
  }

  func read() -> [UInt8]? { pieces.isEmpty ? nil : pieces.removeFirst() }
  func write(_ bytes: [UInt8]) { written += bytes }
  func closeWriting() {}
  func close() { pieces = [] }
}
