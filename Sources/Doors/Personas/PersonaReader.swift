import SimBase
import Workloads

/// Reads one image from its YAML document: first what it is made from, then what it says of itself, then what it does.
struct PersonaReader {
  private let document: Field
  private var persona = Persona("", layers: [])
  private var atHand = false

  init(_ document: Field) { self.document = document }

  private static let keys = [
    "image", "tags", "from", "at-hand", "imported", "age", "size", "layers", "env", "entrypoint", "command", "user",
    "workdir",
    "expose", "volumes", "labels", "stop-signal", "health", "tools", "extra-tools", "wrappers", "files", "does",
    "programs", "serves",
  ]

  /// The image.
  consuming func entry() throws(PersonaTrouble) -> PersonaFile.Entry {
    let pairs = try document.pairs()
    for (key, value) in pairs where !PersonaReader.keys.contains(key) { throw value.unknown(PersonaReader.keys) }
    // The order of the keys in the file is the writer's own; this one is ours.
    let fields = Fields(pairs: pairs)
    try readIdentity(fields)
    try readConfig(fields)
    try readInsides(fields)
    try readPrograms(fields)
    for (port, value) in try fields["serves"]?.pairs() ?? [] {
      persona.services.append(PersonaService(try self.port(port, at: value).number, try answer(value)))
    }
    return PersonaFile.Entry(persona: persona, atHand: try references(fields))
  }

  // MARK: What it is

  private mutating func readIdentity(_ fields: Fields) throws(PersonaTrouble) {
    guard let image = fields["image"] else { throw document.trouble("`image` is missing: which name it stands for.") }
    let reference = try self.reference(image)
    if let base = fields["from"] {
      do { persona = try PersonaLibrary(isStrict: true).persona(for: try self.reference(base)) } catch {
        throw base.trouble(
          "no built-in image is called so; there are \(PersonaLibrary.builtInNames.joined(separator: ", ")).")
      }
    }
    persona.name = reference.familiarName
    persona.tags = try fields["tags"]?.texts() ?? []
    if let tag = reference.tag, !persona.tags.contains(tag) { persona.tags.insert(tag, at: 0) }
    if let imported = fields["imported"] { persona.isImported = try imported.flag() }
    if let age = fields["age"] { persona.age = try age.span() }
    for layer in try fields["layers"]?.elements() ?? [] {
      for (name, size) in try layer.pairs() { persona.layers.append(Persona.Layer(name, size: try size.size())) }
    }
    if let size = fields["size"] {
      persona.layers.append(Persona.Layer("\(reference.familiar) own", size: try size.size()))
    } else if persona.layers.isEmpty {
      persona.layers = [Persona.Layer("\(reference.familiar) own", size: 8_000_000)]
    }
  }

  private func references(_ fields: Fields) throws(PersonaTrouble) -> [ImageReference] {
    guard let atHand = fields["at-hand"], try atHand.flag(), let image = fields["image"] else { return [] }
    let name = try reference(image)
    return (persona.tags.isEmpty ? ["latest"] : persona.tags).map { tag in
      var reference = name
      reference.tag = tag
      return reference
    }
  }

  private func reference(_ field: Field) throws(PersonaTrouble) -> ImageReference {
    let text = try field.text()
    do { return try ImageReference(text) } catch { throw field.trouble("'\(text)': \(error.sentence).") }
  }

  // MARK: What it says of itself

  private mutating func readConfig(_ fields: Fields) throws(PersonaTrouble) {
    if let env = fields["env"] {
      for (name, value) in try env.assignments() {
        persona.config.env.removeAll { $0.hasPrefix(name + "=") }
        persona.config.env.append("\(name)=\(value)")
      }
    }
    if !persona.config.env.contains(where: { $0.hasPrefix("PATH=") }) {
      persona.config.env.insert(Persona.usualPath, at: 0)
    }
    // As in a Dockerfile, an entry point of one's own makes the base's command meaningless.
    if let entrypoint = fields["entrypoint"] {
      persona.config.entrypoint = try entrypoint.command()
      persona.config.command = nil
    }
    if let command = fields["command"] { persona.config.command = try command.command() }
    if let user = fields["user"] { persona.config.user = try user.text() }
    if let place = fields["workdir"] { persona.config.workingDirectory = try place.text() }
    for port in try fields["expose"]?.elements() ?? [] {
      persona.config.exposedPorts.append(try self.port(port.text(), at: port))
    }
    persona.config.exposedPorts = Table(persona.config.exposedPorts.map { ($0, true) }).keys
    persona.config.volumes += try fields["volumes"]?.texts() ?? []
    for (key, value) in try fields["labels"]?.assignments() ?? [] { persona.config.labels.append(.init(key, value)) }
    persona.config.labels.sort { $0.key < $1.key }
    if let signal = fields["stop-signal"] {
      let name = try signal.text()
      if Signal(name) == nil { throw signal.trouble("'\(name)' is no signal; write SIGTERM or 15.") }
      persona.config.stopSignal = name
    }
    if let health = fields["health"] { persona.config.healthCheck = try healthCheck(health) }
  }

  private func healthCheck(_ field: Field) throws(PersonaTrouble) -> HealthCheck {
    var check = HealthCheck()
    for (key, value) in try field.pairs() {
      switch key {
      case "test":
        if value.isText {
          check.test = ["CMD-SHELL", try value.text()]
        } else {
          check.test = ["CMD"] + (try value.texts())
        }
      case "interval": check.interval = try value.span()
      case "timeout": check.timeout = try value.span()
      case "start-period": check.startPeriod = try value.span()
      case "start-interval": check.startInterval = try value.span()
      case "retries": check.retries = try value.number(in: 1...1_000)
      default: throw value.unknown(["test", "interval", "timeout", "start-period", "start-interval", "retries"])
      }
    }
    if check.test.isEmpty { throw field.trouble("`test` is missing: the command that tells whether it is well.") }
    return check
  }

  private func port(_ text: String, at field: Field) throws(PersonaTrouble) -> ContainerPort {
    if let port = ContainerPort(text), port.number > 0 { return port }
    throw field.trouble("'\(text)' is no port; write 8080 or 53/udp.")
  }

  // MARK: What is in it

  private mutating func readInsides(_ fields: Fields) throws(PersonaTrouble) {
    if let tools = fields["tools"] {
      persona.toolbox = try tools.choice([("none", .none), ("busybox", .busybox), ("debian", .debian)])
    }
    persona.extraTools += try fields["extra-tools"]?.texts() ?? []
    persona.wrappers += try fields["wrappers"]?.texts() ?? []
    for (path, value) in try fields["files"]?.pairs() ?? [] {
      if !path.hasPrefix("/") { throw value.trouble("a file's path begins with '/'.") }
      persona.files.removeAll { $0.path == path }
      persona.files.append(.init(path, try value.text()))
    }
  }

  // MARK: What it does

  private mutating func readPrograms(_ fields: Fields) throws(PersonaTrouble) {
    for (name, value) in try fields["programs"]?.pairs() ?? [] {
      persona.binaries.insert(Persona.Binary(name, program: try ProgramReader(value).program()), at: 0)
    }
    let words = ((persona.config.entrypoint ?? []) + (persona.config.command ?? []))[...].drop {
      persona.wrappers.contains($0)
    }
    guard let first = words.first else {
      if let does = fields["does"] { throw does.trouble("it has no `entrypoint` and no `command`, so nothing runs.") }
      return
    }
    let name = String(first.split(separator: "/").last ?? "")
    if let does = fields["does"] {
      // A tool does so only when it is called as the image calls it: `sh -c` may be anything else.
      var binary = Persona.Binary(name, program: try ProgramReader(does).program())
      if persona.has(tool: name) { binary.arguments = Array(words.dropFirst()) }
      persona.binaries.insert(binary, at: 0)
    } else if fields["command"] != nil || fields["entrypoint"] != nil, !persona.has(tool: name),
      !persona.binaries.contains(where: { $0.names.contains(name) })
    {
      persona.binaries.insert(Persona.Binary(name, program: Program()), at: 0)
    }
  }

  private func answer(_ field: Field) throws(PersonaTrouble) -> PersonaService.Answer {
    if field.isText {
      return try field.choice([
        ("echoed-text", .echoedText), ("request-back", .requestBack), ("redis", .redis), ("registry", .registry),
        ("opaque", .opaque),
      ])
    }
    var page: String?
    var type = "text/plain; charset=utf-8"
    for (key, value) in try field.pairs() {
      switch key {
      case "page": page = try value.text()
      case "type": type = try value.text()
      case "visits-in": return .countedVisits(redisHost: try value.text())
      default: throw value.unknown(["page", "type", "visits-in"])
      }
    }
    guard let page else { throw field.trouble("`page` is missing: the text that it answers.") }
    return .page(page, contentType: type)
  }
}

/// The values of a mapping by their keys.
private struct Fields {
  let pairs: [(key: String, value: Field)]
  subscript(key: String) -> Field? { pairs.first { $0.key == key }?.value }
}

/// Reads a program: `start`, `loop`, `exit`, `on-stop`.
struct ProgramReader {
  private let field: Field

  init(_ field: Field) { self.field = field }

  func program() throws(PersonaTrouble) -> Program {
    var program = Program()
    for (key, value) in try field.pairs() {
      switch key {
      case "start": program.prologue = try steps(value)
      case "loop": program.rounds = try steps(value)
      case "exit": program.ending = .exit(Int32(try value.number(in: 0...255)))
      case "on-stop": program.onStop = try stopReaction(value)
      default: throw value.unknown(["start", "loop", "exit", "on-stop"])
      }
    }
    if case .exit = program.ending, !program.rounds.isEmpty {
      throw field.trouble("it cannot both `loop` for ever and `exit`.")
    }
    return program
  }

  private func steps(_ field: Field) throws(PersonaTrouble) -> [Step] {
    var steps: [Step] = []
    for step in try field.elements() {
      let text = try step.text()
      let verb = text.prefix { $0 != " " }
      let rest = String(text.dropFirst(verb.count + 1))
      switch verb {
      case "say": steps.append(.print(rest))
      case "complain": steps.append(.complain(rest))
      case "wait": steps.append(.pause(try step.span(rest)))
      default: throw step.trouble("'\(verb)' is no step; write `say TEXT`, `complain TEXT` or `wait 5s`.")
      }
    }
    return steps
  }

  private func stopReaction(_ field: Field) throws(PersonaTrouble) -> Program.StopReaction {
    if field.isText { return try field.choice([("ignore", .none)]) }
    var code: Int32 = 0
    var span = Duration.zero
    for (key, value) in try field.pairs() {
      switch key {
      case "exit": code = Int32(try value.number(in: 0...255))
      case "after": span = try value.span()
      default: throw value.unknown(["exit", "after"])
      }
    }
    return .exits(code, after: span)
  }
}
