import GoTemplate
import SimBase

/// What a template of a task may name, `{{.Service.Name}}-{{.Task.Slot}}`: its service, its node and itself.
///
/// Source: moby/swarmkit `template/context.go`, `template/template.go`, `template/expand.go`.
public struct TaskTemplate: Sendable {
  /// The service's ID.
  public var serviceID = ""
  /// The service's name.
  public var serviceName = ""
  /// The service's labels.
  public var serviceLabels = Labels()
  /// The node's ID.
  public var nodeID = ""
  /// The node's hostname; empty where the node is not known.
  public var hostname = ""
  /// The node's architecture.
  public var architecture = ""
  /// The node's operating system.
  public var os = ""
  /// The task's ID.
  public var taskID = ""
  /// The task's name.
  public var taskName = ""
  /// The task's slot, or its node's ID where it has none.
  public var slot = ""

  /// A stand-in with names but nothing behind them, to try a spec's templates on before there is any task.
  public static let trial: TaskTemplate = {
    var trial = TaskTemplate()
    (trial.serviceID, trial.serviceName) = ("serviceid", "servicename")
    (trial.nodeID, trial.hostname) = ("nodeid", "nodeHostname")
    (trial.architecture, trial.os) = ("architecture", "os")
    (trial.taskName, trial.slot) = ("taskname", "1")
    return trial
  }()

  private init() {}

  /// What the templates of a task on this node may name.
  public init(_ task: SwarmTask, on node: NodeDescription?) {
    let annotations = task.serviceSpec.value.annotations
    serviceID = task.serviceID?.description ?? ""
    (serviceName, serviceLabels) = (annotations.name, annotations.labels)
    nodeID = task.nodeID?.description ?? ""
    if let node { (hostname, architecture, os) = (node.hostname, node.architecture, node.os) }
    taskID = task.id.description
    taskName = task.name
    slot = task.slot != 0 ? String(task.slot) : nodeID
  }

  /// A container spec with its templates filled in: environment, then mounts, then the hostname.
  public func expand(_ container: ContainerSpec) throws(TemplateError) -> ContainerSpec {
    var result = container
    for place in result.env.indices {
      let entry = result.env[place]
      guard let equals = entry.firstIndex(of: "=") else { continue }
      let value = try expand(
        String(entry[entry.index(after: equals)...]), of: { "expanding env failed: expanding env \(entry.goQuoted)" })
      result.env[place] = entry[...equals] + value
    }
    for place in result.mounts.indices { try expand(&result.mounts[place]) }
    result.hostname = try expand(result.hostname, of: { "expanding hostname failed" })
    return result
  }

  private func expand(_ mount: inout Mount) throws(TemplateError) {
    let (source, target) = (mount.source, mount.target)
    mount.source = try expand(source, of: { "expanding mounts failed: expanding mount source \(source.goQuoted)" })
    mount.target = try expand(target, of: { "expanding mounts failed: expanding mount target \(target.goQuoted)" })
    guard var options = mount.volumeOptions else { return }
    options.labels = try expand(options.labels, of: "expanding mounts failed: expanding volume labels")
    if let driver = options.driver, let settings = driver.options {
      options.driver?.options = try expand(settings, of: "expanding mounts failed: expanding volume driver config")
    }
    mount.volumeOptions = options
  }

  private func expand(_ map: Labels, of place: String) throws(TemplateError) -> Labels {
    var result = map
    for (key, value) in map {
      result[key] = try expand(value, of: { "\(place): expanding map entry \(key.goQuoted)=\(value.goQuoted)" })
    }
    return result
  }

  /// A text with its templates filled in; an error begins with where the text stands.
  private func expand(_ text: String, of place: () -> String) throws(TemplateError) -> String {
    if !text.includes("{{") { return text }
    do throws(TemplateError) {
      return try expand(text)
    } catch {
      throw TemplateError(message: "\(place()): \(error.message)")
    }
  }

  /// A text with its templates filled in.
  func expand(_ text: String) throws(TemplateError) -> String {
    return try Template(text, name: "expansion", functions: TaskTemplateFunctions())
      .run(on: .pointer(.structure(Self.context), context(Self.context)), missingKeyIsError: true)
  }

  /// The data of a secret or config with its templates filled in, which may also look into what the task was given.
  public func expand(_ data: [UInt8], payload: TaskPayload) throws(TemplateError) -> [UInt8] {
    let text = String(decoding: data, as: UTF8.self)
    let template = try Template(text, name: "expansion", functions: payload)
    let dot = GoValue.pointer(.structure(Self.payloadContext), context(Self.payloadContext))
    return Array(try template.run(on: dot, missingKeyIsError: true).utf8)
  }

  /// The value that a template sees as `.`.
  private func context(_ type: GoStruct) -> GoValue {
    let platform = GoValue.record(Self.platform, [.string(architecture), .string(os)])
    return .record(
      type,
      [
        .record(Self.service, [.string(serviceID), .string(serviceName), .strings(serviceLabels)]),
        .record(Self.node, [.string(nodeID), .string(hostname), platform]),
        .record(Self.task, [.string(taskID), .string(taskName), .string(slot)]),
      ])
  }

  private static let platform = GoStruct(
    name: "template.Platform", fields: [.init("Architecture", .string), .init("OS", .string)])
  private static let service = GoStruct(
    name: "struct { ID string; Name string; Labels map[string]string }",
    fields: [.init("ID", .string), .init("Name", .string), .init("Labels", .map(.string))])
  private static let node = GoStruct(
    name: "struct { ID string; Hostname string; Platform template.Platform }",
    fields: [.init("ID", .string), .init("Hostname", .string), .init("Platform", .structure(platform))])
  private static let task = GoStruct(
    name: "struct { ID string; Name string; Slot string }",
    fields: [.init("ID", .string), .init("Name", .string), .init("Slot", .string)])
  private static let members: [GoStruct.Field] = [
    .init("Service", .structure(service)), .init("Node", .structure(node)), .init("Task", .structure(task)),
  ]
  private static let context = GoStruct(name: "template.Context", fields: members)
  private static let payloadContext = GoStruct(name: "template.PayloadContext", fields: members)
}

/// The one function that every template of a task may call: `join`, whose first argument is the separator.
private struct TaskTemplateFunctions: TemplateFunctions {
  let names = ["join"]

  func result(of call: TemplateCall) throws(TemplateTrouble) -> GoValue {
    var texts: [String] = []
    for place in call.arguments.indices { texts.append(try call.text(place)) }
    guard let separator = texts.first else {
      throw TemplateTrouble(message: "runtime error: slice bounds out of range [1:0]")
    }
    return .string(texts.dropFirst().joined(separator: separator))
  }
}

/// What the template of a secret or config may look into beside the context: what its task was given.
public struct TaskPayload: TemplateFunctions {
  /// The data of the task's secrets by their file's name.
  public var secrets: [(target: String, data: [UInt8])] = []
  /// The data of the task's configs by their file's name.
  public var configs: [(target: String, data: [UInt8])] = []
  /// The environment of the task's spec, `K=V`.
  public var environment: [String]

  /// Nothing but an environment.
  public init(environment: [String]) { self.environment = environment }

  /// `secret`, `config`, `env`, and `join`.
  public let names = ["join", "secret", "config", "env"]

  /// The data of a secret or config, or a variable's value; empty for a variable that is not set.
  public func result(of call: TemplateCall) throws(TemplateTrouble) -> GoValue {
    if call.name == "join" { return try TaskTemplateFunctions().result(of: call) }
    _ = try call.one()
    let name = try call.text()
    if call.name == "env" {
      let value = environment.first { $0.hasPrefix(name + "=") }?.dropFirst(name.count + 1)
      return .string(value.map(String.init) ?? "")
    }
    let files = call.name == "secret" ? secrets : configs
    guard let file = files.first(where: { $0.target == name }) else {
      throw TemplateTrouble(message: "\(call.name) target \(name) not found")
    }
    return .string(String(decoding: file.data, as: UTF8.self))
  }
}
