import EngineTypes
import SimBase
import SwarmManager

/// One row of the routing table: method, path pattern, and what is made of the request.
struct Route: Sendable {
  private enum Piece: Sendable {
    case literal(String)
    /// `{}`: one segment.
    case segment
    /// `{*}`: any part of a path that is not empty, slashes included: names of images hold them.
    case rest
  }

  let method: String
  let pattern: String
  private let pieces: [Piece]
  let makeCall: @Sendable (RouteInput) throws(RouteFault) -> EngineCall

  init(
    _ method: String, _ pattern: String,
    _ makeCall: @escaping @Sendable (RouteInput) throws(RouteFault) -> EngineCall
  ) {
    self.method = method
    self.pattern = pattern
    self.makeCall = makeCall
    pieces = pattern.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { part in
      switch part {
      case "{}": .segment
      case "{*}": .rest
      default: .literal(String(part))
      }
    }
  }

  /// The segment that all its paths begin with.
  var firstSegment: String {
    if case .literal(let text) = pieces.first { text } else { "" }
  }

  /// The parts of a path that stand for names; nil where the path is another.
  func match(_ segments: [Substring]) -> [String]? {
    var names: [String] = []
    var place = 0
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .literal(let text):
        guard place < segments.count, segments[place] == text else { return nil }
        place += 1
      case .segment:
        guard place < segments.count, !segments[place].isEmpty else { return nil }
        names.append(String(segments[place]))
        place += 1
      case .rest:
        // What follows has a fixed number of segments, so the rest is what is left before them.
        let end = segments.count - (pieces.count - index - 1)
        guard place < end else { return nil }
        let name = segments[place..<end].joined(separator: "/")
        if name.isEmpty { return nil }
        names.append(name)
        place = end
      }
    }
    return place == segments.count ? names : nil
  }
}

/// Why a route makes no call of a request.
enum RouteFault: Error {
  /// Refused by any node.
  case refused(APIError)
  /// Refused by a manager; another node says that it is none.
  case refusedByManager(APIError)
}

/// A request as a route sees it.
struct RouteInput {
  /// What stands for the names in the pattern.
  let names: [String]
  let query: Query
  let request: EngineRequest
  let version: APIVersion

  /// The first name.
  var name: String { names[0] }

  /// The body as JSON.
  func json(isNeeded: Bool = false) throws(RouteFault) -> JSON {
    do { return try RequestBody.json(of: request, isNeeded: isNeeded) } catch { throw .refused(error) }
  }

  /// The body decoded. A value that cannot be converted is refused by managers alone.
  func body<Value>(_ decode: (JSON) throws(DecodingFault) -> Value) throws(RouteFault) -> Value {
    let json = try json()
    do { return try decode(json) } catch {
      switch error {
      case .malformed(let text): throw .refused(APIError(.invalidParameter, text))
      case .conversion(let text): throw .refusedByManager(APIError(.invalidParameter, text))
      case .unspecific(let text): throw .refusedByManager(APIError(.system, text))
      }
    }
  }

  /// The body decoded, where a value that cannot be converted is refused later than other things.
  func laterBody<Value>(
    _ decode: (JSON) throws(DecodingFault) -> Value
  ) throws(RouteFault) -> Result<Value, APIError> {
    do { return .success(try body(decode)) } catch {
      if case .refusedByManager(let error) = error { return .failure(error) }
      throw error
    }
  }

  /// Passes on what any node refuses.
  func checked<Value>(_ body: () throws(APIError) -> Value) throws(RouteFault) -> Value {
    do { return try body() } catch { throw .refused(error) }
  }

  /// Passes on what managers refuse.
  func checkedByManager<Value>(_ body: () throws(APIError) -> Value) throws(RouteFault) -> Value {
    do { return try body() } catch { throw .refusedByManager(error) }
  }

  /// The filters of a list.
  func filters() throws(RouteFault) -> FilterArguments {
    try checked { () throws(APIError) in try FilterArguments(query["filters"]) }
  }

  /// The version of the object that an update is based on.
  func version(of kind: String) throws(RouteFault) -> UInt64 {
    try checked { () throws(APIError) in try query.version(of: kind) }
  }

  /// A number from 0 up that must be there: a terminal's height.
  func size(_ name: String) throws(RouteFault) -> UInt32 {
    let text = query[name]
    switch GoNumber.parseUInt(text) {
    case .success(let number) where number <= UInt64(UInt32.max): return UInt32(number)
    case .success: throw .refused(RouteInput.badSize(name, text, "value out of range"))
    case .failure:
      let isNegative = text.hasPrefix("-") && (try? GoNumber.parseInt(text).get()) != nil
      throw .refused(RouteInput.badSize(name, text, isNegative ? "value out of range" : "invalid syntax"))
    }
  }

  private static func badSize(_ name: String, _ text: String, _ reason: String) -> APIError {
    APIError(.invalidParameter, "invalid resize \(name == "h" ? "height" : "width") \(text.goQuoted): \(reason)")
  }
}
