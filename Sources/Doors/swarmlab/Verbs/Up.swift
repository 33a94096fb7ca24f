import ArgumentParser
import Engine
import EngineServer
import Personas
import SimBase

/// Makes a lab, or resumes one.
struct Up: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Make a lab and start it, or start a stopped one again.",
    discussion: """
      Without options: 1 manager and 3 workers, a swarm formed, all Ready. With --bare: the named nodes and no swarm, \
      for learning `docker swarm init` and `join`. With -f: the docker:dind services of a compose file are the nodes.
      """)

  @OptionGroup var lab: LabOption
  @Option(parsing: .unconditional, help: "How many managers, manager1 and up.") var managers: Int?
  @Option(parsing: .unconditional, help: "How many workers, worker1 and up.") var workers: Int?
  @Flag(help: "Nodes without a swarm.") var bare = false
  @Option(
    help: ArgumentHelp("A node's name, and its address if it matters. May be given many times.", valueName: "name[=ip]")
  )
  var node: [String] = []
  @Option(
    name: [.customShort("f"), .customLong("file")], help: ArgumentHelp("Nodes from a compose file.", valueName: "file"))
  var file: String?
  @Option(
    help: ArgumentHelp(
      "What engines are started with: \"worker*=--label disk=ssd --node-generic-resource gpu=2\". May be given many times.",
      valueName: "nodes=flags"))
  var dockerd: [String] = []
  @OptionGroup var images: ImageOptions
  @Option(parsing: .unconditional, help: "What all chance comes from, 0 or more; drawn and printed if left out.")
  var seed: UInt64?
  @Option(parsing: .unconditional, help: "Virtual seconds per second.") var speed: Double?
  @Option(help: ArgumentHelp("Addresses of the nodes.", valueName: "cidr")) var subnet: String?
  @Flag(help: "Serve in this process; ^C stops the lab.") var foreground = false

  private static let nodeLimit = 20_000

  func validate() throws {
    if let managers, managers < 1 {
      throw ValidationError(
        "--managers \(managers): a swarm has at least 1 manager; --bare makes nodes without a swarm.")
    }
    if let workers, workers < 0 { throw ValidationError("--workers \(workers): a swarm has 0 workers or more.") }
    // One by one first: their sum may be more than a number holds.
    let asked = [managers ?? 0, workers ?? 0]
    if asked.contains(where: { $0 > Up.nodeLimit }) || asked.reduce(0, +) > Up.nodeLimit {
      throw ValidationError(
        "--managers \(asked[0]) --workers \(asked[1]): a lab holds at most \(Up.nodeLimit) nodes in all.")
    }
    if let speed, !(0.001...1_000_000).contains(speed) {
      throw ValidationError("--speed \(speed): write a number from 0.001 to 1000000, virtual seconds per second.")
    }
    if bare && node.isEmpty && file == nil {
      throw ValidationError("--bare needs nodes: --node node1 --node node2=10.99.0.12")
    }
    if !bare && !node.isEmpty { throw ValidationError("--node goes with --bare; managers and workers are counted.") }
    if (bare || file != nil) && (managers != nil || workers != nil) {
      throw ValidationError(
        "\(bare ? "--bare" : "-f") makes nodes without a swarm; --managers and --workers do not go with it.")
    }
    if file != nil && !node.isEmpty { throw ValidationError("-f and --node both name the nodes; give one of them.") }
  }

  func run() throws {
    let folder = try lab.folder()
    try folder.folders.prepare()
    let isNew = try prepare(folder)
    let plan = try folder.plan()
    if isNew && seed == nil { Terminal.complain("seed \(plan.seed)") }
    do {
      if foreground {
        let process = ServerProcess(folder) { Terminal.complain($0) }
        try process.run { plan in welcome(folder, plan) }
      } else {
        try ServerLauncher(folder).launch { Terminal.progress($0) }
        Terminal.progress("")
        welcome(folder, plan)
      }
    } catch {
      // A lab that never was leaves nothing behind.
      if isNew && !Files.exists(folder.formedPath) { try? folder.remove() }
      throw error
    }
  }

  /// Makes the lab's folder, or finds that a stopped lab of the same make is there. True for a new one.
  private func prepare(_ folder: LabFolder) throws -> Bool {
    let lock = try folder.folders.lock()
    defer { withExtendedLifetime(lock) {} }
    if folder.isRunning { throw DoorError.alreadyRunning(folder.name, pid: folder.pid) }
    if Files.exists(folder.planPath) {
      let plan = try folder.plan()
      let asksForAnother =
        managers != nil || workers != nil || bare || file != nil || subnet != nil || !dockerd.isEmpty
        || images.areGiven
      let isSame = try !asksForAnother || sameMake(plan, try newPlan(folder, block: plan.block, seed: plan.seed))
      if !isSame || (seed ?? plan.seed) != plan.seed {
        throw DoorError.madeDifferently(folder.name, what: "\(plan.summary) and seed \(plan.seed)")
      }
      return false
    }
    let plan = try newPlan(folder, block: folder.folders.freeBlock(), seed: seed ?? UInt64.random(in: 1...999_999_999))
    try folder.create(plan)
    return true
  }

  private func sameMake(_ kept: LabPlan, _ asked: LabPlan) -> Bool {
    kept.nodes == asked.nodes && kept.managers == asked.managers && kept.shelf == asked.shelf
  }

  private func newPlan(_ folder: LabFolder, block: Int, seed: UInt64) throws -> LabPlan {
    let nodes: [LabPlan.Node]
    var leading = 0
    if let file {
      let compose = try ComposeNodes(at: file)
      if !compose.others.isEmpty {
        Terminal.complain("not started, as they are no docker:dind: \(compose.others.joined(separator: ", "))")
      }
      nodes = try numbered(compose.nodes.map { ($0.name, nil) }, started: compose.nodes.map(\.daemon))
    } else if bare {
      nodes = try numbered(node.map(splitNode))
    } else {
      leading = managers ?? 1
      let names = (0..<leading).map { "manager\($0 + 1)" } + (0..<(workers ?? 3)).map { "worker\($0 + 1)" }
      nodes = try numbered(names.map { ($0, nil) })
    }
    return LabPlan(
      name: folder.name, seed: seed, nodes: nodes, managers: leading, speed: speed ?? 1, block: block,
      shelf: try images.shelf())
  }

  private func splitNode(_ text: String) throws -> (String, String?) {
    guard let equals = text.firstIndex(of: "=") else { return (text, nil) }
    let address = String(text[text.index(after: equals)...])
    if NodeAddresses.parse(address) == nil {
      throw DoorError.malformed("--node \(text): '\(address)' is no IPv4 address.")
    }
    return (String(text[..<equals]), address)
  }

  /// Gives addresses to those that have none, and makes sure that names differ.
  private func numbered(
    _ named: [(name: String, address: String?)], started daemons: [DaemonFlags] = []
  ) throws -> [LabPlan.Node] {
    let addresses = try NodeAddresses(subnet: subnet ?? "192.168.99.0/24".widened(for: named.count))
    var nodes: [LabPlan.Node] = []
    var seen: Set<String> = []
    for (index, entry) in named.enumerated() {
      try LabName.check(entry.name, "node")
      if !seen.insert(entry.name).inserted {
        throw DoorError.malformed("two nodes are called \(entry.name): give each a name of its own.")
      }
      let own = index < daemons.count ? daemons[index] : DaemonFlags()
      let daemon = try NodeFlags.flags(of: entry.name, added: dockerd, to: own)
      nodes.append(
        LabPlan.Node(name: entry.name, address: try entry.address ?? addresses.address(index), daemon: daemon))
    }
    try NodeFlags.check(dockerd, name: nodes.map(\.name))
    return nodes
  }

  // MARK: What a person sees

  private func welcome(_ folder: LabFolder, _ plan: LabPlan) {
    Terminal.say("Lab \(plan.name) is up: \(plan.summary), seed \(plan.seed).")
    let sockets = folder.sockets
    var rows = [["NODE", "ADDRESS", "DOCKER_HOST"]]
    for node in plan.nodes.prefix(20) {
      rows.append([node.name, node.address, sockets.host(node.name)])
    }
    Terminal.table(rows)
    if plan.nodes.count > 20 {
      Terminal.say("… and \(plan.nodes.count - 20) more: \(Terminal.program) ports\(lab.typed)")
    }
    Terminal.say("")
    Terminal.say("Next:")
    let first = plan.nodes[0].name
    let docker = plan.isBare ? "docker swarm init" : "docker node ls"
    if Terminal.hasProgram("docker") {
      Terminal.say("  eval \"$(\(Terminal.program) env\(lab.typed) \(first))\" && \(docker)")
    } else {
      Terminal.say("  \(Terminal.program) exec\(lab.typed) \(first) \(docker)")
    }
  }
}

extension String {
  /// The standard subnet, or one wide enough that keeps its beginning.
  fileprivate func widened(for count: Int) -> String { count <= 150 ? self : "10.99.0.0/16" }
}
