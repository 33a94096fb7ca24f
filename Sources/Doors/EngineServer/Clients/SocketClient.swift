import EngineTypes
import SimBase

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An engine behind a socket, for callers that wait: `unix:///run/x.sock` or `tcp://127.99.0.1:2375`.
///
/// Requests share one connection, kept between them as the docker CLI keeps it; a stream has one of its own.
public final class SocketClient: EngineClient {
  private let address: SocketAddressText
  private var kept: SocketConnection?

  /// A client of the engine at a `DOCKER_HOST`. Nothing is connected yet.
  public init(host: String) throws(EngineUnreachable) { address = try SocketAddressText(host) }

  /// Sends a request and waits for the whole answer. One that fails on a kept connection before a byte of the answer has
  /// come is sent again on a new one: the server may have closed it meanwhile.
  public func send(_ request: EngineRequest) throws(EngineUnreachable) -> EngineResponse {
    if let connection = kept {
      kept = nil
      if let answer = try? exchange(request, on: connection) { return answer }
    }
    return try exchange(request, on: try SocketConnection(to: address))
  }

  private func exchange(
    _ request: EngineRequest, on connection: SocketConnection
  ) throws(EngineUnreachable) -> EngineResponse {
    try connection.write(wireForm(request))
    let reader = HTTPAnswerReader(connection)
    var answer = try reader.readHead(answering: request.method)
    while let bytes = reader.readBody() { answer.body += bytes }
    if reader.isWhole && answer.header("Connection")?.lowercased() != "close" { kept = connection }
    return answer
  }

  /// Opens a stream; a request for a hijack carries its `Upgrade` headers.
  public func open(_ request: EngineRequest) throws(EngineUnreachable) -> any EngineStream {
    let connection = try SocketConnection(to: address)
    try connection.write(wireForm(request))
    let reader = HTTPAnswerReader(connection)
    let head = try reader.readHead(answering: request.method)
    return SocketStream(head: head, connection: connection, reader: reader)
  }

  /// Waits, by the laptop's clock.
  public func sleep(_ duration: Duration) {
    let end = WallClock.system.monotonic() + duration.nanoseconds
    while case let left = end - WallClock.system.monotonic(), left > 0 {
      var span = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
      nanosleep(&span, nil)
    }
  }

  /// The laptop's date: an engine's dates are anchored to it.
  public var now: Timestamp { WallClock.system.date() }

  private func wireForm(_ request: EngineRequest) -> [UInt8] {
    var text = "\(request.method) \(request.target) HTTP/1.1\r\n"
    var headers = request.headers
    if request.header("Host") == nil { headers.insert(HTTPHeader("Host", address.hostHeader), at: 0) }
    let takesBody = request.method == "POST" || request.method == "PUT" || !request.body.isEmpty
    if takesBody && request.header("Content-Length") == nil {
      headers.append(HTTPHeader("Content-Length", String(request.body.count)))
    }
    for header in headers { text += "\(header.name): \(header.value)\r\n" }
    return Array((text + "\r\n").utf8) + request.body
  }
}

/// A `DOCKER_HOST`, taken apart.
struct SocketAddressText {
  let isUnix: Bool
  /// A path, or a numeric IPv4 address; a name is looked up as one of this machine.
  let place: String
  let port: UInt16

  init(_ host: String) throws(EngineUnreachable) {
    if host.hasPrefix("unix://") {
      (isUnix, place, port) = (true, String(host.dropFirst(7)), 0)
      return
    }
    guard host.hasPrefix("tcp://") || host.hasPrefix("http://"), let slashes = host.firstRange(of: "://") else {
      throw EngineUnreachable(reason: "unable to parse docker host `\(host)`")
    }
    let rest = host[slashes.upperBound...].prefix { $0 != "/" }
    let colon = rest.lastIndex(of: ":")
    let name = colon.map { rest[..<$0] } ?? rest
    let digits = colon.map { rest[rest.index(after: $0)...] } ?? "2375"
    guard let number = UInt16(digits) else {
      throw EngineUnreachable(reason: "unable to parse docker host `\(host)`")
    }
    (isUnix, place, port) = (false, name == "localhost" ? "127.0.0.1" : String(name), number)
  }

  var hostHeader: String { isUnix ? "api.moby.localhost" : "\(place):\(port)" }
  /// The address in the words of Go's dialer.
  var dialText: String { isUnix ? "unix \(place)" : "tcp \(place):\(port)" }
}

/// A connected socket, closed with its last owner.
final class SocketConnection {
  private let file: Int32
  private let name: String

  init(to address: SocketAddressText) throws(EngineUnreachable) {
    name = address.dialText
    #if canImport(Darwin)
      let type = SOCK_STREAM
    #else
      let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    #endif
    file = socket(address.isUnix ? AF_UNIX : AF_INET, type, 0)
    if file < 0 { throw EngineUnreachable(reason: "dial \(name): socket: \(systemText(errno))") }
    let failure = address.isUnix ? connectUnix(address.place) : connectTCP(address.place, address.port)
    if failure != 0 {
      let words = failure == EINVAL ? "invalid argument" : systemText(failure)
      throw EngineUnreachable(reason: "dial \(name): connect: \(words)")
    }
  }

  deinit { close(file) }

  /// `errno` of a failed connect, 0 of one that worked.
  private func connectUnix(_ path: String) -> Int32 {
    var place = sockaddr_un()
    place.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let room = MemoryLayout.size(ofValue: place.sun_path)
    if bytes.count >= room { return EINVAL }
    withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: bytes) }
    let result = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    return result == 0 ? 0 : errno
  }

  private func connectTCP(_ host: String, _ port: UInt16) -> Int32 {
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    if inet_pton(AF_INET, host, &place.sin_addr) != 1 { return EADDRNOTAVAIL }
    let result = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return result == 0 ? 0 : errno
  }

  func write(_ bytes: [UInt8]) throws(EngineUnreachable) {
    if !Files.writeAll(file, bytes) { throw EngineUnreachable(reason: "write \(name): \(systemText(errno))") }
  }

  /// Waits for more bytes; empty once the other side has closed, or the connection has broken.
  func read() -> [UInt8] {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glue.read(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR && !Interrupt.isRaised { continue }
      return count > 0 ? Array(chunk[..<count]) : []
    }
  }

  func closeWriting() { shutdown(file, Int32(SHUT_WR)) }
  func hangUp() { shutdown(file, Int32(SHUT_RDWR)) }
}

/// A stream over a connection of its own.
private final class SocketStream: EngineStream {
  let head: EngineResponse
  private let connection: SocketConnection
  private let reader: HTTPAnswerReader

  init(head: EngineResponse, connection: SocketConnection, reader: HTTPAnswerReader) {
    self.head = head
    self.connection = connection
    self.reader = reader
  }

  func read() -> [UInt8]? { reader.readBody() }
  func write(_ bytes: [UInt8]) { try? connection.write(bytes) }
  func closeWriting() { connection.closeWriting() }
  func close() { connection.hangUp() }
}
