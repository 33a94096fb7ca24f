import EngineTypes
import SimBase
import SimKernel
import SwarmNode

/// A lab that several clients share: the place where its value lives while a script runs.
public final class SharedLab {
  /// The lab.
  public var lab: Lab
  /// When a command that has not ended is hung up on; nothing runs past it.
  public var limit = Instant.distantFuture

  /// A session with a lab.
  public init(_ lab: Lab) { self.lab = lab }

  /// Whether the present command's time is up.
  public var isOverdue: Bool { lab.now >= limit }
}

/// A client of one node's engine, in process: its calls run the world.
public final class LabClient: EngineClient {
  private let session: SharedLab
  private let host: HostID

  /// A client of this node.
  public init(_ session: SharedLab, host: HostID) {
    self.session = session
    self.host = host
  }

  /// Sends a request and runs the world until the answer is there.
  public func send(_ request: EngineRequest) throws(EngineUnreachable) -> EngineResponse {
    let left = session.limit - session.lab.now
    let request = DateRewriting.rewrite(request, with: .fixed)
    return try session.lab.send(request, to: host, patience: min(left, Lab.patience))
  }

  /// Sends a request whose answer streams, and runs the world until its head is there.
  public func open(_ request: EngineRequest) throws(EngineUnreachable) -> any EngineStream {
    let id = session.lab.open(DateRewriting.rewrite(request, with: .fixed), at: host)
    guard let head = session.lab.head(of: id, by: session.limit) else {
      session.lab.close(id)
      throw EngineUnreachable(reason: session.isOverdue ? "no answer" : "connection reset by peer")
    }
    return LabClientStream(session, id, head)
  }

  /// Lets the world's time pass, up to the session's limit.
  public func sleep(_ duration: Duration) {
    session.lab.advance(to: min(session.lab.now + duration, session.limit))
  }

  /// The world's date by the fixed epoch.
  public var now: Timestamp { Epoch.fixed.date(session.lab.now) }
}

private final class LabClientStream: EngineStream {
  private let session: SharedLab
  private let id: RequestID
  let head: EngineResponse

  init(_ session: SharedLab, _ id: RequestID, _ head: EngineResponse) {
    self.session = session
    self.id = id
    self.head = head
  }

  func read() -> [UInt8]? { session.lab.read(id, by: session.limit) }
  func write(_ bytes: [UInt8]) { session.lab.write(bytes, to: id) }
  func closeWriting() { session.lab.closeWriting(id) }
  func close() { session.lab.close(id) }
}
