import EngineTypes
import SimBase

/// The server's side of a web socket: what the client wrote comes out of its frames, and what goes to it is put into them.
///
/// It is open from the handshake until the client's close frame; what the client sends after that is not read.
///
/// Source: RFC 6455; golang.org/x/net `websocket/hybi.go` (one frame for each write, pings answered, a close not).
struct WebSocket: Sendable {
  /// What a client's frames come to.
  enum Event: Equatable {
    /// It wrote these bytes.
    case bytes([UInt8])
    /// It wants this back as a pong.
    case ping([UInt8])
    /// It will write no more.
    case closed
  }

  /// The answer's headers to a handshake, or nil where the request is none.
  static func headers(for request: EngineRequest) -> [HTTPHeader]? {
    guard let key = request.header("Sec-WebSocket-Key"), request.header("Sec-WebSocket-Version") == "13",
      request.header("Upgrade")?.lowercased() == "websocket"
    else { return nil }
    let accept = Base64.text(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    return [
      HTTPHeader("Upgrade", "websocket"), HTTPHeader("Connection", "Upgrade"),
      HTTPHeader("Sec-WebSocket-Accept", accept),
    ]
  }

  /// Whether what goes to the client is told to be bytes, and not text.
  private let isBinary: Bool
  private var pending: [UInt8] = []
  private var isClosed = false

  init(isBinary: Bool) { self.isBinary = isBinary }

  /// Some bytes in a frame.
  func frame(_ bytes: [UInt8]) -> [UInt8] { WebSocket.frame(isBinary ? .binary : .text, bytes) }

  /// The frame that answers a ping.
  static func pong(_ bytes: [UInt8]) -> [UInt8] { frame(.pong, bytes) }

  /// The frame that ends the socket: all went well.
  static let close = frame(.close, [0x03, 0xE8])

  /// Takes in what the client sent, and gives out what that comes to.
  mutating func take(_ bytes: [UInt8]) -> [Event] {
    if isClosed { return [] }
    pending += bytes
    var (events, rest) = ([Event](), pending[...])
    while !isClosed, let (kind, payload) = WebSocket.nextFrame(&rest) {
      switch kind {
      case .continuation, .text, .binary: events.append(.bytes(payload))
      case .ping: events.append(.ping(payload))
      case .pong: break
      case .close, nil:
        events.append(.closed)
        isClosed = true
      }
    }
    pending = Array(rest)
    return events
  }

  // MARK: Frames

  private enum Kind: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10
  }

  private static func frame(_ kind: Kind, _ bytes: [UInt8]) -> [UInt8] {
    let head = 0x80 | kind.rawValue
    return switch bytes.count {
    case ..<126: [head, UInt8(bytes.count)] + bytes
    case ..<65536: [head, 126, UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
    default:
      [head, 127] + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bytes.count >> $0) } + bytes
    }
  }

  /// Cuts the next whole frame off; nil while it is not all there.
  private static func nextFrame(_ bytes: inout ArraySlice<UInt8>) -> (kind: Kind?, payload: [UInt8])? {
    var rest = bytes
    guard let head = rest.popFirst(), let size = rest.popFirst() else { return nil }
    let sizeBytes = [126: 2, 127: 8][size & 127] ?? 0
    guard rest.count >= sizeBytes else { return nil }
    let length = sizeBytes == 0 ? Int(size & 127) : rest.prefix(sizeBytes).reduce(0) { $0 << 8 | Int($1) }
    rest = rest.dropFirst(sizeBytes)
    let isMasked = size & 0x80 != 0
    let mask = Array(isMasked ? rest.prefix(4) : [])
    guard length >= 0, rest.count - (isMasked ? 4 : 0) >= length else { return nil }
    if isMasked { rest = rest.dropFirst(4) }
    let payload = rest.prefix(length).enumerated().map { index, byte in isMasked ? byte ^ mask[index % 4] : byte }
    bytes = rest.dropFirst(length)
    return (Kind(rawValue: head & 0x0F), payload)
  }
}
