import EngineTypes
import SimBase
import SwarmManager

// Source: moby/moby `daemon/server/router/system/system_routes.go`, `plugin`, `build`.

extension EngineRouter {
  /// Routes of the engine as a whole.
  static let systemRoutes = [
    Route("GET", "/_ping") { input throws(RouteFault) in .ping },
    Route("HEAD", "/_ping") { input throws(RouteFault) in .ping },
    Route("GET", "/version") { input throws(RouteFault) in .version },
    Route("GET", "/info") { input throws(RouteFault) in .info },
    Route("GET", "/events") { input throws(RouteFault) in
      .system(.events(try input.checked { () throws(APIError) in try EventsQuery(input.query) }))
    },
    Route("GET", "/system/df") { input throws(RouteFault) in
      .system(.diskUsage(try input.checked { () throws(APIError) in try DiskUsageKind.kinds(input.query) }))
    },
    Route("POST", "/auth") { input throws(RouteFault) in
      try input.body { json throws(DecodingFault) in
        let fields = try JSONFields(json, "registry.AuthConfig")
        return .system(
          .login(
            user: try fields.text("username"), password: try fields.text("password"),
            server: try fields.text("serveraddress")))
      }
    },
    Route("POST", "/build/prune") { input throws(RouteFault) in .system(.pruneBuilds(try input.filters())) },
    // Engines of the world have no managed plugins.
    Route("GET", "/plugins") { input throws(RouteFault) in .answered(.json { $0.array { _ in } }) },
    Route("GET", "/plugins/{*}/json") { input throws(RouteFault) in
      throw .refused(APIError(.notFound, "plugin \(input.name.goQuoted) not found"))
    },
  ]
}
