import EngineTypes
import SimBase

/// Who answers the requests that come in over connections. All calls are made on the event loop.
protocol HTTPService: AnyObject {
  /// A whole request has come in; the answer may come at any later time.
  func received(_ request: EngineRequest, from connection: HTTPConnection)
  /// Bytes on a connection that was hijacked.
  func received(_ bytes: [UInt8], from connection: HTTPConnection)
  /// The client of a hijacked connection will write no more.
  func closedWriting(_ connection: HTTPConnection)
  /// The client is gone, or no longer wants its answer.
  func hungUp(_ connection: HTTPConnection)
  /// The connection holds more for a slow reader than it may, or no longer does.
  func clogged(_ connection: HTTPConnection, _ isClogged: Bool)
  /// What the `Date` header says.
  var date: Timestamp { get }
}
