import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

// Source: moby/moby `daemon/server/router/image/image_routes.go`, `volume/volume_routes.go`, `build`, `distribution`.

extension EngineRouter {
  /// Routes of images, builds, registries and volumes.
  static let imageRoutes: [Route] = imageReads + imageChanges + volumeRoutes

  private static let imageReads = [
    Route("GET", "/images/json") { input throws(RouteFault) in
      let filters = try input.filters()
      try input.checked { () throws(APIError) in
        try filters.validate("dangling", "label", "before", "since", "reference", "until")
        _ = try filters.flag("dangling")
      }
      let query = input.query
      return .image(.list(all: query.flag("all"), sharedSize: query.flag("shared-size"), filters))
    },
    Route("GET", "/images/search") { input throws(RouteFault) in
      .image(.search(try input.checked { () throws(APIError) in try ImageSearch(input.query) }))
    },
    Route("GET", "/images/get") { input throws(RouteFault) in .image(.save(input.query.all("names"))) },
    Route("GET", "/images/{*}/get") { input throws(RouteFault) in .image(.save([input.name])) },
    Route("GET", "/images/{*}/json") { input throws(RouteFault) in
      .image(.inspect(input.name, platform: input.version < APIVersion("1.49") ? "" : input.query["platform"]))
    },
    Route("GET", "/images/{*}/history") { input throws(RouteFault) in .image(.history(input.name)) },
    Route("GET", "/distribution/{*}/json") { input throws(RouteFault) in
      .image(.distribution(input.name, registryAuth: input.registryAuth))
    },
  ]

  private static let imageChanges = [
    Route("POST", "/images/create") { input throws(RouteFault) in
      let query = input.query
      if !query["fromImage"].isEmpty { return .image(.pull(ImagePull(query, input.request))) }
      return .image(
        .importArchive(ImageImport(query, changes: input.changes, archive: input.request.body)))
    },
    Route("POST", "/images/prune") { input throws(RouteFault) in .image(.prune(try input.filters())) },
    Route("POST", "/images/{*}/push") { input throws(RouteFault) in
      .image(.push(input.name, tag: input.query["tag"], registryAuth: input.registryAuth))
    },
    Route("POST", "/images/{*}/tag") { input throws(RouteFault) in
      .image(.tag(input.name, repository: input.query["repo"], tag: input.query["tag"]))
    },
    Route("DELETE", "/images/{*}") { input throws(RouteFault) in
      .image(.remove(input.name, force: input.query.flag("force"), keepsParents: input.query.flag("noprune")))
    },
    Route("POST", "/build") { input throws(RouteFault) in
      .image(.build(try input.checked { () throws(APIError) in try ImageBuild(input.query, input.request) }))
    },
    Route("POST", "/commit") { input throws(RouteFault) in
      .image(.commit(ImageCommit(input.query, changes: input.changes, config: try input.json())))
    },
    Route("POST", "/images/load") { input throws(RouteFault) in .image(.load(input.request.body)) },
    Route("POST", "/build/cancel") { input throws(RouteFault) in
      if input.query["id"].isEmpty { throw .refused(APIError(.invalidParameter, "build ID not provided")) }
      return .answered(.empty())
    },
    Route("POST", "/session") { input throws(RouteFault) in
      throw .refused(input.buildKitRefusal(APIError(.invalidParameter, "no upgrade proto in request")))
    },
    Route("POST", "/grpc") { input throws(RouteFault) in
      throw .refused(input.buildKitRefusal(APIError(.system, "no upgrade proto in request")))
    },
  ]

  private static let volumeRoutes = [
    Route("GET", "/volumes") { input throws(RouteFault) in
      let filters = try input.checked { () throws(APIError) in
        do throws(APIError) { return try FilterArguments(input.query["filters"]) } catch {
          throw APIError(error.cause, "error reading volume filters: \(error.message)")
        }
      }
      try input.checked { () throws(APIError) in
        try filters.validate("dangling", "name", "driver", "label")
        _ = try filters.flag("dangling")
      }
      return .volume(.list(filters, knowsSwarm: input.knowsClusterVolumes))
    },
    Route("POST", "/volumes/create") { input throws(RouteFault) in
      .volume(
        .create(
          try input.body { json throws(DecodingFault) in
            try VolumeCreation(json, version: input.version)
          }))
    },
    Route("POST", "/volumes/prune") { input throws(RouteFault) in .volume(.prune(try input.filters())) },
    Route("GET", "/volumes/") { _ throws(RouteFault) in throw .refused(APIError(.notFound, "volume  not found")) },
    Route("GET", "/volumes/{*}") { input throws(RouteFault) in
      .volume(.inspect(input.name, knowsSwarm: input.knowsClusterVolumes))
    },
    Route("PUT", "/volumes/{*}") { input throws(RouteFault) in
      let wish = try input.body { json throws(DecodingFault) in
        try JSONFields(json, "volume.UpdateOptions").object("Spec", "ClusterVolumeSpec")?.text("Availability")
      }
      return .volume(.update(input.name, version: input.query["version"], wish.flatMap(Availability.init(word:))))
    },
    Route("DELETE", "/volumes/{*}") { input throws(RouteFault) in
      .volume(
        .remove(input.name, force: input.query.flag("force"), knowsSwarm: input.knowsClusterVolumes))
    },
  ]
}

extension RouteInput {
  /// Changes of an image's settings, a line each.
  fileprivate var changes: [String] {
    query.all("changes").flatMap { $0.split(separator: "\n").map(String.init) }
  }

  /// What BuildKit's routes answer: nothing here speaks its protocol.
  fileprivate func buildKitRefusal(_ plain: APIError) -> APIError {
    request.header("Upgrade") == nil
      ? plain : APIError(.notImplemented, "building with BuildKit is not supported by this engine")
  }

  /// Whether the client's version of the API knows the swarm's volumes.
  fileprivate var knowsClusterVolumes: Bool { version >= VolumeCreation.clusterVersion }

  /// The client's credentials, as sent.
  fileprivate var registryAuth: String { request.header("X-Registry-Auth") ?? "" }
}
