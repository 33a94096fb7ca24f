import EngineAPI
import EngineTypes
import Foundation
import SimBase
import SwarmManager
import SwarmModel
import SwarmStore

/// What a real swarm of three engines (Docker 28.5.2) answered to some requests, and that swarm as a store.
///
/// Its IDs are of 128 bits, ours of a little less: the last character of each is replaced by `0` before anything is read.
struct RecordedSwarm {
  /// A request with its answer.
  struct Row: Sendable, CustomStringConvertible {
    let node: Int64
    let request: EngineRequest
    let status: Int
    let answer: JSON

    var description: String { "\(request.method) \(request.target) on node \(node)" }
  }

  static let rows: [Row] = {
    guard let url = Bundle.module.url(forResource: "bodies", withExtension: "jsonl", subdirectory: "Fixtures"),
      let text = try? String(contentsOf: url, encoding: .utf8)
    else { preconditionFailure("no recorded bodies") }
    return JSON.parseStream(Array(withOurIDs(text).utf8)).map(row)
  }()

  /// The answer to a GET on the first node.
  static func answer(_ target: String) -> JSON {
    guard let row = rows.first(where: { $0.node == 1 && $0.request.method == "GET" && $0.request.target == target })
    else { preconditionFailure("\(target) was not recorded") }
    return row.answer
  }

  let store: Store
  let raft: RaftView
  /// The networks of the first engine, as inspecting shows them.
  let local: [NetworkView]

  /// The swarm at the time of the recording.
  static let whole = RecordedSwarm()

  private init() {
    var store = Store()
    func put(_ change: StoreChange) { _ = store.apply(change) }
    put(.putCluster(Shared(cluster(RecordedSwarm.answer("/swarm")))))
    let nodes = RecordedSwarm.answer("/nodes").array ?? []
    for json in nodes { put(.putNode(Shared(node(json)))) }
    for json in RecordedSwarm.answer("/services").array ?? [] { put(.putService(Shared(service(json)))) }
    for json in RecordedSwarm.answer("/tasks").array ?? [] { put(.putTask(Shared(task(json, in: store)))) }
    for json in RecordedSwarm.answer("/secrets").array ?? [] { put(.putSecret(Shared(secret(json)))) }
    for json in RecordedSwarm.answer("/configs").array ?? [] { put(.putConfig(Shared(config(json)))) }
    let listed = RecordedSwarm.answer("/networks").array ?? []
    for json in listed where json["Scope"].string == "swarm" { put(.putNetwork(Shared(swarmNetwork(json)))) }
    self.store = store
    raft = RaftView(
      nodes.filter { !$0["ManagerStatus"].isNull }.map { json in
        let status = json["ManagerStatus"]
        return RaftView.Member(
          node: id(json["ID"]), address: text(status["Addr"]), isLeader: status["Leader"].bool ?? false,
          isReachable: status["Reachability"].string == "reachable")
      })
    let onEngine = listed.filter { $0["Scope"].string == "local" }.compactMap { $0["Name"].string } + ["ingress"]
    local = onEngine.map { view(RecordedSwarm.answer("/networks/\($0)")) }
  }

  private static func row(_ json: JSON) -> Row {
    let body = json["body"]
    let hasBody = !body.isNull
    let bytes = body.string.map { Array($0.utf8) } ?? (hasBody ? Array(body.text.utf8) : [])
    return Row(
      node: json["node"].int ?? 0,
      request: EngineRequest(
        text(json["method"]), text(json["path"]),
        headers: hasBody ? [HTTPHeader("Content-Type", "application/json")] : [], body: bytes),
      status: Int(json["status"].int ?? 0), answer: json["answer"])
  }

  /// The text with every word of 25 digits and lower-case letters made an ID of ours.
  private static func withOurIDs(_ text: String) -> String {
    var result: [UInt8] = []
    var word: [UInt8] = []
    for byte in Array(text.utf8) + [0] {
      let isWord = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
      if isWord {
        word.append(byte)
        continue
      }
      if word.count == 25 && word.allSatisfy({ $0 < 65 || $0 > 90 }) { word[24] = UInt8(ascii: "0") }
      result += word + (byte == 0 ? [] : [byte])
      word = []
    }
    return String(decoding: result, as: UTF8.self)
  }
}

// Reading the objects of the swarm back from their shapes: by hand, so that a shape is held to something else than its own
// mirror.

private func text(_ json: JSON) -> String { json.string ?? "" }
private func labels(_ json: JSON) -> Labels { Labels((json.fields ?? []).map { ($0.key, text($0.value)) }) }
private func id<Tag>(_ json: JSON) -> ID<Tag> {
  guard let id = ID<Tag>(text(json)) else { preconditionFailure("\(json) is no ID") }
  return id
}
private func instant(_ json: JSON) -> Instant {
  guard let date = Timestamp(rfc3339: text(json)) else { preconditionFailure("\(json) is no date") }
  return Epoch.fixed.instant(date)
}
private func meta(_ json: JSON) -> Meta {
  var meta = Meta()
  meta.version = UInt64(json["Version"]["Index"].int ?? 0)
  meta.createdAt = instant(json["CreatedAt"])
  meta.updatedAt = instant(json["UpdatedAt"])
  return meta
}
private func bytes(_ json: JSON) -> [UInt8] { Base64.bytes(text(json)) ?? [] }
private func driver(_ json: JSON) -> Driver? {
  json.isNull ? nil : Driver(name: text(json["Name"]), options: json["Options"].isNull ? nil : labels(json["Options"]))
}

private func node(_ json: JSON) -> Node {
  var node = Node()
  node.id = id(json["ID"])
  node.meta = meta(json)
  node.spec.annotations.labels = labels(json["Spec"]["Labels"])
  node.spec.desiredRole = json["Spec"]["Role"].string == "manager" ? .manager : .worker
  node.role = node.spec.desiredRole
  let told = json["Description"]
  var description = NodeDescription()
  description.hostname = text(told["Hostname"])
  description.architecture = text(told["Platform"]["Architecture"])
  description.os = text(told["Platform"]["OS"])
  description.resources.nanoCPUs = told["Resources"]["NanoCPUs"].int ?? 0
  description.resources.memoryBytes = told["Resources"]["MemoryBytes"].int ?? 0
  description.engineVersion = text(told["Engine"]["EngineVersion"])
  description.plugins = (told["Engine"]["Plugins"].array ?? []).map {
    EnginePlugin(type: text($0["Type"]), name: text($0["Name"]))
  }
  description.trust.trustRoot = text(told["TLSInfo"]["TrustRoot"])
  description.trust.issuerSubject = bytes(told["TLSInfo"]["CertIssuerSubject"])
  description.trust.issuerPublicKey = bytes(told["TLSInfo"]["CertIssuerPublicKey"])
  node.description = description
  node.status.state = .ready
  node.status.addr = text(json["Status"]["Addr"])
  return node
}

/// A spec by way of the route that takes one.
func decodedSpec(_ json: JSON) -> ServiceSpec {
  let request = EngineRequest(
    "POST", "/services/create", headers: [HTTPHeader("Content-Type", "application/json")],
    body: Array(json.text.utf8))
  guard case .control(.createService(let submission), _) = EngineRouter.route(request).call else {
    preconditionFailure("no service spec: \(json.text)")
  }
  return submission.spec
}

private func ports(_ json: JSON) -> [PortConfig] {
  decodedSpec(["TaskTemplate": ["ContainerSpec": [:]], "EndpointSpec": ["Ports": json]]).endpoint?.ports ?? []
}

private func service(_ json: JSON) -> Service {
  var service = Service()
  service.id = id(json["ID"])
  service.meta = meta(json)
  service.spec = Shared(decodedSpec(json["Spec"]))
  if !json["PreviousSpec"].isNull { service.previousSpec = Shared(decodedSpec(json["PreviousSpec"])) }
  if !json["Endpoint"]["Spec"]["Mode"].isNull {
    var endpoint = Endpoint()
    endpoint.spec = service.spec.value.endpoint
    endpoint.ports = ports(json["Endpoint"]["Ports"])
    endpoint.virtualIPs = (json["Endpoint"]["VirtualIPs"].array ?? []).map {
      VirtualIP(network: id($0["NetworkID"]), addr: text($0["Addr"]))
    }
    service.endpoint = endpoint
  }
  let update = json["UpdateStatus"]
  if !update.isNull {
    var status = UpdateStatus()
    status.state = .completed
    status.startedAt = instant(update["StartedAt"])
    status.completedAt = instant(update["CompletedAt"])
    status.message = text(update["Message"])
    service.updateStatus = status
  }
  if !json["JobStatus"].isNull {
    var job = JobStatus()
    job.lastExecution = instant(json["JobStatus"]["LastExecution"])
    service.jobStatus = job
  }
  return service
}

private func task(_ json: JSON, in store: Store) -> SwarmTask {
  var task = SwarmTask()
  task.id = id(json["ID"])
  task.meta = meta(json)
  task.serviceID = id(json["ServiceID"])
  var spec = decodedSpec(["TaskTemplate": json["Spec"]])
  spec.annotations = task.serviceID.flatMap { store.services[$0] }?.value.spec.value.annotations ?? Annotations()
  task.serviceSpec = Shared(spec)
  task.slot = UInt64(json["Slot"].int ?? 0)
  if !json["NodeID"].isNull { task.nodeID = id(json["NodeID"]) }
  let status = json["Status"]
  task.status.timestamp = instant(status["Timestamp"])
  task.status.state = state(status["State"])
  task.status.message = text(status["Message"])
  task.status.error = text(status["Err"])
  if !status["ContainerStatus"].isNull {
    var container = ContainerStatus()
    container.containerID = text(status["ContainerStatus"]["ContainerID"])
    container.pid = status["ContainerStatus"]["PID"].int ?? 0
    container.exitCode = status["ContainerStatus"]["ExitCode"].int ?? 0
    task.status.container = container
  }
  task.status.hostPorts = ports(status["PortStatus"]["Ports"])
  task.desiredState = state(json["DesiredState"])
  task.networks = (json["NetworksAttachments"].array ?? []).map { attachment in
    NetworkAttachment(
      network: Shared(attachedNetwork(attachment["Network"])),
      addresses: (attachment["Addresses"].array ?? []).map(text))
  }
  if !json["JobIteration"].isNull { task.jobIteration = UInt64(json["JobIteration"]["Index"].int ?? 0) }
  return task
}

private func state(_ json: JSON) -> TaskState {
  guard let state = TaskState.allCases.first(where: { $0.word == json.string }) else {
    preconditionFailure("\(json) is no state")
  }
  return state
}

private func ipam(_ json: JSON) -> IPAMOptions? {
  if json.isNull { return nil }
  var options = IPAMOptions()
  options.driver = driver(json["Driver"]) ?? Driver()
  options.configs = (json["Configs"].array ?? []).map { subnet in
    var config = IPAMConfig()
    config.subnet = text(subnet["Subnet"])
    config.gateway = text(subnet["Gateway"])
    return config
  }
  return options
}

private func attachedNetwork(_ json: JSON) -> Network {
  var network = Network()
  network.id = id(json["ID"])
  network.meta = meta(json)
  let spec = json["Spec"]
  network.spec.annotations = Annotations(name: text(spec["Name"]), labels: labels(spec["Labels"]))
  network.spec.driver = driver(spec["DriverConfiguration"])
  network.spec.isAttachable = spec["Attachable"].bool ?? false
  network.spec.isIngress = spec["Ingress"].bool ?? false
  network.spec.ipam = ipam(spec["IPAMOptions"])
  network.driverState = driver(json["DriverState"])
  network.ipam = ipam(json["IPAMOptions"])
  return network
}

private func swarmNetwork(_ json: JSON) -> Network {
  var network = Network()
  network.id = id(json["Id"])
  network.meta.createdAt = instant(json["Created"])
  network.spec.annotations = Annotations(name: text(json["Name"]), labels: labels(json["Labels"]))
  network.spec.isAttachable = json["Attachable"].bool ?? false
  network.spec.isIngress = json["Ingress"].bool ?? false
  network.driverState = Driver(name: text(json["Driver"]), options: labels(json["Options"]))
  network.ipam = ipam(["Driver": ["Name": json["IPAM"]["Driver"]], "Configs": json["IPAM"]["Config"]])
  return network
}

private func view(_ json: JSON) -> NetworkView {
  var view = NetworkView()
  view.name = text(json["Name"])
  view.id = text(json["Id"])
  view.created = instant(json["Created"])
  view.scope = text(json["Scope"])
  view.driver = text(json["Driver"])
  view.isIngress = json["Ingress"].bool ?? false
  view.ipamOptions = json["IPAM"]["Options"].isNull ? nil : labels(json["IPAM"]["Options"])
  view.subnets = json["IPAM"]["Config"].array?.map { json in
    var subnet = NetworkView.Subnet()
    subnet.subnet = text(json["Subnet"])
    subnet.gateway = text(json["Gateway"])
    return subnet
  }
  view.containers = json["Containers"].fields?.map { field in
    NetworkView.Endpoint(
      key: field.key, name: text(field.value["Name"]), id: text(field.value["EndpointID"]),
      macAddress: text(field.value["MacAddress"]), ipv4: text(field.value["IPv4Address"]))
  }
  view.options = labels(json["Options"])
  view.labels = labels(json["Labels"])
  view.peers = (json["Peers"].array ?? []).map { .init(name: text($0["Name"]), address: text($0["IP"])) }
  return view
}

private func secret(_ json: JSON) -> Secret {
  var secret = Secret()
  secret.id = id(json["ID"])
  secret.meta = meta(json)
  secret.annotations = Annotations(name: text(json["Spec"]["Name"]), labels: labels(json["Spec"]["Labels"]))
  secret.data = [1]
  return secret
}

private func config(_ json: JSON) -> Config {
  var config = Config()
  config.id = id(json["ID"])
  config.meta = meta(json)
  config.annotations = Annotations(name: text(json["Spec"]["Name"]), labels: labels(json["Spec"]["Labels"]))
  config.data = bytes(json["Spec"]["Data"])
  return config
}

private func cluster(_ json: JSON) -> Cluster {
  var cluster = Cluster()
  cluster.id = id(json["ID"])
  cluster.meta = meta(json)
  cluster.rootCA.certificate = text(json["TLSInfo"]["TrustRoot"])
  cluster.rootCA.subject = bytes(json["TLSInfo"]["CertIssuerSubject"])
  cluster.rootCA.publicKey = bytes(json["TLSInfo"]["CertIssuerPublicKey"])
  cluster.joinTokens.worker = text(json["JoinTokens"]["Worker"])
  cluster.joinTokens.manager = text(json["JoinTokens"]["Manager"])
  return cluster
}
