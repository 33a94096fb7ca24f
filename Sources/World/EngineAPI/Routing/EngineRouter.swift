import EngineTypes
import SimBase
import SwarmManager

/// A request with its route: which version of the API the client speaks, and what it asks for.
public struct RoutedRequest: Sendable {
  /// The version in the path, or the newest.
  public var version: APIVersion
  /// What is asked for.
  public var call: EngineCall
}

/// Finds out what a request asks for. Nothing here knows a node: what can be refused without one is refused, the rest is
/// decoded.
///
/// A path that nobody knows and a wrong method on a known one are the same: `page not found`.
///
/// Source: moby/moby `daemon/server/server.go`, `daemon/server/router`.
public enum EngineRouter {
  /// The table, by the first segment of the path. Within one, the first row that matches counts.
  private static let table: [String: [Route]] = {
    var table: [String: [Route]] = [:]
    for route in routes { table[route.firstSegment, default: []].append(route) }
    return table
  }()

  /// Every route in the order in which they are tried.
  static let routes: [Route] = systemRoutes + pluginRoutes + swarmRoutes + networkRoutes + containerRoutes + imageRoutes

  /// What a request asks for.
  public static func route(_ request: EngineRequest) -> RoutedRequest {
    let target = RequestTarget(request.target)
    let version = target.version ?? .newest
    return RoutedRequest(version: version, call: call(request, target, version))
  }

  private static func call(_ request: EngineRequest, _ target: RequestTarget, _ version: APIVersion) -> EngineCall {
    if request.method == "OPTIONS" { return .answered(.empty()) }
    if let clean = target.cleanTarget {
      var answer = EngineAnswer.pageNotFound
      answer.status = 301
      answer.headers = [HTTPHeader("Location", clean)]
      answer.body = DatedBytes()
      return .answered(answer)
    }
    let segments = target.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for route in table[String(segments.first ?? "")] ?? [] where route.method == request.method {
      guard let names = route.match(Array(segments)) else { continue }
      do throws(APIError) { try version.check() } catch { return .answered(.badVersion(version, error)) }
      do throws(RouteFault) {
        return try route.makeCall(
          RouteInput(names: names, query: target.query, request: request, version: version))
      } catch {
        switch error {
        case .refused(let error): return .answered(.refusal(error))
        case .refusedByManager(let error): return .managerRefusal(error)
        }
      }
    }
    return .answered(.pageNotFound)
  }
}
