import Engine
import EngineTypes
import Foundation
import Lab
import SimBase
import SimKernel
import SwarmNode
import Testing
import World

/// Engines to ask: a lab, and requests in a few words.
struct Bench {
  var lab: Lab

  /// Machines in no swarm.
  static func plain(_ count: Int = 1) -> Bench {
    let nodes = (0..<count).map { WorldPlan.NodePlan(name: "node\($0 + 1)", ip: "10.0.0.\($0 + 11)") }
    return Bench(lab: Lab(WorldPlan(seed: 5, nodes: nodes)))
  }

  /// One manager and so many workers.
  static func swarm(workers: Int = 0) throws -> Bench {
    Bench(lab: try Lab.formed(managers: 1, workers: workers, seed: 5))
  }

  /// The answer to a request.
  mutating func ask(
    _ method: String, _ target: String, _ body: JSON = .null, on node: Int = 0
  ) throws -> EngineResponse {
    try lab.send(Bench.request(method, target, body), to: HostID(node))
  }

  /// The JSON in the answer to a GET.
  mutating func get(_ target: String, on node: Int = 0) throws -> JSON {
    let answer = try ask("GET", target, on: node)
    #expect(answer.status == 200, "\(target): \(String(decoding: answer.body, as: UTF8.self))")
    return try JSON.parse(answer.body)
  }

  /// The answer to a POST whose status must be this.
  @discardableResult
  mutating func post(
    _ target: String, _ body: JSON = .null, expecting status: Int = 200, on node: Int = 0
  ) throws -> JSON {
    let answer = try ask("POST", target, body, on: node)
    #expect(answer.status == status, "\(target): \(String(decoding: answer.body, as: UTF8.self))")
    return answer.body.isEmpty ? .null : (try? JSON.parse(answer.body)) ?? .null
  }

  /// Status and message of a refusal.
  mutating func refusal(
    _ method: String, _ target: String, _ body: JSON = .null, on node: Int = 0
  ) throws -> String {
    let answer = try ask(method, target, body, on: node)
    let message = answer.body.isEmpty ? "" : try JSON.parse(answer.body)["message"].string ?? ""
    return "\(answer.status) \(message)"
  }

  /// Fetches an image.
  mutating func pull(_ name: String, tag: String = "latest", on node: Int = 0) throws {
    let answer = try ask("POST", "/images/create?fromImage=\(name)&tag=\(tag)", on: node)
    #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
  }

  /// Makes a container and starts it; its ID.
  @discardableResult
  mutating func run(_ name: String, _ config: JSON) throws -> String {
    let id = try post("/containers/create?name=\(name)", config, expecting: 201)["Id"].string ?? ""
    try post("/containers/\(name)/start", expecting: 204)
    return id
  }

  /// Opens a request whose answer streams.
  mutating func open(_ method: String, _ target: String, _ body: JSON = .null, upgrades: Bool = false) -> RequestID {
    var request = Bench.request(method, target, body)
    if upgrades { request.headers += [HTTPHeader("Connection", "Upgrade"), HTTPHeader("Upgrade", "tcp")] }
    return lab.open(request, at: HostID(0))
  }

  /// Opens a web socket, with the handshake of RFC 6455's example.
  mutating func openWebSocket(_ target: String) -> RequestID {
    var request = Bench.request("GET", target, .null)
    request.headers += [
      HTTPHeader("Connection", "Upgrade"), HTTPHeader("Upgrade", "websocket"),
      HTTPHeader("Sec-WebSocket-Version", "13"),
      HTTPHeader("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    return lab.open(request, at: HostID(0))
  }

  /// What a stream gives within a time.
  mutating func read(_ id: RequestID, for span: Duration) -> [UInt8] {
    let end = lab.now + span
    var bytes: [UInt8] = []
    while let more = lab.read(id, by: end) { bytes += more }
    return bytes
  }

  private static func request(_ method: String, _ target: String, _ body: JSON) -> EngineRequest {
    EngineRequest(
      method, "/v1.51" + target, headers: body.isNull ? [] : [HTTPHeader("Content-Type", "application/json")],
      body: body.isNull ? [] : Array(body.text.utf8))
  }
}

/// The frames of a multiplexed stream: stream number and text.
func frames(_ bytes: [UInt8]) -> [String] {
  var found: [String] = []
  var rest = bytes[...]
  while rest.count >= 8 {
    let head = Array(rest.prefix(8))
    let length = head[4..<8].reduce(0) { $0 << 8 | Int($1) }
    found.append("\(head[0]) \(String(decoding: rest.dropFirst(8).prefix(length), as: UTF8.self))")
    rest = rest.dropFirst(8 + length)
  }
  return found
}

/// What real engines (Docker 28.5.2) answered.
enum Recorded {
  private static let rows: [JSON] = {
    guard let url = Bundle.module.url(forResource: "bodies", withExtension: "jsonl", subdirectory: "Fixtures"),
      let bytes = try? Data(contentsOf: url)
    else { preconditionFailure("no recorded bodies") }
    return JSON.parseStream(Array(bytes))
  }()

  /// The answer to a GET.
  static func answer(_ path: String, node: Int64 = 1) -> JSON {
    guard let row = rows.first(where: { $0["path"].string == path && $0["node"].int == node }) else {
      preconditionFailure("\(path) was not recorded")
    }
    return row["answer"]
  }
}

/// The form of a document: fields in order with the kinds of their values, `null` told apart. Objects that are maps by name
/// (`Labels`, `Networks`) show the form of their first value alone.
func form(_ json: JSON, _ key: String = "") -> String {
  switch json {
  case .null: return "null"
  case .bool: return "bool"
  case .int, .double: return "number"
  case .string: return "text"
  case .array(let elements): return elements.first.map { "[\(form($0))]" } ?? "[]"
  case .object(let fields):
    if ["Labels", "Options", "ExposedPorts", "Volumes"].contains(key) && !fields.isEmpty { return "{map}" }
    if ["Networks", "Containers", "Ports", "PortBindings", "networks"].contains(key), let first = fields.first {
      return "{*:\(form(first.value))}"
    }
    return "{\(fields.map { "\($0.key):\(form($0.value, $0.key))" }.joined(separator: ","))}"
  }
}
