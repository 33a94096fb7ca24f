import EngineTypes
import SimBase
import SwarmManager

// Source: moby/moby `daemon/server/router/container/container_routes.go`, `exec.go`, `copy.go`.

extension EngineRouter {
  /// Routes of containers and of processes in them.
  static let containerRoutes: [Route] = containerReads + containerLife + containerFiles + execRoutes

  private static let containerReads = [
    Route("GET", "/containers/json") { input throws(RouteFault) in
      .container(.list(try input.checked { () throws(APIError) in try ContainerList(input.query) }))
    },
    Route("GET", "/containers/{*}/json") { input throws(RouteFault) in
      .container(.inspect(input.name, withSize: input.query.flag("size")))
    },
    Route("GET", "/containers/{*}/logs") { input throws(RouteFault) in
      let options = try input.checked { () throws(APIError) in try LogOptions(input.query) }
      if !options.stdout && !options.stderr {
        throw .refused(APIError(.invalidParameter, "Bad parameters: you must choose at least one stream"))
      }
      return .container(.logs(input.name, options))
    },
    Route("GET", "/containers/{*}/top") { input throws(RouteFault) in
      .container(.top(input.name, arguments: input.query["ps_args"]))
    },
    Route("GET", "/containers/{*}/changes") { input throws(RouteFault) in .container(.changes(input.name)) },
    Route("GET", "/containers/{*}/stats") { input throws(RouteFault) in
      .container(
        .stats(
          input.name, isStream: input.query.flag("stream", absent: true), isOneShot: input.query.flag("one-shot")))
    },
    Route("GET", "/containers/{*}/export") { input throws(RouteFault) in .container(.export(input.name)) },
    Route("GET", "/containers/{*}/attach/ws") { input throws(RouteFault) in
      let options = AttachOptions(input.query, input.request)
      return .container(.attachWebSocket(input.name, options, handshake: WebSocket.headers(for: input.request)))
    },
    Route("GET", "/containers/{*}/checkpoints") { input throws(RouteFault) in throw .refused(.onlyExperimental) },
    Route("POST", "/containers/{*}/checkpoints") { input throws(RouteFault) in throw .refused(.onlyExperimental) },
    Route("DELETE", "/containers/{*}/checkpoints/{}") { input throws(RouteFault) in throw .refused(.onlyExperimental) },
  ]

  private static let containerLife = [
    Route("POST", "/containers/create") { input throws(RouteFault) in
      let config = try input.json(isNeeded: true)
      try input.checked { () throws(APIError) in
        do throws(DecodingFault) { try ContainerCreation.check(config) } catch { throw APIError(error) }
      }
      return .container(
        .create(name: input.query["name"], platform: input.query["platform"], config: config))
    },
    Route("POST", "/containers/prune") { input throws(RouteFault) in .container(.prune(try input.filters())) },
    Route("POST", "/containers/{*}/start") { input throws(RouteFault) in .container(.start(input.name)) },
    Route("POST", "/containers/{*}/stop") { input throws(RouteFault) in
      .container(.stop(input.name, signal: input.signal, seconds: try input.seconds()))
    },
    Route("POST", "/containers/{*}/restart") { input throws(RouteFault) in
      .container(.restart(input.name, signal: input.signal, seconds: try input.seconds()))
    },
    Route("POST", "/containers/{*}/kill") { input throws(RouteFault) in
      .container(.kill(input.name, signal: input.query["signal"]))
    },
    Route("POST", "/containers/{*}/pause") { input throws(RouteFault) in .container(.pause(input.name)) },
    Route("POST", "/containers/{*}/unpause") { input throws(RouteFault) in .container(.unpause(input.name)) },
    Route("POST", "/containers/{*}/rename") { input throws(RouteFault) in
      .container(.rename(input.name, to: input.query["name"]))
    },
    Route("POST", "/containers/{*}/wait") { input throws(RouteFault) in
      .container(
        .wait(input.name, try input.checked { () throws(APIError) in try WaitCondition(input.query) }))
    },
    Route("POST", "/containers/{*}/attach") { input throws(RouteFault) in
      .container(.attach(input.name, AttachOptions(input.query, input.request)))
    },
    Route("POST", "/containers/{*}/resize") { input throws(RouteFault) in
      .container(.resize(input.name, height: try input.size("h"), width: try input.size("w")))
    },
    Route("POST", "/containers/{*}/update") { input throws(RouteFault) in
      .container(.update(input.name, config: try input.json()))
    },
    Route("DELETE", "/containers/{*}") { input throws(RouteFault) in
      let query = input.query
      return .container(
        .remove(input.name, force: query.flag("force"), volumes: query.flag("v"), link: query.flag("link")))
    },
  ]

  private static let containerFiles = [
    Route("HEAD", "/containers/{*}/archive") { input throws(RouteFault) in
      .container(.statPath(input.name, path: try input.path()))
    },
    Route("GET", "/containers/{*}/archive") { input throws(RouteFault) in
      .container(.getArchive(input.name, path: try input.path()))
    },
    Route("PUT", "/containers/{*}/archive") { input throws(RouteFault) in
      .container(.putArchive(input.name, path: try input.path(), archive: input.request.body))
    },
  ]

  private static let execRoutes = [
    Route("POST", "/containers/{*}/exec") { input throws(RouteFault) in
      .container(.exec(input.name, try input.body { json throws(DecodingFault) in try ExecConfig(json) }))
    },
    Route("POST", "/exec/{*}/start") { input throws(RouteFault) in
      let (detach, tty) = try input.body { json throws(DecodingFault) in
        let fields = try JSONFields(json, "container.ExecStartOptions")
        return (try fields.flag("Detach"), try fields.flag("Tty"))
      }
      let upgrades = input.request.header("Upgrade") != nil
      return .exec(.start(input.name, detach: detach, tty: tty, upgrades: upgrades))
    },
    Route("POST", "/exec/{*}/resize") { input throws(RouteFault) in
      .exec(.resize(input.name, height: try input.size("h"), width: try input.size("w")))
    },
    Route("GET", "/exec/{*}/json") { input throws(RouteFault) in .exec(.inspect(input.name)) },
  ]
}

extension RouteInput {
  /// The signal of a stop; nil for the container's own.
  fileprivate var signal: String? { query["signal"].isEmpty ? nil : query["signal"] }

  /// How long a stop may take; nil for the container's own time.
  fileprivate func seconds() throws(RouteFault) -> Int? {
    let text = query["t"]
    if text.isEmpty { return nil }
    switch GoNumber.parseInt(text) {
    case .success(let number): return Int(number)
    case .failure(let fault): throw .refused(APIError(.system, fault.message(of: "Atoi", text)))
    }
  }

  /// A path in a container.
  fileprivate func path() throws(RouteFault) -> String {
    let path = query["path"]
    // The blank is missing in the original.
    if path.isEmpty { throw .refused(APIError(.invalidParameter, "bad parameter: pathcannot be empty")) }
    return path
  }
}
