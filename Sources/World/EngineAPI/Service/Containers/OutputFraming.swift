import EngineTypes
import SimBase
import Workloads

/// How a container's output goes to its clients: as it is from a terminal, else in frames that name the stream.
struct OutputFraming: Sendable {
  /// Whether there is a terminal, and so no frames.
  let isRaw: Bool

  /// The media type of the stream. Frames have one of their own since version 1.42.
  func contentType(for version: APIVersion) -> HTTPHeader {
    let hasFrames = !isRaw && version >= APIVersion("1.42")
    return HTTPHeader("Content-Type", hasFrames ? OutputFraming.multiplexed : OutputFraming.raw)
  }

  /// The media type of a stream without frames.
  static let raw = "application/vnd.docker.raw-stream"
  private static let multiplexed = "application/vnd.docker.multiplexed-stream"

  /// Some output with so many dates, as one frame.
  func frame(_ content: DatedBytes, _ stream: OutputStream, dates: Int = 0) -> DatedBytes {
    isRaw ? content : StreamFrame.frame(content, stream: stream.rawValue, dates: dates)
  }

  /// Some output, as one frame.
  func frame(_ bytes: [UInt8], _ stream: OutputStream) -> DatedBytes { frame(DatedBytes(bytes), stream) }

  /// The head of a hijacked connection: upgraded if the client asked for it.
  func hijackHead(upgrades: Bool, for version: APIVersion) -> (status: Int, headers: [HTTPHeader]) {
    if !upgrades { return (200, [HTTPHeader("Content-Type", OutputFraming.raw)]) }
    return (101, [contentType(for: version), HTTPHeader("Connection", "Upgrade"), HTTPHeader("Upgrade", "tcp")])
  }
}
