import EngineTypes
import SimBase
import SwarmManager

// Source: moby/moby `daemon/server/router/network/network_routes.go`.

extension EngineRouter {
  /// Routes of networks.
  static let networkRoutes = [
    Route("GET", "/networks") { input throws(RouteFault) in try input.networkList() },
    Route("GET", "/networks/") { input throws(RouteFault) in try input.networkList() },
    Route("POST", "/networks/create") { input throws(RouteFault) in
      let version = input.version
      return .network(
        .create(try input.body { json throws(DecodingFault) in try NetworkCreation(json, version: version) }))
    },
    Route("POST", "/networks/prune") { input throws(RouteFault) in .network(.prune(try input.filters())) },
    Route("POST", "/networks/{*}/connect") { input throws(RouteFault) in
      let (container, settings) = try input.body { json throws(DecodingFault) in
        let fields = try JSONFields(json, "network.ConnectOptions")
        return (try fields.text("Container"), fields.any("EndpointConfig"))
      }
      return .network(.connect(input.name, container: container, settings: settings))
    },
    Route("POST", "/networks/{*}/disconnect") { input throws(RouteFault) in
      let (container, force) = try input.body { json throws(DecodingFault) in
        let fields = try JSONFields(json, "network.DisconnectOptions")
        return (try fields.text("Container"), try fields.flag("Force"))
      }
      return .network(.disconnect(input.name, container: container, force: force))
    },
    Route("GET", "/networks/{*}") { input throws(RouteFault) in
      let isVerbose = try input.checked { () throws(APIError) in try input.query.parsedFlag("verbose") }
      return .network(.inspect(input.name, scope: input.query["scope"], isVerbose: isVerbose))
    },
    Route("DELETE", "/networks/{*}") { input throws(RouteFault) in .network(.remove(input.name)) },
  ]
}

extension RouteInput {
  fileprivate func networkList() throws(RouteFault) -> EngineCall {
    let filters = try filters()
    return .network(.list(try checked { () throws(APIError) in try NetworkListFilter(filters) }))
  }
}
