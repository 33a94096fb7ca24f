import Builder
import Engine
import EngineTypes
import Shell
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

/// `POST /build`: an image by a Dockerfile, step after step, as Docker's classic builder makes it.
///
/// Each step ends in an image of its own, which the next build finds again in its cache. Only two things take time: an
/// image that must be pulled, and a command that runs in a container. A failure is told in the stream, which has begun
/// as soon as the file could be read.
///
/// **Differs from Docker:** package managers and compilers do nothing, quietly and at once; what they would bring
/// counts as brought. A squashed build is not squashed.
///
/// Source: moby/moby `daemon/builder/dockerfile` (`builder.go`, `dispatchers.go`, `internals.go`, `evaluator.go`).
struct BuildOperation: EngineOperation {
  /// What it waits for.
  private enum Wait: Sendable {
    /// An image to build on, or to copy from.
    case pull(PullID, PullStory, BuildPlan.Step)
    /// A command.
    case run(ContainerID, Instruction.Command, words: [String])
  }

  private let wish: ImageBuild
  private let plan: BuildPlan
  private let context: FileTree
  private var arguments: BuildArguments
  /// How many steps have been begun.
  private var begun = 0
  /// What is left to be done of the step: itself, or the triggers of the image that it begins with.
  private var work: [BuildPlan.Step] = []
  /// The stages that have been begun, with the image that each has come to.
  private var stages: [(name: String?, image: Image?)] = []
  private var change = ImageChange(ImageConfig())
  private var missesCache = false
  private var wait: Wait?
  /// What a quiet build would have said.
  private var unsaid = DatedBytes()

  init(_ wish: ImageBuild, _ context: BuildContext) {
    (self.wish, plan, self.context) = (wish, context.plan, context.files)
    arguments = BuildArguments(Table(wish.arguments.map { ($0.key, $0.value) }))
  }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    turn.stream(headers: [HTTPHeader("Content-Type", "application/json")])
    for warning in plan.warnings { say(BuildOperation.red(warning), &turn) }
    goOn(&turn, on: &node, &network)
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard let wait, case .notice(let notice) = news else { return }
    switch wait {
    case .pull(let pull, let story, let step): hear(notice, of: pull, story, step, &turn, on: &node, &network)
    case .run(let container, let command, let words):
      switch notice {
      case .output(container, let stream, let bytes):
        let text = String(decoding: bytes, as: UTF8.self)
        say(stream == .error ? BuildOperation.red(text) : text, &turn)
      case .died(container, let code):
        self.wait = nil
        do throws(BuildFault) {
          try finishRun(container, command, words, code: code, &turn, on: &node, &network)
          goOn(&turn, on: &node, &network)
        } catch {
          fail(error, &turn, on: &node, &network)
        }
      default: break
      }
    }
  }

  private mutating func hear(
    _ notice: EngineNotice, of pull: PullID, _ known: PullStory, _ step: BuildPlan.Step, _ turn: inout OperationTurn,
    on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) {
    var story = known
    switch notice {
    case .pullProgressed(pull):
      guard let state = node.engine.pull(pull), state.image != nil else { return }
      for line in story.progress(state, at: turn.now) { send(line, &turn) }
      wait = .pull(pull, story, step)
    case .pulled(pull, let error):
      wait = nil
      if let error { return fail(BuildFault(pulling: step, APIError(error).message), &turn, on: &node, &network) }
      if let image = try? node.engine.image(story.reference.familiar) {
        for line in story.success(image) { send(line, &turn) }
      }
      // What was missing is here now, so the step is done as if it had always been.
      work.insert(step, at: 0)
      goOn(&turn, on: &node, &network)
    default: break
    }
  }

  mutating func abandon(at now: Instant, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    switch wait {
    case .pull(let pull, _, _): node.tellEngine(at: now, &network) { engine, _ in engine.cancelPull(pull) }
    case .run(let container, _, _):
      node.tellEngine(at: now, &network) { engine, out in
        try? engine.remove(.id(container), force: true, withVolumes: true, at: now, into: &out)
      }
    case nil: break
    }
  }

  // MARK: Steps

  private mutating func goOn(
    _ turn: inout OperationTurn, on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) {
    do throws(BuildFault) {
      while wait == nil {
        if let next = work.first {
          work.removeFirst()
          try carryOut(next, &turn, on: &node, &network)
          if work.isEmpty && wait == nil { endStep(&turn) }
        } else if begun < plan.steps.count {
          let step = plan.steps[begun]
          begun += 1
          say("Step \(begun)/\(plan.steps.count) : \(step.text)", &turn)
          say("\n", &turn)
          work = [step]
        } else {
          return try finish(&turn, on: &node, &network)
        }
      }
    } catch {
      fail(error, &turn, on: &node, &network)
    }
  }

  private mutating func endStep(_ turn: inout OperationTurn) {
    // A variable before the first stage leaves nothing behind.
    if stages.isEmpty { return }
    say(" ---> \(image?.id.short ?? "")\n", &turn)
    let endsStage = begun == plan.steps.count || plan.steps[begun].isStage
    guard endsStage, let image else { return }
    if !wish.isQuiet { turn.send(ProgressLine.facts(ofPush: false) { $0.field("ID", "sha256:\(image.id)") }) }
  }

  private mutating func carryOut(
    _ step: BuildPlan.Step, _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) throws(BuildFault) {
    let instruction = step.instruction
    if let flag = instruction.modernFlag { throw BuildFault(modernFlag: flag) }
    switch instruction.kind {
    case .from(let name, let stage): try from(name, stage, step, &turn, on: &node, &network)
    case .arg(let pairs): try declare(pairs, instruction, &turn, on: &node, &network)
    case .run(let command): try run(command, &turn, on: &node, &network)
    case .copy(let sources, let target, let from, let owner, let isAddition):
      let copy = try BuildCopy(sources, target, from, owner, isAddition: isAddition, change, instruction)
      try self.copy(copy, step, &turn, on: &node, &network)
    default:
      let said: String?
      do throws(ImageChange.Fault) {
        said = try step.isLiteral ? change.makeLiterally(instruction) : change.make(instruction)
      } catch {
        throw BuildFault(error.sentence)
      }
      let note = said ?? ""
      if case .workdir = instruction.kind {
        try settle(change.shell + ["#(nop) \(note)"], makes: change.config.workingDirectory, &turn, on: &node, &network)
      } else {
        try settle(change.shell + ["#(nop) ", note], &turn, on: &node, &network)
      }
    }
  }

  private var image: Image? { stages.last?.image }

  // MARK: Stages

  private mutating func from(
    _ name: String, _ stage: String?, _ step: BuildPlan.Step, _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) throws(BuildFault) {
    var globals = ImageChange(ImageConfig())
    globals.arguments = arguments.globals
    let expanded = try globals.expanded(name, step.instruction)
    if expanded.isEmpty { throw BuildFault("base name (\(name)) should not be blank") }
    var base: Image?
    if let earlier = stages.last(where: { $0.name == expanded.lowercased() }) {
      base = earlier.image
    } else if expanded != "scratch" {
      guard let found = try find(expanded, for: step, at: turn.now, on: &node, &network) else { return }
      base = found
    }
    arguments.beginStage()
    missesCache = false
    stages.append((stage, base))
    change = ImageChange(base?.config ?? ImageConfig())
    if !change.config.env.contains(where: { $0.hasPrefix("PATH=") }) { change.config.env.append(Self.usualPath) }
    change.author = base?.author ?? ""
    let triggers = change.config.triggers
    change.config.triggers = []
    if triggers.isEmpty { return }
    say("# Executing \(triggers.count) build trigger\(triggers.count > 1 ? "s" : "")", &turn)
    say("\n", &turn)
    for text in triggers {
      do throws(DockerfileFault) {
        work.append(BuildPlan.Step(instruction: try Instruction(text), text: text))
      } catch {
        throw BuildFault(error.reason)
      }
    }
  }

  /// An image that is here; nil while it has yet to come.
  private mutating func find(
    _ name: String, for step: BuildPlan.Step, at now: Instant, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) throws(BuildFault) -> Image? {
    let reference: ImageReference?
    do throws(ImageReference.Refusal) { reference = try ImageReference(name).withDefaultTag } catch {
      if let image = try? node.engine.image(name) { return image }
      throw BuildFault(error.sentence)
    }
    let wasPulled = pulled.contains(name)
    if !wish.pulls || wasPulled, let image = try? node.engine.image(name) { return image }
    guard let reference, !wasPulled else { throw BuildFault("No such image: \(name)") }
    pulled.append(name)
    let known = (try? node.engine.image(name))?.id
    let pull = node.changeEngine(at: now, network: &network) { engine, _ in engine.beginPull(reference, at: now) }
    wait = .pull(pull, PullStory(reference, known: known), step)
    return nil
  }

  /// What has been asked of registries already.
  private var pulled: [String] = []

  private mutating func declare(
    _ pairs: [Instruction.Pair], _ instruction: Instruction, _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) throws(BuildFault) {
    var noted: [String] = []
    for pair in pairs {
      var value: String?
      if let given = pair.value {
        var scope = change
        if stages.isEmpty { scope.arguments = arguments.globals }
        value = try scope.expanded(given, instruction)
      }
      arguments.declare(pair.name, value, isGlobal: stages.isEmpty)
      noted.append(pair.name + (value.map { "=\($0)" } ?? ""))
    }
    if stages.isEmpty { return }
    change.arguments = arguments.locals
    try settle(change.shell + ["#(nop) ", "ARG \(noted.joined(separator: " "))"], &turn, on: &node, &network)
  }

  // MARK: Images

  private mutating func isCached(_ words: [String], _ turn: inout OperationTurn, _ node: SwarmNode) -> Bool {
    if wish.ignoresCache || missesCache { return false }
    let known = node.engine.children(of: image?.id).first { child in
      child.step == words && child.config == change.config && wish.mayUse(child, node.engine)
    }
    guard let known else {
      missesCache = true
      return false
    }
    say(" ---> Using cache\n", &turn)
    become(known)
    return true
  }

  private mutating func become(_ image: Image) { stages[stages.count - 1].image = image }

  /// Makes the step's image out of what has become of the settings, and perhaps of a directory that must be there.
  private mutating func settle(
    _ words: [String], makes directory: String? = nil, _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) throws(BuildFault) {
    if isCached(words, &turn, node) { return }
    let now = turn.now
    var layer: Image.Layer?
    if let directory {
      let before = image.map { node.engine.freshFiles(of: $0) } ?? FileTree()
      var after = before
      try? after.makeDirectory(directory, parents: true, at: now)
      layer = Image.Layer(from: before, to: after)
    }
    let container = try create(words, &turn, on: &node, &network)
    commit(layer, words, at: now, on: &node, &network)
    if wish.removes { remove(container, &turn, on: &node, &network) }
  }

  private mutating func commit(
    _ layer: Image.Layer?, _ words: [String], at now: Instant, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) {
    let (config, author) = (change.config, change.author)
    let base = node.engine.base(image ?? Image.scratch(at: now))
    let made = base.child(layer, config: config, step: words, author: author, by: EngineBuild.version, at: now)
    let sealed = made.sealed()
    node.tellEngine(at: now, &network) { engine, out in
      engine.keep(sealed)
      engine.tell("create", ofImage: sealed.id, at: now, into: &out)
    }
    become(sealed)
  }

  /// A container for a step; nothing that begins with nothing can really have one.
  private mutating func create(
    _ words: [String], environment: [String] = [], _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) throws(BuildFault) -> ContainerID {
    let now = turn.now
    var container = ContainerID(hashOf: "\(begun) \(words.joined(separator: " "))")
    if let image {
      let spec = wish.container(of: image, words, environment)
      do throws(APIError) {
        container = try node.ask(at: now, &network) { engine, out throws(EngineError) in
          try engine.createBuildStep(spec, at: now, into: &out)
        }
      } catch {
        throw BuildFault(error.message)
      }
    }
    say(" ---> Running in \(container.short)\n", &turn)
    return container
  }

  private mutating func remove(
    _ container: ContainerID, _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) {
    let now = turn.now
    node.tellEngine(at: now, &network) { engine, out in
      try? engine.remove(.id(container), force: true, withVolumes: true, at: now, into: &out)
    }
    say(" ---> Removed intermediate container \(container.short)\n", &turn)
  }

  // MARK: Commands

  private mutating func run(
    _ command: Instruction.Command, _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) throws(BuildFault) {
    var words = change.words(of: command)
    if command.words.isEmpty { words = change.shell }
    change.arguments = arguments.locals
    let own = Set(change.config.env.map { $0.prefix { $0 != "=" } })
    let given = change.arguments.filter { !own.contains($0.name[...]) }
    let counted = arguments.counted(given).map { "\($0.name)=\($0.value ?? "")" }
    // What a command was given is part of what it was.
    let noted = counted.isEmpty ? words : ["|\(counted.count)"] + counted + words
    if isCached(noted, &turn, node) { return }
    let environment = change.config.env + given.map { "\($0.name)=\($0.value ?? "")" }
    let container = try create(words, environment: environment, &turn, on: &node, &network)
    let now = turn.now
    do throws(APIError) {
      try node.ask(at: now, &network) { engine, out throws(EngineError) in
        _ = try engine.attach(.id(container), at: now, into: &out)
        try engine.start(.id(container), at: now, into: &out)
      }
    } catch {
      let isNothing = image == nil
      let reason = isNothing ? EngineError.launch(.noSuchFile(words.first ?? "")).message : error.message
      throw BuildFault(reason, container: isNothing ? nil : container)
    }
    wait = .run(container, command, words: noted)
  }

  private mutating func finishRun(
    _ container: ContainerID, _ command: Instruction.Command, _ words: [String], code: Int32,
    _ turn: inout OperationTurn, on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) throws(BuildFault) {
    if code != 0 {
      let line = change.words(of: command).filter { !$0.isEmpty }.joined(separator: " ")
      throw BuildFault("The command '\(line)' returned a non-zero code: \(code)", code: code, container: container)
    }
    let now = turn.now
    let layer = node.changeEngine(at: now, network: &network) { engine, _ in
      try? engine.layer(of: .id(container), at: now)
    }
    commit(layer, words, at: now, on: &node, &network)
    if wish.removes { remove(container, &turn, on: &node, &network) }
    if work.isEmpty { endStep(&turn) }
  }

  // MARK: Files

  private mutating func copy(
    _ copy: BuildCopy, _ step: BuildPlan.Step, _ turn: inout OperationTurn, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) throws(BuildFault) {
    var source = context
    if let from = copy.from {
      guard let tree = try self.tree(of: from, for: step, at: turn.now, on: &node, &network) else { return }
      source = tree
    }
    let before = image.map { node.engine.freshFiles(of: $0) } ?? FileTree()
    var after = before
    let digest = try copy.make(from: source, into: &after, in: change.config.workingDirectory, at: turn.now)
    let words = change.shell + ["#(nop) \(copy.name) \(digest) in \(copy.target) "]
    if isCached(words, &turn, node) { return }
    commit(Image.Layer(from: before, to: after), words, at: turn.now, on: &node, &network)
  }

  /// The files of a stage or of an image; nil while it has yet to come.
  private mutating func tree(
    of name: String, for step: BuildPlan.Step, at now: Instant, on node: inout SwarmNode,
    _ network: inout SimNetwork<Wire>
  ) throws(BuildFault) -> FileTree? {
    let number = stages.firstIndex { $0.name == name.lowercased() } ?? Int(name)
    if let number {
      if number == stages.count - 1 {
        throw BuildFault("invalid from flag value \(name): refers to current build stage")
      }
      if stages.indices.contains(number) {
        return stages[number].image.map { node.engine.freshFiles(of: $0) } ?? FileTree()
      }
      throw BuildFault("invalid from flag value \(name): index out of bounds")
    }
    let image = try find(name, for: step, at: now, on: &node, &network)
    return image.map { node.engine.freshFiles(of: $0) }
  }

  // MARK: The end

  private mutating func finish(
    _ turn: inout OperationTurn, on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) throws(BuildFault) {
    guard let image else { throw BuildFault("No image was generated. Is your Dockerfile empty?") }
    let unused = arguments.unused
    if !unused.isEmpty {
      say("[Warning] One or more build-args [\(unused.joined(separator: " "))] were not consumed\n", &turn)
    }
    say("Successfully built \(image.id.short)\n", &turn)
    let now = turn.now
    for tag in wish.tags {
      guard let reference = try? ImageReference(tag) else { continue }
      node.tellEngine(at: now, &network) { engine, out in
        try? engine.tag(image.id.description, as: reference, at: now, into: &out)
      }
      say("Successfully tagged \(reference.withDefaultTag.familiar)\n", &turn)
    }
    if wish.isQuiet { turn.send(ProgressLine.said("sha256:\(image.id)\n")) }
    turn.finish()
  }

  private mutating func fail(
    _ fault: BuildFault, _ turn: inout OperationTurn, on node: inout SwarmNode, _ network: inout SimNetwork<Wire>
  ) {
    if let container = fault.container, wish.alwaysRemoves { remove(container, &turn, on: &node, &network) }
    if wish.isQuiet { turn.send(unsaid) }
    turn.send(ProgressLine.failure(fault.sentence, code: fault.code))
    turn.finish()
  }

  private mutating func say(_ text: String, _ turn: inout OperationTurn) { send(ProgressLine.said(text), &turn) }

  private mutating func send(_ line: DatedBytes, _ turn: inout OperationTurn) {
    if wish.isQuiet { unsaid.append(line) } else { turn.send(line) }
  }

  private static func red(_ text: String) -> String { "\u{1B}[91m\(text)\u{1B}[0m" }

  private static let usualPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}
