import EngineTypes
import SimBase

/// The flags that `logs` commands share, and the query they make.
enum LogOptions {
  static let options: [Option] = [
    Option("follow", "f", .bool, "Follow log output"),
    Option(
      "since", nil,
      "Show logs since timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)"),
    Option("timestamps", "t", .bool, "Show timestamps"),
    Option("details", nil, .bool, "Show extra details provided to logs"),
    Option("tail", "n", default: "all", "Number of lines to show from the end of the logs"),
  ]

  static func query(_ call: Invocation) throws(Failure) -> Query {
    var query: Query = ["stdout": "1", "stderr": "1", "tail": call.flags.text("tail")]
    if call.flags.isOn("follow") { query["follow"] = "1" }
    if call.flags.isOn("timestamps") { query["timestamps"] = "1" }
    if call.flags.isOn("details") { query["details"] = "1" }
    if let since = call.flags.given("since") {
      query["since"] = try engineDate(since, now: call.session.now, of: "since")
    }
    return query
  }
}

/// A date as flags take it (RFC 3339, seconds since 1970, or a span ago), as the engine does: seconds, nanoseconds.
///
/// Source: docker/docker `api/types/time/timestamp.go`.
func engineDate(_ text: String, now: Timestamp, of name: String) throws(Failure) -> String {
  func seconds(_ date: Timestamp) -> String {
    let (whole, rest) = (date.unixNanoseconds / 1_000_000_000, date.unixNanoseconds % 1_000_000_000)
    let digits = String(rest)
    return "\(whole).\(String(repeating: "0", count: max(0, 9 - digits.count)))\(digits)"
  }
  if let span = Duration(go: text) { return seconds(now + .nanoseconds(-span.nanoseconds)) }
  if text.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") }) { return text }
  for suffix in ["", "Z", ":00Z", ":00:00Z", "T00:00:00Z"] {
    if let date = Timestamp(rfc3339: text + suffix) { return seconds(date) }
  }
  throw Failure("invalid value for \"\(name)\": failed to parse value as time or duration: \(text.goQuoted)")
}

/// Reads an engine's output: frames that say which stream they belong to, or plain bytes.
struct LogStream {
  let stream: any EngineStream
  /// Whether the bytes come in frames; a terminal's do not.
  let isFramed: Bool

  /// Hands each piece to `body`, with the stream it is for, until that returns false or all is read.
  ///
  /// Throws what the engine has to complain of in the midst of it.
  func forEach(_ body: ([UInt8], CLIStream) -> Bool) throws(Failure) {
    var pending: [UInt8] = []
    while let more = stream.read() {
      guard isFramed else {
        if !body(more, .output) { return }
        continue
      }
      pending += more
      while pending.count >= 8 {
        let size = pending[4..<8].reduce(0) { $0 << 8 | Int($1) }
        guard pending.count >= 8 + size else { break }
        let frame = Array(pending[8..<8 + size])
        if pending[0] == 3 { throw Failure("error from daemon in stream: \(String(decoding: frame, as: UTF8.self))") }
        let target: CLIStream = pending[0] == 2 ? .error : .output
        pending.removeSubrange(..<(8 + size))
        if !body(frame, target) { return }
      }
    }
  }

  /// Copies everything to the session's streams.
  func copy(to session: Session) throws(Failure) {
    try forEach { bytes, target in
      session.host.write(bytes, to: target)
      return !session.host.isInterrupted
    }
  }
}

/// A text out of a URL's query: `%XX` and `+` undone.
func queryUnescaped(_ text: String) -> String {
  var result: [UInt8] = []
  var rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "%"), rest.count >= 2,
      let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
    {
      result.append(value)
      rest = rest.dropFirst(2)
    } else {
      result.append(byte == UInt8(ascii: "+") ? 32 : byte)
    }
  }
  return String(decoding: result, as: UTF8.self)
}
