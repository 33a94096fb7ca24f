import EngineTypes
import SimBase
import SwarmManager
import Workloads

// Source: moby/moby `api/server/router/plugin/plugin_routes.go`.

extension EngineRouter {
  /// Routes of managed plugins. Engines of the world have none, and no registry of theirs has any.
  static let pluginRoutes: [Route] = [
    Route("GET", "/plugins") { input throws(RouteFault) in
      let filters = try input.filters()
      try input.checked { () throws(APIError) in try filters.validate("capability", "enabled") }
      return .answered(.json { $0.array { _ in } })
    },
    Route("GET", "/plugins/privileges") { input throws(RouteFault) in
      try input.checkRemote()
      return .answered(.json { $0.array { _ in } })
    },
    Route("GET", "/plugins/{*}/json") { input throws(RouteFault) in throw .refused(input.noSuchPlugin) },
    Route("POST", "/plugins/pull") { input throws(RouteFault) in
      try input.checkRemote()
      throw .refused(APIError(.notImplemented, "installing a plugin is not supported by this engine"))
    },
    Route("POST", "/plugins/create") { input throws(RouteFault) in
      let name = input.query["name"]
      do throws(ImageReference.Refusal) { _ = try ImageReference(name) } catch {
        throw .refused(APIError(.system, "failed to parse reference \(name): \(error.sentence)"))
      }
      throw .refused(APIError(.system, "config not found"))
    },
    Route("POST", "/plugins/{*}/enable") { input throws(RouteFault) in
      let timeout = input.query["timeout"]
      if case .failure(let fault) = GoNumber.parseInt(timeout) {
        throw .refused(APIError(.system, fault.message(of: "Atoi", timeout)))
      }
      throw .refused(input.noSuchPlugin)
    },
    Route("POST", "/plugins/{*}/upgrade") { input throws(RouteFault) in
      try input.checkRemote()
      throw .refused(input.noSuchPlugin)
    },
    Route("POST", "/plugins/{*}/disable") { input throws(RouteFault) in throw .refused(input.noSuchPlugin) },
    Route("POST", "/plugins/{*}/push") { input throws(RouteFault) in throw .refused(input.noSuchPlugin) },
    Route("POST", "/plugins/{*}/set") { input throws(RouteFault) in
      _ = try input.json()
      throw .refused(input.noSuchPlugin)
    },
    Route("DELETE", "/plugins/{*}") { input throws(RouteFault) in throw .refused(input.noSuchPlugin) },
  ]
}

extension RouteInput {
  fileprivate var noSuchPlugin: APIError { APIError(.notFound, "plugin \(name.goQuoted) not found") }

  /// Refuses a plugin's name in a registry that is none.
  fileprivate func checkRemote() throws(RouteFault) {
    do throws(ImageReference.Refusal) { _ = try ImageReference(query["remote"]) } catch {
      throw .refused(APIError(.system, error.sentence))
    }
  }
}
