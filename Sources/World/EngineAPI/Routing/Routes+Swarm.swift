import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

// Source: moby/moby `daemon/server/router/swarm/cluster_routes.go`, `daemon/cluster/filters.go`.

extension EngineRouter {
  /// Routes of a swarm and its objects but networks.
  static let swarmRoutes: [Route] =
    membershipRoutes + nodeRoutes + serviceRoutes + taskRoutes + secretRoutes + configRoutes

  private static let membershipRoutes = [
    Route("POST", "/swarm/init") { input throws(RouteFault) in
      let version = input.version
      return .swarm(
        .initialize(try input.laterBody { json throws(DecodingFault) in try SwarmInit(json, version: version) }))
    },
    Route("POST", "/swarm/join") { input throws(RouteFault) in
      .swarm(.join(try input.laterBody { json throws(DecodingFault) in try SwarmJoin(json) }))
    },
    Route("POST", "/swarm/leave") { input throws(RouteFault) in .swarm(.leave(force: input.query.flag("force"))) },
    Route("POST", "/swarm/unlock") { input throws(RouteFault) in
      let key = try input.body { json throws(DecodingFault) in
        try JSONFields(json, "swarm.UnlockRequest").text("UnlockKey")
      }
      return .swarm(.unlock(key: key))
    },
    Route("GET", "/swarm") { input throws(RouteFault) in .control(.getCluster, .object) },
    Route("GET", "/swarm/unlockkey") { input throws(RouteFault) in .control(.getUnlockKey, .object) },
    Route("POST", "/swarm/update") { input throws(RouteFault) in
      let later = try input.laterBody { json throws(DecodingFault) in try ClusterSettings(json) }
      let version = try input.version(of: "swarm")
      var rotation = KeyRotation()
      rotation.workerToken = try input.rotationFlag("rotateWorkerToken")
      rotation.managerToken = try input.rotationFlag("rotateManagerToken")
      rotation.unlockKey = try input.rotationFlag("rotateManagerUnlockKey")
      switch later {
      case .success(let settings): return .control(.updateCluster(version: version, settings, rotation), .empty)
      case .failure(let error): return .managerRefusal(error)
      }
    },
  ]

  private static let nodeRoutes = [
    Route("GET", "/nodes") { input throws(RouteFault) in
      let filters = try input.filters()
      return .control(
        .listNodes(try input.checkedByManager { () throws(APIError) in try NodeFilter(filters) }), .object)
    },
    Route("GET", "/nodes/{}") { input throws(RouteFault) in .control(.getNode(input.name), .object) },
    Route("POST", "/nodes/{}/update") { input throws(RouteFault) in
      let later = try input.laterBody { json throws(DecodingFault) in try NodeSpec(json) }
      let version = try input.version(of: "node")
      switch later {
      case .success(let spec): return .control(.updateNode(input.name, version: version, spec), .empty)
      case .failure(let error): return .managerRefusal(error)
      }
    },
    Route("DELETE", "/nodes/{}") { input throws(RouteFault) in
      .control(.removeNode(input.name, force: input.query.flag("force")), .empty)
    },
  ]

  private static let serviceRoutes = [
    Route("GET", "/services") { input throws(RouteFault) in
      let filters = try input.filters()
      let withStatus =
        input.version >= APIVersion("1.41")
        ? try input.checked { () throws(APIError) in try input.query.parsedFlag("status") } : false
      let filter = try input.checkedByManager { () throws(APIError) in try ServiceFilter(filters) }
      return .control(.listServices(filter, withStatus: withStatus), .object)
    },
    Route("POST", "/services/create") { input throws(RouteFault) in
      switch try input.serviceSubmission() {
      case .success(let submission): return .control(.createService(submission), .serviceCreated)
      case .failure(let error): return .managerRefusal(error)
      }
    },
    Route("GET", "/services/{}") { input throws(RouteFault) in
      let insertDefaults = try input.checked { () throws(APIError) in try input.query.parsedFlag("insertDefaults") }
      return .control(.getService(input.name, insertDefaults: insertDefaults), .object)
    },
    Route("POST", "/services/{}/update") { input throws(RouteFault) in
      let later = try input.serviceSubmission()
      let version = try input.version(of: "service")
      switch later {
      case .success(let submission):
        var update = ServiceUpdate(version: version, submission)
        update.registryAuthFrom = input.query["registryAuthFrom"]
        update.rollback = input.query["rollback"]
        return .control(.updateService(input.name, update), .serviceUpdated)
      case .failure(let error): return .managerRefusal(error)
      }
    },
    Route("DELETE", "/services/{}") { input throws(RouteFault) in .control(.removeService(input.name), .empty) },
    Route("GET", "/services/{}/logs") { input throws(RouteFault) in try input.swarmLogs(.service(input.name)) },
  ]

  private static let taskRoutes = [
    Route("GET", "/tasks") { input throws(RouteFault) in
      let filters = try input.filters()
      return .control(
        .listTasks(try input.checkedByManager { () throws(APIError) in try TaskFilter(filters) }), .object)
    },
    Route("GET", "/tasks/{}") { input throws(RouteFault) in .control(.getTask(input.name), .object) },
    Route("GET", "/tasks/{}/logs") { input throws(RouteFault) in try input.swarmLogs(.task(input.name)) },
  ]

  private static let secretRoutes = [
    Route("GET", "/secrets") { input throws(RouteFault) in
      let filters = try input.filters()
      let filter = try input.checkedByManager { () throws(APIError) in
        try filters.validate("names", "name", "id", "label")
        return NamedFilter(filters)
      }
      return .control(.listSecrets(filter), .object)
    },
    Route("POST", "/secrets/create") { input throws(RouteFault) in
      .control(.createSecret(try input.body { json throws(DecodingFault) in try SecretDraft(json) }), .created)
    },
    Route("GET", "/secrets/{}") { input throws(RouteFault) in .control(.getSecret(input.name), .object) },
    Route("POST", "/secrets/{}/update") { input throws(RouteFault) in
      let draft = try input.body { json throws(DecodingFault) in try SecretDraft(json) }
      let version = try input.checked { () throws(APIError) in
        try input.query.plainVersion(of: "secret")
      }
      return .control(.updateSecret(input.name, version: version, draft), .empty)
    },
    Route("DELETE", "/secrets/{}") { input throws(RouteFault) in .control(.removeSecret(input.name), .noContent) },
  ]

  private static let configRoutes = [
    Route("GET", "/configs") { input throws(RouteFault) in
      let filters = try input.filters()
      let filter = try input.checkedByManager { () throws(APIError) in
        try filters.validate("name", "id", "label")
        return NamedFilter(filters)
      }
      return .control(.listConfigs(filter), .object)
    },
    Route("POST", "/configs/create") { input throws(RouteFault) in
      let draft = try input.body { json throws(DecodingFault) in try SecretDraft(json, "swarm.ConfigSpec") }
      return .control(.createConfig(draft), .created)
    },
    Route("GET", "/configs/{}") { input throws(RouteFault) in .control(.getConfig(input.name), .object) },
    Route("POST", "/configs/{}/update") { input throws(RouteFault) in
      let draft = try input.body { json throws(DecodingFault) in try SecretDraft(json, "swarm.ConfigSpec") }
      let version = try input.checked { () throws(APIError) in
        try input.query.plainVersion(of: "config")
      }
      return .control(.updateConfig(input.name, version: version, draft), .empty)
    },
    Route("DELETE", "/configs/{}") { input throws(RouteFault) in .control(.removeConfig(input.name), .noContent) },
  ]
}

extension RouteInput {
  /// A service spec with the client's credentials in it.
  fileprivate func serviceSubmission() throws(RouteFault) -> Result<ServiceSubmission, APIError> {
    try laterBody { json throws(DecodingFault) in
      var spec = try ServiceSpec(json, version: version)
      if let auth = request.header("X-Registry-Auth"), case .container(var container) = spec.task.runtime {
        container.registryAuth = auth
        spec.task.runtime = .container(container)
      }
      return ServiceSubmission(spec)
    }
  }

  fileprivate func swarmLogs(_ subject: SwarmLogsCall.Subject) throws(RouteFault) -> EngineCall {
    let options = LogOptions(streamsOf: query)
    if !options.stdout && !options.stderr {
      throw .refused(APIError(.system, "Bad parameters: you must choose at least one stream"))
    }
    do throws(APIError) {
      return .swarmLogs(SwarmLogsCall(subject: subject, options: try LogOptions(query)))
    } catch {
      // What times there are is read only once the subject has been found.
      let name = (try? VirtualTime.instant(query["since"])) == nil ? "since" : "until"
      let fault = APIError(error.cause, "could not parse \(name) timestamp: \(error.message)")
      return .swarmLogs(SwarmLogsCall(subject: subject, options: options, fault: fault))
    }
  }

  fileprivate func rotationFlag(_ name: String) throws(RouteFault) -> Bool {
    if let flag = query.strictFlag(name) { return flag }
    throw .refused(APIError(.invalidParameter, "invalid value for \(name): \(query[name])"))
  }
}

extension Query {
  /// The version of a secret or config: its error does not say what the number was.
  fileprivate func plainVersion(of kind: String) throws(APIError) -> UInt64 {
    if case .success(let number) = GoNumber.parseUInt(self["version"]) { return number }
    throw APIError(.invalidParameter, "invalid \(kind) version")
  }
}

extension NodeFilter {
  fileprivate init(_ filters: FilterArguments) throws(APIError) {
    try filters.validate("name", "id", "label", "role", "membership", "node.label")
    self.init()
    namePrefixes = filters["name"]
    idPrefixes = filters["id"]
    engineLabels = filters.labels("label")
    nodeLabels = filters.labels("node.label")
    for word in filters["role"] where !word.isEmpty {
      switch word.lowercased() {
      case "worker": roles.append(.worker)
      case "manager": roles.append(.manager)
      default: throw APIError(.system, "Invalid role filter: '\(word)'")
      }
    }
    for word in filters["membership"] where !word.isEmpty {
      switch word.lowercased() {
      case "accepted": memberships.append(.accepted)
      case "pending": memberships.append(.pending)
      default: throw APIError(.system, "Invalid membership filter: '\(word)'")
      }
    }
  }
}

extension ServiceFilter {
  fileprivate init(_ filters: FilterArguments) throws(APIError) {
    try filters.validate("name", "id", "label", "mode", "runtime")
    self.init()
    namePrefixes = filters["name"]
    idPrefixes = filters["id"]
    labels = filters.labels("label")
    modes = filters["mode"]
    if !filters["runtime"].isEmpty { runtimes = filters["runtime"] }
  }
}

extension TaskFilter {
  fileprivate init(_ filters: FilterArguments) throws(APIError) {
    try filters.validate("name", "id", "label", "service", "node", "desired-state", "_up-to-date", "runtime")
    self.init()
    namePrefixes = filters["name"]
    idPrefixes = filters["id"]
    labels = filters.labels("label")
    services = filters["service"]
    nodes = filters["node"]
    isUpToDate = !filters["_up-to-date"].isEmpty
    if filters.contains("runtime") { runtimes = filters["runtime"] }
    for word in filters["desired-state"] where !word.isEmpty {
      guard let state = TaskState.allCases.first(where: { $0.word == word.lowercased() }) else {
        throw APIError(.system, "Invalid desired-state filter: '\(word)'")
      }
      desiredStates.append(state)
    }
  }
}

extension NamedFilter {
  fileprivate init(_ filters: FilterArguments) {
    self.init()
    names = filters["names"]
    namePrefixes = filters["name"]
    idPrefixes = filters["id"]
    labels = filters.labels("label")
  }
}
