import EngineTypes
import SimBase

/// Speaks with one engine: versions, JSON bodies, and errors in the CLI's words.
///
/// Every command begins with `HEAD /_ping`, which settles the version.
/// Source: docker/docker `client/request.go`, `client/client.go`, `client/ping.go`.
final class Engine {
  /// The newest API that this command line speaks.
  static let newestVersion = "1.51"

  let address: String?
  private var client: (any EngineClient)?
  private var unreachable: EngineUnreachable?
  /// The API version that both sides speak.
  private(set) var version = Engine.newestVersion
  /// What the engine says of its part in a swarm; nil where it is silent or cannot be reached.
  private(set) var standing: SwarmStanding?

  init(address: String?, host: any CLIHost) {
    self.address = address
    do throws(EngineUnreachable) {
      let client = try host.client(for: address)
      self.client = client
      let answer = try client.send(EngineRequest("HEAD", "/_ping"))
      standing = answer.header("Swarm").map { SwarmStanding(header: $0) }
      if let fixed = host.environment("DOCKER_API_VERSION"), !fixed.isEmpty {
        version = fixed.hasPrefix("v") ? String(fixed.dropFirst()) : fixed
      } else if let theirs = answer.header("Api-Version"), naturallyPrecedes(theirs, version) {
        version = theirs
      }
    } catch {
      // The request that the command is about then says so.
      unreachable = error
    }
  }

  /// The date by the engine's clock.
  var now: Timestamp { client?.now ?? Timestamp(unixNanoseconds: 0) }

  /// Waits.
  func sleep(_ span: Duration) { client?.sleep(span) }

  /// Asks for a document.
  func get(_ path: String, _ query: Query = Query()) throws(Failure) -> JSON {
    try decoded(send("GET", path, query).body)
  }

  /// Asks for a document as the engine wrote it.
  func raw(_ path: String, _ query: Query = Query()) throws(Failure) -> [UInt8] { try send("GET", path, query).body }

  /// Sends a document and reads the answer's, `.null` where it has none.
  @discardableResult
  func post(
    _ path: String, _ query: Query = Query(), body: JSON? = nil, headers: [HTTPHeader] = []
  ) throws(Failure) -> JSON {
    let answer = try send("POST", path, query, body: body, headers: headers)
    return answer.body.isEmpty ? .null : try decoded(answer.body)
  }

  /// Removes an object.
  @discardableResult
  func delete(_ path: String, _ query: Query = Query()) throws(Failure) -> JSON {
    let answer = try send("DELETE", path, query)
    return answer.body.isEmpty ? .null : try decoded(answer.body)
  }

  /// Sends a request and reads the whole answer; an error status throws.
  @discardableResult
  func send(
    _ method: String, _ path: String, _ query: Query = Query(), body: JSON? = nil, bytes: [UInt8]? = nil,
    headers: [HTTPHeader] = []
  ) throws(Failure) -> EngineResponse {
    let request = request(method, path, query, body: body, bytes: bytes, headers: headers)
    guard let client, unreachable == nil else { throw lost }
    let answer: EngineResponse
    do throws(EngineUnreachable) { answer = try client.send(request) } catch { throw lost }
    if answer.status >= 400 { throw Self.refusal(answer) }
    return answer
  }

  /// Opens a stream; an error status throws.
  func open(
    _ method: String, _ path: String, _ query: Query = Query(), body: JSON? = nil, bytes: [UInt8]? = nil,
    headers: [HTTPHeader] = []
  ) throws(Failure) -> any EngineStream {
    let request = request(method, path, query, body: body, bytes: bytes, headers: headers)
    guard let client, unreachable == nil else { throw lost }
    let stream: any EngineStream
    do throws(EngineUnreachable) { stream = try client.open(request) } catch { throw lost }
    if stream.head.status >= 400 {
      var answer = stream.head
      while let more = stream.read() { answer.body += more }
      stream.close()
      throw Self.refusal(answer)
    }
    return stream
  }

  private func request(
    _ method: String, _ path: String, _ query: Query, body: JSON?, bytes: [UInt8]?, headers: [HTTPHeader]
  ) -> EngineRequest {
    var headers = headers
    var bytes = bytes ?? []
    if let body {
      headers.append(HTTPHeader("Content-Type", "application/json"))
      bytes = Array((body.goText + "\n").utf8)
    } else if !bytes.isEmpty, headers.value(of: "Content-Type") == nil {
      headers.append(HTTPHeader("Content-Type", "text/plain"))
    }
    return EngineRequest(method, "/v\(version)\(path)\(query.text)", headers: headers, body: bytes)
  }

  private func decoded(_ bytes: [UInt8]) throws(Failure) -> JSON {
    do throws(JSONError) { return try JSON.parse(bytes) } catch { throw Failure(error.message) }
  }

  /// Nobody answers: the same words whatever the reason.
  private var lost: Failure {
    Failure(
      "Cannot connect to the Docker daemon at \(address ?? EngineAddress.standard)."
        + " Is the docker daemon running?")
  }

  private static func refusal(_ answer: EngineResponse) -> Failure {
    let message: String
    if let document = try? JSON.parse(answer.body), let text = document["message"].string {
      message = text
    } else {
      message = String(decoding: answer.body, as: UTF8.self)
    }
    return Failure("Error response from daemon: \(message.trimmed())", httpStatus: answer.status)
  }
}

extension JSON {
  /// The document as Go's encoder writes requests: `<`, `>` and `&` escaped.
  var goText: String {
    var writer = JSONWriter(escapingHTML: true)
    writer.value(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

/// A URL's query; written in the order of the keys, as Go does.
struct Query: ExpressibleByDictionaryLiteral {
  private var fields = Table<String, String>()
  /// Fields that may be there more than once.
  private var repeated = Table<String, [String]>()

  init() {}
  init(dictionaryLiteral elements: (String, String)...) { fields = Table(elements) }

  subscript(key: String) -> String? {
    get { fields[key] }
    set { fields[key] = newValue }
  }

  /// Adds a field once for each value.
  mutating func append(_ key: String, _ values: [String]) {
    if !values.isEmpty { repeated[key, default: []] += values }
  }

  /// With its question mark; empty where there is nothing to ask.
  var text: String {
    let single = fields.map { (key: $0.key, values: [$0.value]) }
    let all = (single + repeated.map { (key: $0.key, values: $0.value) }).sorted { $0.key < $1.key }
    let pairs = all.flatMap { field in field.values.map { "\(queryEscaped(field.key))=\(queryEscaped($0))" } }
    return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
  }
}

/// The filters of a listing, in the form in which Go's client sends them.
struct Filters {
  private var fields = Table<String, Table<String, Bool>>()

  init() {}
  init(_ pairs: (String, String)...) { for (key, value) in pairs { add(key, value) } }

  var isEmpty: Bool { fields.isEmpty }

  mutating func add(_ key: String, _ value: String) { fields[key, default: Table()][value] = true }

  func contains(_ key: String) -> Bool { fields.contains(key) }
  func values(_ key: String) -> [String] { fields[key]?.keys ?? [] }
  mutating func remove(_ key: String) { fields.removeValue(key) }

  /// A query that has these filters, or none where there are none.
  var query: Query {
    var query = Query()
    if !isEmpty { query["filters"] = text }
    return query
  }

  /// Every filter, by key and value.
  var pairs: [(key: String, value: String)] { fields.flatMap { field in field.value.keys.map { (field.key, $0) } } }

  var text: String {
    JSON.object(
      fields.map { .init($0.key, .object($0.value.map { .init($0.key, .bool($0.value)) })) }
    ).text
  }
}
