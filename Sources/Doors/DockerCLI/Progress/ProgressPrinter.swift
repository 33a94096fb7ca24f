import EngineTypes
import SimBase

/// Prints progress messages: on a terminal each id owns a line that is drawn over, elsewhere only changes show.
///
/// Source: docker/docker `pkg/jsonmessage/jsonmessage.go` (`Display`, `DisplayJSONMessagesStream`).
struct ProgressPrinter {
  /// How far something is.
  struct Detail {
    var current: Int64 = 0
    var total: Int64 = 0
    var units = ""
    var hidesCounts = false
  }

  private let session: Session
  private let isQuiet: Bool
  private let stream: CLIStream
  private let isTerminal: Bool
  private let width: Int
  /// The ID that a build has named last.
  private(set) var builtID: String?
  /// What would have been printed, where it is held back until the end is known.
  private(set) var held: String?
  /// The line, from the top, of each id since the last message without one.
  private var lines: [String: Int] = [:]

  init(session: Session, isQuiet: Bool = false, holdsBack: Bool = false, stream: CLIStream = .output) {
    self.session = session
    held = holdsBack ? "" : nil
    self.isQuiet = isQuiet
    self.stream = stream
    isTerminal = session.host.isTerminal(stream)
    width = isTerminal ? session.host.terminalSize?.columns ?? 200 : 200
  }

  private mutating func emit(_ text: String) {
    if held == nil { session.host.write(Array(text.utf8), to: stream) } else { held?.append(text) }
  }

  /// A message with an id and perhaps a bar.
  mutating func show(
    _ id: String, _ status: String, current: Int = 0, total: Int = 0, units: String = "", hidesCounts: Bool = false
  ) {
    let detail = Detail(current: Int64(current), total: Int64(total), units: units, hidesCounts: hidesCounts)
    show(id: id, status: status, detail: detail)
  }

  /// A line of its own.
  mutating func line(_ id: String, _ status: String) { show(id: id, status: status, detail: nil) }

  /// Prints one message. `detail` nil is a message without progress, which ends the lines being drawn over.
  mutating func show(id: String, status: String, detail: Detail?) {
    if isQuiet { return }
    let bar = detail.map(bar) ?? ""
    var text = ""
    var up = 0
    if detail != nil, !id.isEmpty {
      if lines[id] == nil {
        lines[id] = lines.count
        if isTerminal { text += "\n" }
      }
      up = lines.count - (lines[id] ?? 0)
      if isTerminal { text += "\u{1B}[\(up)A" }
    } else {
      lines = [:]
    }
    if isTerminal, detail != nil {
      text += "\u{1B}[2K\r" + (id.isEmpty ? "" : id + ": ") + status + " " + bar + "\r"
    } else if bar.isEmpty {
      text += (id.isEmpty ? "" : id + ": ") + status + "\n"
    } else {
      return
    }
    if isTerminal, !id.isEmpty, up > 0 { text += "\u{1B}[\(up)B" }
    emit(text)
  }

  /// Text as it is, which ends the lines being drawn over.
  mutating func raw(_ text: String) {
    lines = [:]
    if !isQuiet { emit(text) }
  }

  private func bar(_ detail: Detail) -> String {
    if detail.current <= 0 && detail.total <= 0 { return "" }
    func amount(_ value: Int64) -> String {
      detail.units.isEmpty ? humanSize(Double(value)) : String(value)
    }
    func right(_ text: String) -> String { String(repeating: " ", count: max(0, 8 - text.count)) + text }
    if detail.total <= 0 { return right(amount(detail.current)) + (detail.units.isEmpty ? "" : " " + detail.units) }
    var text = ""
    if width > 110 {
      let half = min(50, Int(Double(detail.current) / Double(detail.total) * 100) / 2)
      text += "[" + String(repeating: "=", count: half) + ">" + String(repeating: " ", count: 50 - half) + "] "
    }
    if !detail.hidesCounts {
      if detail.units.isEmpty {
        text += right(amount(detail.current))
        if detail.current <= detail.total { text += "/" + amount(detail.total) }
      } else {
        text += "\(detail.current)/\(detail.total) \(detail.units)"
      }
    }
    return text
  }
}

extension ProgressPrinter {
  /// Prints the messages of an engine's stream, one JSON object per line, until it ends; throws the error it reports.
  mutating func follow(_ stream: any EngineStream) throws(Failure) {
    var pending: [UInt8] = []
    while let more = stream.read() {
      pending += more
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        try show(line)
      }
    }
    try show(pending)
    stream.close()
  }

  private mutating func show(_ line: [UInt8]) throws(Failure) {
    guard let message = try? JSON.parse(line) else { return }
    if let error = message["error"].string {
      throw Failure(error, status: message["errorDetail"]["code"].int.map { Int32(clamping: $0) } ?? 1)
    }
    if let id = message["aux"]["ID"].string { builtID = id }
    if let text = message["stream"].string { return raw(text) }
    guard let status = message["status"].string else { return }
    let detail = message["progressDetail"]
    show(
      id: message["id"].string ?? "", status: status,
      detail: detail.isNull
        ? nil
        : Detail(
          current: detail["current"].int ?? 0, total: detail["total"].int ?? 0, units: detail["units"].string ?? "",
          hidesCounts: detail["hidecounts"].bool ?? false))
  }
}
