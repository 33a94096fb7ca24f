import SimBase

/// A request line's target, taken apart: version, path and query.
struct RequestTarget: Sendable {
  /// The version in the path; nil where there is none.
  let version: APIVersion?
  /// The path without version, decoded: `/nodes/node1`.
  let path: String
  /// The path as sent, for redirects.
  let rawPath: String
  /// The query as sent, with its question mark.
  private let rawQuery: String
  /// The query.
  let query: Query

  init(_ asked: String) {
    // A proxy's client sends the whole address.
    let isAbsolute = asked.hasPrefix("http://")
    let target = isAbsolute ? String(asked.dropFirst(7).drop { $0 != "/" }) : asked
    let mark = target.firstIndex(of: "?")
    rawPath = String(target[..<(mark ?? target.endIndex)])
    rawQuery = String(target[(mark ?? target.endIndex)...])
    query = Query(String(rawQuery.dropFirst()))
    let decoded = Query.decoded(rawPath, plusIsBlank: false)
    (version, path) = RequestTarget.split(decoded)
  }

  /// Takes `/v1.51` off, where what follows the `v` is digits and dots.
  private static func split(_ path: String) -> (APIVersion?, String) {
    guard path.hasPrefix("/v") else { return (nil, path) }
    let rest = path.dropFirst(2)
    let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    let tail = rest.dropFirst(number.count)
    if number.isEmpty || !tail.hasPrefix("/") { return (nil, path) }
    return (APIVersion(String(number)), String(tail))
  }

  /// The target that the client should have asked for, with neither empty segments nor dots; nil if it asked for a clean one.
  ///
  /// Source: gorilla/mux `mux.go` (`cleanPath`); Go `path.Clean`.
  var cleanTarget: String? {
    let decoded = Query.decoded(rawPath, plusIsBlank: false)
    var clean: [Substring] = []
    for segment in decoded.split(separator: "/") {
      switch segment {
      case ".": continue
      case "..": _ = clean.popLast()
      default: clean.append(segment)
      }
    }
    var path = "/" + clean.joined(separator: "/")
    if decoded.hasSuffix("/") && path != "/" { path += "/" }
    return path == decoded ? nil : path + rawQuery
  }
}
