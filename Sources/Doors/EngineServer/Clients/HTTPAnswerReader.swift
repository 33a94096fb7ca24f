import EngineTypes
import SimBase

/// Reads one answer of HTTP/1.1 from a connection: its head, then its body piece by piece, however it is framed.
///
/// Source: RFC 9112 §6 and §7.
final class HTTPAnswerReader {
  private enum Framing {
    case none
    case length(Int)
    case chunked
    /// Until the other side closes: HTTP/1.0, and hijacked connections.
    case untilClose
  }

  /// Whether the answer has been read to its end, so that the connection can carry another.
  private(set) var isWhole = false

  private let connection: SocketConnection
  private var buffer: [UInt8] = []
  private var place = 0
  private var framing = Framing.none
  private var isClosed = false

  init(_ connection: SocketConnection) { self.connection = connection }

  /// The head; what an interim `100 Continue` says is passed over.
  func readHead(answering method: String) throws(EngineUnreachable) -> EngineResponse {
    while true {
      guard let line = readLine(), let status = HTTPAnswerReader.status(line) else {
        throw EngineUnreachable(reason: "EOF")
      }
      var head = EngineResponse(status: status)
      while let line = readLine(), !line.isEmpty {
        guard let colon = line.firstIndex(of: ":") else { continue }
        head.headers.append(HTTPHeader(String(line[..<colon]), line[line.index(after: colon)...].trimmed()))
      }
      if status == 100 { continue }
      framing = frame(head, method)
      if case .none = framing { isWhole = true }
      return head
    }
  }

  private func frame(_ head: EngineResponse, _ method: String) -> Framing {
    if head.status == 101 { return .untilClose }
    if method == "HEAD" || head.status == 204 || head.status == 304 { return .none }
    if head.header("Transfer-Encoding")?.lowercased() == "chunked" { return .chunked }
    if let length = head.header("Content-Length").flatMap({ Int($0) }) { return length == 0 ? .none : .length(length) }
    return .untilClose
  }

  private static func status(_ line: String) -> Int? {
    let parts = line.split(separator: " ", maxSplits: 2)
    return parts.count >= 2 && parts[0].hasPrefix("HTTP/1.") ? Int(parts[1]) : nil
  }

  /// Waits for the next piece of the body; nil at its end.
  func readBody() -> [UInt8]? {
    switch framing {
    case .none:
      isWhole = true
      return nil
    case .untilClose: return take(upTo: .max)
    case .length(let left):
      guard let piece = take(upTo: left) else { return nil }
      framing = left == piece.count ? .none : .length(left - piece.count)
      return piece
    case .chunked: return readChunk()
    }
  }

  private func readChunk() -> [UInt8]? {
    guard let line = readLine(), let size = Int(line.prefix { $0 != ";" }, radix: 16) else { return nil }
    var piece: [UInt8] = []
    while piece.count < size {
      guard let more = take(upTo: size - piece.count) else { return piece.isEmpty ? nil : piece }
      piece += more
    }
    if size > 0 {
      _ = readLine()
      return piece
    }
    while let trailer = readLine(), !trailer.isEmpty {}
    framing = .none
    isWhole = true
    return nil
  }

  /// The next bytes, at most so many; waits where none have come yet.
  private func take(upTo limit: Int) -> [UInt8]? {
    if place == buffer.count && !fill() { return nil }
    let count = min(limit, buffer.count - place)
    defer { place += count }
    return Array(buffer[place..<place + count])
  }

  private func readLine() -> String? {
    var line: [UInt8] = []
    while true {
      if place == buffer.count && !fill() { return nil }
      let byte = buffer[place]
      place += 1
      if byte == 0x0A {
        if line.last == 0x0D { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
      }
      line.append(byte)
    }
  }

  private func fill() -> Bool {
    if isClosed { return false }
    buffer = connection.read()
    place = 0
    isClosed = buffer.isEmpty
    return !isClosed
  }
}
