import EngineAPI
import EngineTypes
import SimBase
import SwarmManager
import SwarmModel
import Testing

/// Source: moby/moby `daemon/cluster/convert`.
@Suite struct ServiceDecodingTests {
  private func spec(_ text: String) -> ServiceSpec {
    guard let json = try? JSON.parse(text) else { preconditionFailure("\(text) is no JSON") }
    return decodedSpec(json)
  }

  @Test("names of fields count in any case, unknown ones not at all") func letterCase() {
    let sparse = spec(
      #"{"name":"w","TASKTEMPLATE":{"containerspec":{"image":"i","Args":null}},"Mode":{"replicated":{"Replicas":4}},"x":1}"#
    )
    #expect(sparse.name == "w" && sparse.mode == .replicated(replicas: 4))
    #expect(sparse.task.container?.image == "i")
  }

  @Test("what is absent stays absent where it shows, and gets its default where not") func absence() {
    let bare = spec(#"{"TaskTemplate":{"ContainerSpec":{"Image":"i"}}}"#)
    #expect(bare.mode == .replicated(replicas: 1) && bare.update == nil && bare.endpoint == nil)
    #expect(bare.task.resources == nil && bare.task.placement == nil && bare.task.restart == nil)
    #expect(bare.task.container?.isolation == "default" && bare.task.container?.dns == nil)
    let empty = spec(
      #"{"TaskTemplate":{"ContainerSpec":{"DNSConfig":{}},"Resources":{},"Placement":{},"RestartPolicy":{}}}"#)
    #expect(empty.task.resources == ResourceRequirements() && empty.task.placement == Placement())
    var unlimited = RestartPolicy()
    unlimited.maxAttempts = 0
    #expect(empty.task.restart == unlimited && empty.task.container?.dns == DNSConfig())
  }

  @Test(
    "modes have defaults of their own",
    arguments: [
      (#"{"Global":{}}"#, ServiceMode.global), (#"{"GlobalJob":{}}"#, .globalJob),
      (#"{"Replicated":{}}"#, .replicated(replicas: 1)),
      (#"{"ReplicatedJob":{}}"#, .replicatedJob(maxConcurrent: 1, totalCompletions: 1)),
      (#"{"ReplicatedJob":{"MaxConcurrent":3}}"#, .replicatedJob(maxConcurrent: 3, totalCompletions: 3)),
      (#"{"ReplicatedJob":{"TotalCompletions":7}}"#, .replicatedJob(maxConcurrent: 1, totalCompletions: 7)),
    ])
  func modes(text: String, mode: ServiceMode) {
    #expect(spec(#"{"TaskTemplate":{"ContainerSpec":{}},"Mode":\#(text)}"#).mode == mode)
  }

  @Test(
    "what cannot be converted is refused in the engine's words",
    arguments: [
      (#"{"TaskTemplate":{}}"#, "mismatched Runtime and *Spec fields"),
      (#"{"TaskTemplate":{"Runtime":"plugin"}}"#, "mismatched Runtime and *Spec fields"),
      (#"{"TaskTemplate":{"Runtime":"attachment"}}"#, "unsupported runtime"),
      (#"{"Mode":{"Global":{},"Replicated":{}}}"#, "must specify only one service mode"),
      (#"{"EndpointSpec":{"Mode":"foo"}}"#, #"invalid resolution mode: "foo""#),
      (
        #"{"TaskTemplate":{"ContainerSpec":{},"RestartPolicy":{"Condition":"foo"}}}"#,
        #"invalid RestartCondition: "foo""#
      ),
      (#"{"UpdateConfig":{"FailureAction":"foo"}}"#, "unrecognized update failure action foo"),
      (#"{"RollbackConfig":{"Order":"foo"}}"#, "unrecognized update order foo"),
      (#"{"TaskTemplate":{"ContainerSpec":{"Mounts":[{"Type":"foo"}]}}}"#, #"invalid MountType: "foo""#),
      (
        #"{"TaskTemplate":{"ContainerSpec":{"Mounts":[{"BindOptions":{"Propagation":"foo"}}]}}}"#,
        #"invalid MountPropagation: "foo""#
      ),
      (
        #"{"TaskTemplate":{"ContainerSpec":{"Configs":[{"ConfigID":"a"}]}}}"#,
        "invalid Config: either File or Runtime should be set"
      ),
      (
        #"{"TaskTemplate":{"ContainerSpec":{"Configs":[{"File":{},"Runtime":{}}]}}}"#,
        "invalid Config: cannot specify both File and Runtime"
      ),
      (
        #"{"TaskTemplate":{"ContainerSpec":{"Privileges":{"CredentialSpec":{}}}}}"#,
        #"invalid CredentialSpec: must either provide "file", "registry", or "config" for credential spec"#
      ),
      (
        #"{"TaskTemplate":{"ContainerSpec":{"Privileges":{"CredentialSpec":{"Config":"a","File":"b"}}}}}"#,
        #"invalid CredentialSpec: cannot specify both "config" and "file" credential specs"#
      ),
    ])
  func conversions(text: String, message: String) {
    // Where the case is about something else, the container is there.
    let body = text.contains("TaskTemplate") ? text : text.dropLast() + #","TaskTemplate":{"ContainerSpec":{}}}"#
    let found = refusal(post("/services/create", String(body)))
    #expect(found?.status == 400)
    #expect(found?.message == message)
  }

  @Test("a number that is none of the field's type is refused with the way to it") func types() {
    let wrapped = #"{"TaskTemplate":{"ContainerSpec":{}},"Mode":{"Replicated":{"Replicas":-1}}}"#
    #expect(
      refusal(post("/services/create", wrapped))?.message
        == "invalid JSON: json: cannot unmarshal number -1 into Go struct field "
        + "ServiceSpec.Mode.Replicated.Replicas of type uint64")
    #expect(
      refusal(post("/services/create", #"{"TaskTemplate":{"ContainerSpec":{"Env":"a"}}}"#))?.message
        == "invalid JSON: json: cannot unmarshal string into Go struct field "
        + "ServiceSpec.TaskTemplate.ContainerSpec.Env of type []string")
  }

  @Test("older versions do not know newer fields") func olderVersions() {
    let body =
      #"{"TaskTemplate":{"ContainerSpec":{"Sysctls":{"a":"b"},"CapabilityAdd":["x"],"OomScoreAdj":5},"#
      + #""Placement":{"MaxReplicas":2}},"Mode":{"GlobalJob":{}}}"#
    func submitted(_ version: String) -> ServiceSpec? {
      guard
        case .control(.createService(let submission), _) =
          EngineRouter.route(post("/v\(version)/services/create", body)).call
      else { return nil }
      return submission.spec
    }
    let old = submitted("1.39")
    #expect(old?.mode == .replicated(replicas: 1) && old?.task.placement?.maxReplicas == 0)
    #expect(old?.task.container?.sysctls.isEmpty == true && old?.task.container?.capabilityAdd == [])
    let new = submitted("1.51")
    #expect(new?.mode == .globalJob && new?.task.placement?.maxReplicas == 2)
    #expect(new?.task.container?.sysctls == ["a": "b"] && new?.task.container?.oomScoreAdj == 5)
  }

  @Test("credentials come in a header, and networks stay in the place where they were given") func extras() {
    var request = post(
      "/services/create", #"{"Name":"w","Networks":[{"Target":"n"}],"TaskTemplate":{"ContainerSpec":{}}}"#)
    request.headers.append(HTTPHeader("X-Registry-Auth", "e30="))
    guard case .control(.createService(let submission), .serviceCreated) = EngineRouter.route(request).call else {
      Issue.record("not a creation")
      return
    }
    #expect(submission.spec.task.container?.registryAuth == "e30=")
    #expect(submission.spec.task.networks.isEmpty && submission.spec.networks.map(\.target) == ["n"])
    guard
      case .control(.updateService("w", let update), .serviceUpdated) =
        EngineRouter.route(
          post(
            "/services/w/update?version=7&rollback=previous&registryAuthFrom=previous-spec",
            #"{"TaskTemplate":{"ContainerSpec":{}}}"#)
        ).call
    else {
      Issue.record("not an update")
      return
    }
    #expect(update.version == 7 && update.rollback == "previous" && update.registryAuthFrom == "previous-spec")
  }

  @Test("rare fields survive being read and written") func rareFields() throws {
    let text = [
      #"{"Name":"w","Labels":{},"TaskTemplate":{"ContainerSpec":{"Image":"i","#,
      #""Privileges":{"CredentialSpec":{"Config":"c","File":"","Registry":""},"SELinuxContext":null,"NoNewPrivileges":true},"#,
      #""TTY":true,"Mounts":[{"Type":"bind","Source":"/a","Target":"/b","ReadOnly":true,"#,
      #""BindOptions":{"Propagation":"rprivate","NonRecursive":true}},"#,
      #"{"Type":"volume","Target":"/c","VolumeOptions":{"NoCopy":true,"Labels":{"x":"y"},"Subpath":"s","#,
      #""DriverConfig":{"Name":"local","Options":{"o":"p"}}}}],"#,
      #""Healthcheck":{"Test":["CMD","x"],"StartPeriod":1000000000,"StartInterval":2000000,"Retries":2},"#,
      #""Configs":[{"Runtime":{},"ConfigID":"c","ConfigName":"n"}],"Isolation":"process","Sysctls":{"a":"b"},"#,
      #""CapabilityAdd":["X"],"Ulimits":[{"Name":"nofile","Hard":20,"Soft":10}],"OomScoreAdj":7},"#,
      #""Resources":{"Limits":{"Pids":9},"Reservations":{"GenericResources":["#,
      #"{"DiscreteResourceSpec":{"Kind":"gpu","Value":2}},{"NamedResourceSpec":{"Kind":"fpga","Value":"a"}}]}},"#,
      #""RestartPolicy":{"Condition":"none","MaxAttempts":0},"#,
      #""Networks":[{"Target":"n","Aliases":["a"],"DriverOpts":{"k":"v"}}],"LogDriver":{"Name":"none"},"#,
      #""ForceUpdate":3,"Runtime":"container"},"Mode":{"ReplicatedJob":{"MaxConcurrent":2,"TotalCompletions":4}},"#,
      #""RollbackConfig":{"Parallelism":0,"Delay":5,"FailureAction":"continue","MaxFailureRatio":0.2,"Order":"start-first"},"#,
      #""EndpointSpec":{"Mode":"dnsrr","Ports":[{"Name":"p","Protocol":"sctp","TargetPort":1,"PublishMode":"host"}]}}"#,
    ].joined()
    var service = Service()
    service.spec = Shared(spec(text))
    let answer = EngineAnswer(.success(.service(Shared(service))), as: .object)
    #expect(try JSON.parse(answer.rendered(with: .fixed).body)["Spec"].text == text)
  }
}

@Suite struct SwarmRequestTests {
  private func initialized(_ body: String) -> Result<SwarmInit, APIError>? {
    guard case .swarm(.initialize(let result)) = EngineRouter.route(post("/swarm/init", body)).call else { return nil }
    return result
  }

  private func joined(_ body: String) -> Result<SwarmJoin, APIError>? {
    guard case .swarm(.join(let result)) = EngineRouter.route(post("/swarm/join", body)).call else { return nil }
    return result
  }

  @Test("an init as the CLI sends it") func initAsSent() throws {
    let body =
      #"{"ListenAddr":"0.0.0.0:2377","AdvertiseAddr":"10.99.21.11","DataPathAddr":"","DataPathPort":0,"#
      + #""ForceNewCluster":false,"Spec":{"Labels":null,"Orchestration":{},"Raft":{"ElectionTick":0,"HeartbeatTick":0},"#
      + #""Dispatcher":{},"CAConfig":{},"TaskDefaults":{},"EncryptionConfig":{"AutoLockManagers":true}},"#
      + #""AutoLockManagers":true,"Availability":"drain","DefaultAddrPool":["10.10.0.0/16"],"SubnetSize":24}"#
    let request = try #require(initialized(body)).get()
    #expect(request.listenAddress == "0.0.0.0:2377" && request.advertiseAddress == "10.99.21.11")
    #expect(request.dataPathPort == 4789 && request.subnetSize == 24 && request.availability == .drain)
    #expect(request.settings.autoLockManagers && request.settings.taskHistoryRetentionLimit == nil)
    #expect(request.defaultAddressPool == ["10.10.0.0/16"])
    try request.checkNumbers()
  }

  @Test(
    "what is wrong with an init is said by a node that is in no swarm",
    arguments: [
      (#"{}"#, #"invalid ListenAddr "": invalid empty address"#),
      (#"{"ListenAddr":"0.0.0.0","Spec":{"Name":"x"}}"#, #"swarm spec must be named "default""#),
      (#"{"ListenAddr":"0.0.0.0","Availability":"x"}"#, #"invalid Availability: "x""#),
      (#"{"ListenAddr":"0.0.0.0","Spec":{"CAConfig":{"ExternalCAs":[{"Protocol":"x"}]}}}"#, #"invalid protocol: "x""#),
    ])
  func initRefusals(body: String, message: String) throws {
    guard case .failure(let error) = try #require(initialized(body)) else {
      Issue.record("accepted")
      return
    }
    #expect(error == APIError(.invalidParameter, message))
  }

  @Test(
    "numbers of an init have limits, told after its addresses",
    arguments: [
      (#""DataPathPort":80"#, "Datapath port number is not in valid range (1024-49151) : 80"),
      (
        #""DefaultAddrPool":["10.0.0.0/8"],"SubnetSize":4"#,
        #"invalid CIDR: "10.0.0.0/8". Subnet size is too small for pool: 4"#
      ),
      (#""DefaultAddrPool":["10.0.0.0/8"],"SubnetSize":30"#, "subnet size is out of range: 30"),
      (#""DefaultAddrPool":["x"]"#, #"invalid base pool "x": invalid CIDR address: x"#),
    ])
  func initNumbers(fields: String, message: String) throws {
    let request = try #require(initialized(#"{"ListenAddr":"0.0.0.0",\#(fields)}"#)).get()
    #expect(throws: APIError(.system, message)) { try request.checkNumbers() }
  }

  @Test("a join needs a manager's address; ports are filled in") func join() throws {
    let request = try #require(
      joined(#"{"ListenAddr":"0.0.0.0","RemoteAddrs":["10.0.0.1","[::1]","h:1"],"JoinToken":"t"}"#)
    ).get()
    #expect(request.remoteAddresses == ["10.0.0.1:2377", "[::1]:2377", "h:1"] && request.token == "t")
    #expect(request.listenAddress == "0.0.0.0:2377" && request.availability == .active)
    for (body, message) in [
      (#"{"ListenAddr":"0.0.0.0"}"#, "at least 1 RemoteAddr is required to join"),
      (#"{"ListenAddr":"0.0.0.0","RemoteAddrs":[""]}"#, #"invalid remoteAddr "": invalid empty address"#),
    ] {
      guard case .failure(let error) = try #require(joined(body)) else {
        Issue.record("accepted")
        continue
      }
      #expect(error == APIError(.invalidParameter, message))
    }
  }

  @Test("an update of the swarm carries what was given and what is to be renewed") func update() {
    let body =
      #"{"Name":"default","Labels":{"a":"b"},"Orchestration":{"TaskHistoryRetentionLimit":0},"Raft":{"SnapshotInterval":5,"#
      + #""KeepOldSnapshots":0,"LogEntriesForSlowFollowers":6,"ElectionTick":10,"HeartbeatTick":1},"#
      + #""Dispatcher":{"HeartbeatPeriod":5},"CAConfig":{"NodeCertExpiry":7,"ForceRotate":2}}"#
    let target = "/swarm/update?version=10&rotateWorkerToken=true&rotateManagerToken=false&rotateManagerUnlockKey=1"
    guard
      case .control(.updateCluster(version: 10, let given, let rotation), .empty) =
        EngineRouter.route(post(target, body)).call
    else {
      Issue.record("not an update")
      return
    }
    #expect(rotation.workerToken && !rotation.managerToken && rotation.unlockKey)
    #expect(given.taskHistoryRetentionLimit == 0 && given.keepOldSnapshots == 0 && given.labels == ["a": "b"])
    #expect(given.snapshotInterval == 5 && given.logEntriesForSlowFollowers == 6 && given.electionTick == 10)
    #expect(given.heartbeatPeriod == .nanoseconds(5) && given.nodeCertExpiry == .nanoseconds(7))
    #expect(given.forceRotate == 2 && !given.autoLockManagers)
  }

  @Test("an unlock carries its key") func unlock() {
    guard
      case .swarm(.unlock(let key)) = EngineRouter.route(post("/swarm/unlock", #"{"UnlockKey":"SWMKEY-1-x"}"#)).call
    else {
      Issue.record("not an unlock")
      return
    }
    #expect(key == "SWMKEY-1-x")
  }
}

@Suite struct NetworkCreationTests {
  private func creation(_ body: String) throws -> NetworkCreation {
    guard case .network(.create(let creation)) = EngineRouter.route(post("/networks/create", body)).call else {
      throw APIError(.system, "no creation")
    }
    return creation
  }

  @Test("an overlay network becomes a request to the swarm") func overlay() throws {
    let network = try creation(
      #"{"Driver":"overlay","Scope":"","IPAM":{"Driver":"default","Options":{},"Config":[{"Subnet":"10.5.0.0/16","#
        + #""Gateway":"10.5.0.1"}]},"Internal":true,"Attachable":true,"Ingress":false,"ConfigOnly":false,"ConfigFrom":null,"#
        + #""Options":{"encrypted":""},"Labels":{"x":"y"},"Name":"ov2"}"#)
    #expect(network.isSwarmScoped)
    guard case .createNetwork(let spec) = network.control else {
      Issue.record("not a creation")
      return
    }
    #expect(spec.annotations == Annotations(name: "ov2", labels: ["x": "y"]) && spec.isInternal && spec.isAttachable)
    #expect(spec.driver == Driver(name: "overlay", options: ["encrypted": ""]))
    #expect(spec.ipam?.driver == Driver(name: "default") && spec.ipam?.configs.map(\.subnet) == ["10.5.0.0/16"])
    #expect(try creation(#"{"Name":"n"}"#).isSwarmScoped == false)
    #expect(try creation(#"{"Name":"n","Scope":"swarm","Driver":"macvlan"}"#).isSwarmScoped)
  }

  @Test("without address management none is asked for") func noIPAM() throws {
    guard case .createNetwork(let spec) = try creation(#"{"Name":"n","Driver":"overlay","IPAM":null}"#).control else {
      Issue.record("not a creation")
      return
    }
    #expect(spec.ipam == nil && spec.driver == Driver(name: "overlay"))
  }
}
