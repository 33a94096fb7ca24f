import SimBase

/// Turns the dates in a request into seconds since the world's zero, so that what is journaled knows no date.
///
/// `since` and `until` are Unix seconds in a query, `1795231401.25`; in a `filters` value also RFC 3339 or a span such as
/// `24h`, which already counts from the engine's now and stays as it is.
///
/// Source: moby/moby `api/types/time/timestamp.go` (`GetTimestamp`, `ParseTimestamps`).
public enum DateRewriting {
  /// The request with its dates as seconds of virtual time.
  public static func rewrite(_ request: EngineRequest, with epoch: Epoch) -> EngineRequest {
    guard let mark = request.target.firstIndex(of: "?") else { return request }
    let query = request.target[request.target.index(after: mark)...]
    if !query.includes("since") && !query.includes("until") { return request }
    var request = request
    // An interval that ends before it begins is refused with the numbers that the client sent.
    let sent = query.split(separator: "&", omittingEmptySubsequences: false)
    let ends = ["since=", "until="].map { name in
      sent.first { $0.hasPrefix(name) }.flatMap { unixSeconds(String($0.dropFirst(name.count))) }
    }
    if let since = ends[0], let until = ends[1], until.unixNanoseconds < since.unixNanoseconds { return request }
    let parts = sent.map { rewrite(part: $0, epoch) }
    request.target = request.target[...mark] + parts.joined(separator: "&")
    return request
  }

  private static func rewrite(part: Substring, _ epoch: Epoch) -> String {
    guard let equals = part.firstIndex(of: "=") else { return String(part) }
    let name = part[..<equals]
    let value = part[part.index(after: equals)...]
    switch name {
    case "since", "until":
      // A `since` before the world began is its beginning.
      let instant = unixSeconds(String(value)).map(epoch.instant)
      let moved = name == "since" ? instant.map { max($0, .zero) } : instant
      return "\(name)=\(moved.map(text) ?? String(value))"
    case "filters":
      return "\(name)=\(filters(String(value), epoch) ?? String(value))"
    default: return String(part)
    }
  }

  /// The `until` of a prune, inside the filters' JSON; nil where there is none to change.
  private static func filters(_ value: String, _ epoch: Epoch) -> String? {
    guard let document = try? JSON.parse(percentDecoded(value)), case .object(var fields) = document else { return nil }
    var changed = false
    for index in fields.indices where fields[index].key == "until" {
      switch fields[index].value {
      case .array(let values):
        fields[index].value = .array(
          values.map { value in
            guard let text = value.string, let moved = seconds(of: text, epoch) else { return value }
            changed = true
            return .string(moved)
          })
      case .object(let values):
        fields[index].value = .object(
          values.map { field in
            guard let moved = seconds(of: field.key, epoch) else { return field }
            changed = true
            return JSON.Field(moved, field.value)
          })
      default: break
      }
    }
    return changed ? percentEncoded(JSON.object(fields).text) : nil
  }

  /// An absolute date of a filter as seconds of virtual time; nil for a span, or for what is no date.
  private static func seconds(of value: String, _ epoch: Epoch) -> String? {
    (Timestamp(rfc3339: value) ?? unixSeconds(value)).map { text(epoch.instant($0)) }
  }

  /// The date of `1795231401.25`; nil for zero, which is "no limit", and for what is no number.
  private static func unixSeconds(_ text: String) -> Timestamp? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first.flatMap({ Int64($0) }), whole != 0, abs(whole) < 9_000_000_000 else { return nil }
    let decimals = parts.count > 1 ? String(parts[1].prefix(9)) : ""
    guard let fraction = Int64(decimals + String(repeating: "0", count: 9 - decimals.count)), fraction >= 0 else {
      return nil
    }
    return Timestamp(unixNanoseconds: whole * 1_000_000_000 + fraction)
  }

  /// Seconds with nine decimals.
  private static func text(_ instant: Instant) -> String {
    instant < .zero ? "-\(Instant(nanoseconds: -instant.nanoseconds))" : instant.description
  }

  static func percentDecoded(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var place = 0
    while place < bytes.count {
      let isEscape = bytes[place] == UInt8(ascii: "%") && place + 2 < bytes.count
      if isEscape, let byte = UInt8(String(decoding: bytes[place + 1...place + 2], as: UTF8.self), radix: 16) {
        result.append(byte)
        place += 3
      } else {
        result.append(bytes[place] == UInt8(ascii: "+") ? UInt8(ascii: " ") : bytes[place])
        place += 1
      }
    }
    return result
  }

  static func percentEncoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      let scalar = Unicode.Scalar(byte)
      if byte < 0x80,
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil || "-_.~".utf8.contains(byte)
      {
        result.unicodeScalars.append(scalar)
      } else {
        result += "%" + hexText([byte]).uppercased()
      }
    }
    return result
  }
}
