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
      try input.checked { () throws(APIError) in
        let json = try RequestBody.anyJSON(of: input.request)
        do throws(DecodingFault) {
          let fields = try JSONFields(json, "registry.AuthConfig")
          return .system(
            .login(
              user: try fields.text("username"), password: try fields.text("password"),
              server: try fields.text("serveraddress")))
        } catch {
          // This route says no more than Go's decoder, and gives its error no kind.
          let text = APIError(error).message
          throw APIError(.system, text.hasPrefix("invalid JSON: ") ? String(text.dropFirst(14)) : text)
        }
      }
    },
    Route("POST", "/build/prune") { input throws(RouteFault) in
      let filters = try input.filters()
      try input.checked { () throws(APIError) in
        do throws(APIError) {
          try filters.validate(
            "description", "id", "inuse", "label", "label!", "parent", "private", "shared", "type", "until",
            "unused-for")
        } catch {
          throw APIError(error.cause, "failed to prune build cache: \(error.message)")
        }
      }
      return .system(.pruneBuilds(filters))
    },
  ]
}
