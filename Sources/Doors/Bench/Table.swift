import SimBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The table of measurements: a row each, with what the real thing takes.
enum Table {
  /// A measurement.
  struct Row {
    /// By which it is asked for.
    let key: String
    /// What is measured.
    let what: String
    /// What the reference takes, in words.
    let reference: String
    /// The same as a number in the row's unit; nil where there is none to compare with.
    let referenceValue: Double?
    /// What we want to hold.
    let hold: String
    let unit: Unit
    let measure: () throws -> Double
  }

  /// How a number is written.
  enum Unit {
    case seconds, bytes, nanoseconds, times

    func text(_ value: Double) -> String {
      switch self {
      case .seconds:
        if value < 0.001 { return "\(rounded(value * 1e6)) µs" }
        return value < 1 ? "\(rounded(value * 1e3)) ms" : "\(rounded(value)) s"
      case .bytes: return value < 10_000 ? "\(Int(value)) B" : "\(rounded(value / 1_024)) KiB"
      case .nanoseconds: return "\(rounded(value)) ns"
      case .times: return "\(rounded(value))×"
      }
    }

    private func rounded(_ value: Double) -> String {
      if value >= 100 { return String(Int(value.rounded())) }
      let tenths = Int((value * 10).rounded())
      return "\(tenths / 10).\(tenths % 10)"
    }
  }

  private static let head = [
    "| What | Reference | Held | Measured | Ratio to the reference |", "|---|---|---|---|---|",
  ]

  /// Measures the rows that are asked for. All of them are measured in a process each, so that none finds another's heap.
  static func measure(only keys: [String], writingTo file: String?) throws {
    if !keys.isEmpty {
      for row in Rows.all where keys.contains(row.key) { print(try line(of: row)) }
      return
    }
    var lines = head
    for row in Rows.all {
      let line = try runAlone(row.key)
      print(line)
      lines.append(line)
    }
    if let file { try write(lines, to: file) }
  }

  private static func line(of row: Row) throws -> String {
    let value = try row.measure()
    let ratio = row.referenceValue.map { reference in
      let times = row.unit == .times ? value / reference : reference / value
      return times >= 10 ? "\(Int(times.rounded()))×" : "\(Double(Int(times * 10)) / 10)×"
    }
    return "| \(row.what) | \(row.reference) | \(row.hold) | \(row.unit.text(value)) | \(ratio ?? "") |"
  }

  private static func runAlone(_ key: String) throws -> String {
    guard let child = popen("'\(CommandLine.arguments[0])' \(key)", "r") else { throw RowFailure(key: key) }
    var bytes = [CChar](repeating: 0, count: 1_024)
    let text = fgets(&bytes, 1_024, child).map { String(cString: $0) }
    guard pclose(child) == 0, let text else { throw RowFailure(key: key) }
    return String(text.prefix { $0 != "\n" })
  }

  private struct RowFailure: Error, CustomStringConvertible {
    let key: String
    var description: String { "the row '\(key)' could not be measured" }
  }

  private static func write(_ lines: [String], to path: String) throws {
    let text =
      """
      # Benchmarks

      `make bench` writes this page: a release build, one run, other load on the machine included. The references were measured on a machine of the
      same kind with real Docker 28.5 engines, or are the figures that others publish. A simulated container starts no process
      and moves no bytes: rows that start tasks compare the waiting of their users, not the same work.

      \(lines.joined(separator: "\n"))

      """
    guard let handle = fopen(path, "w") else { throw WriteFailure(path: path) }
    defer { fclose(handle) }
    fputs(text, handle)
  }

  private struct WriteFailure: Error, CustomStringConvertible {
    let path: String
    var description: String { "cannot write \(path)" }
  }
}
