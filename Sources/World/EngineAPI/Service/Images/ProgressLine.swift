import EngineTypes
import SimBase

/// A line of a progress stream: what a pull or a push says of itself or of one layer.
///
/// Source: moby/moby `pkg/jsonmessage/jsonmessage.go`, `pkg/streamformatter/streamformatter.go`.
struct ProgressLine {
  private let status: String
  private let id: String?
  private let isOfLayer: Bool
  private let progress: (current: UInt64, total: UInt64)?

  /// A line about the whole.
  init(status: String, id: String? = nil) {
    self.status = status
    self.id = id
    isOfLayer = false
    progress = nil
  }

  /// A line about a layer.
  init(status: String, layer: String) {
    self.status = status
    id = layer
    isOfLayer = true
    progress = nil
  }

  /// A line about a layer with a bar.
  init(status: String, layer: String, current: UInt64, total: UInt64) {
    self.status = status
    id = layer
    isOfLayer = true
    progress = (current, total)
  }

  /// The line. A layer's line has a place for progress even if there is none.
  var bytes: DatedBytes {
    var writer = JSONWriter(escapingHTML: true)
    writer.object { writer in
      writer.field("status", status)
      if isOfLayer {
        writer.object("progressDetail") { writer in
          writer.unlessZero("current", progress?.current ?? 0)
          writer.unlessZero("total", progress?.total ?? 0)
        }
      }
      if let progress { writer.field("progress", ProgressLine.bar(progress.current, of: progress.total)) }
      if let id { writer.field("id", id) }
    }
    return ProgressLine.ended(writer)
  }

  /// Text that clients print as it is.
  static func said(_ text: String) -> DatedBytes {
    var writer = JSONWriter(escapingHTML: true)
    writer.object { $0.field("stream", text) }
    return ended(writer)
  }

  /// What tells of a failure in the middle of a stream; with the exit code of what has failed, if it has one.
  static func failure(_ message: String, code: Int32? = nil) -> DatedBytes {
    var writer = JSONWriter(escapingHTML: true)
    writer.object { writer in
      writer.object("errorDetail") { writer in
        if let code { writer.field("code", Int(code)) }
        writer.field("message", message)
      }
      writer.field("error", message)
    }
    return ended(writer)
  }

  /// Facts for programs; those of a push come with a place for progress.
  static func facts(ofPush: Bool = true, _ write: (inout JSONWriter) -> Void) -> DatedBytes {
    var writer = JSONWriter(escapingHTML: true)
    writer.object { writer in
      if ofPush { writer.object("progressDetail") { _ in } }
      writer.object("aux", write)
    }
    return ended(writer)
  }

  private static func ended(_ writer: JSONWriter) -> DatedBytes {
    var line = writer.content
    line.append("\r\n".utf8)
    return line
  }

  private static func bar(_ current: UInt64, of total: UInt64) -> String {
    let filled = total == 0 ? 0 : Int(min(50, current * 100 / total / 2))
    let count = size(current)
    let counts = String(repeating: " ", count: max(0, 8 - count.count)) + count + "/" + size(total)
    return "[\(String(repeating: "=", count: filled))>\(String(repeating: " ", count: 50 - filled))] \(counts)"
  }

  /// Four digits at most and a unit: `327.7kB`. Source: docker/go-units `size.go` (`HumanSize`).
  static func size(_ bytes: UInt64) -> String {
    var scale: UInt64 = 1
    var units = ["B", "kB", "MB", "GB", "TB", "PB"][...]
    while bytes / scale >= 1_000 && units.count > 1 {
      scale *= 1_000
      units = units.dropFirst()
    }
    let whole = bytes / scale
    // As many decimals as make four digits, rounded, and without zeros at the end.
    let factor: UInt64 = whole >= 1_000 ? 1 : whole >= 100 ? 10 : whole >= 10 ? 100 : 1_000
    let rounded = (bytes * factor + scale / 2) / scale
    var digits = String(rounded % factor + factor).dropFirst()
    while digits.hasSuffix("0") { digits = digits.dropLast() }
    return "\(rounded / factor)\(digits.isEmpty ? "" : ".")\(digits)\(units.first ?? "")"
  }
}
