import DockerCLI
import Engine
import EngineTypes
import Lab
import Personas
import Shell
import SimBase
import SimKernel
import SwarmNode
import World

/// The simulator in process, as a lab's book sees it: the built-in `docker` runs against a world whose clock the book moves.
public final class SimulatedLab: LabHost {
  private let session: SharedLab
  private let names: [String]
  /// The seed of this history.
  public let seed: UInt64

  /// The programs beside the shell's own.
  public let programs = ["docker", "curl", "hostname"]

  /// The machines that a lab asks for, in a swarm or in none, with the images that it allows.
  public init(_ document: LabDocument, seed: UInt64, shelf: PersonaShelf? = nil) throws(FormingFailure) {
    self.seed = seed
    let engine = (shelf ?? PersonaShelf(isStrict: document.hasStrictImages)).engine
    switch document.nodes {
    case .formed(let managers, let workers):
      session = SharedLab(
        try Lab.formed(
          managers: managers, workers: workers, seed: seed, daemons: document.daemons, engine: engine,
          watch: Lab.collectingWatch))
    case .bare(let bare):
      let plans = bare.enumerated().map { place, node in
        WorldPlan.NodePlan(
          name: node.name, ip: node.address ?? "10.99.0.\(11 + place)",
          daemon: document.daemons[node.name] ?? DaemonFlags())
      }
      var plan = WorldPlan(seed: seed, nodes: plans)
      plan.engine = engine
      session = SharedLab(Lab(plan, watch: Lab.collectingWatch))
    }
    let world = session.lab.world
    names = world.hosts.map { world.node($0).hostname }
  }

  /// The cluster's clock.
  public var now: Instant { session.lab.now }
  /// The date of the clock's zero.
  public var zeroSeconds: Int64 { Epoch.fixed.zero.unixNanoseconds / 1_000_000_000 }
  /// The machines, in their order.
  public var nodeNames: [String] { names }
  /// The hash of the history so far.
  public var traceHash: String { session.lab.world.traceHex }
  /// Laws of a swarm that did not hold.
  public var brokenLaws: [String] { session.lab.brokenLaws }
  /// The world as it is now, for checkers.
  public var world: World { session.lab.world }

  /// The files that a place starts with.
  public func files(of place: LabPlace) -> FileTree {
    var files = FileTree()
    for path in ["/tmp", "/root", "/etc", "/home/you/lab"] { try? files.makeDirectory(path, parents: true, at: now) }
    if case .node(let name) = place { try? files.write("/etc/hostname", Array("\(name)\n".utf8), at: now) }
    return files
  }

  /// Asks a node's Engine API and lets time pass until the whole answer is there. Throws where the node cannot answer.
  public func ask(_ request: EngineRequest, of node: String) throws(EngineUnreachable) -> EngineResponse {
    guard let host = session.lab.world.host(named: node) else {
      throw EngineUnreachable(reason: "there is no node \(node)")
    }
    return try session.lab.send(request, to: host)
  }

  /// Runs a program to its end, or until its time is up.
  public func run(_ call: LabCall) -> LabAnswer {
    session.limit = call.limit
    defer { session.limit = .distantFuture }
    let command = SimulatedCommand(call, session, names)
    let words = Array(call.command.arguments.dropFirst())
    let status: Int32
    switch call.command.arguments.first {
    case "docker": status = DockerCommandLine.run(words, in: command)
    case "curl": status = CurlCommandLine.run(words, in: command)
    case "hostname" where words.isEmpty:
      if case .node(let name) = call.place { return .printed(name + "\n") }
      return .printed("laptop\n")
    default: return .notFound
    }
    if session.isOverdue { return .unanswered(command.output) }
    return .ended(command.output, status: Int(status))
  }

  /// Does one of the lab's own verbs.
  public func control(_ words: [String], limit: Instant) -> LabAnswer {
    switch (words.first, words.count) {
    case ("chaos", _):
      do throws(FaultWords.Trouble) {
        if words.dropFirst() == ["ls"] { return .printed(FaultWords.listingText(of: session.lab.world)) }
        for order in try FaultWords.orders(Array(words.dropFirst()), in: session.lab.world) {
          session.lab.apply(order.fault, for: order.span)
        }
        return .ended([], status: 0)
      } catch {
        return refusal(error.reason, status: 1)
      }
    case ("clock", 3) where words[1] == "advance":
      guard let span = Duration(go: words[2]), span >= .zero else { return refusal("not a duration: \(words[2])") }
      session.lab.advance(by: span)
      return .ended([], status: 0)
    default:
      return refusal("\(words.joined(separator: " ")) is no verb of a lab: try chaos, wait or clock advance")
    }
  }

  /// Lets time pass.
  public func advance(by span: Duration) { session.lab.advance(by: span) }

  private func refusal(_ text: String, status: Int = 64) -> LabAnswer {
    .ended([LabOutput(.error, "swarmlab \(text)\n")], status: status)
  }
}

/// A command line in a lab: files and environment are its place's, its engine is the node's.
private final class SimulatedCommand: CLIHost {
  private(set) var output: [LabOutput] = []
  private let call: LabCall
  private let session: SharedLab
  private let names: [String]

  init(_ call: LabCall, _ session: SharedLab, _ names: [String]) {
    self.call = call
    self.session = session
    self.names = names
  }

  func write(_ bytes: [UInt8], to stream: CLIStream) {
    output.append(LabOutput(stream == .error ? .error : .output, bytes))
  }

  func readInput() -> [UInt8]? { call.input() }
  func isTerminal(_ stream: CLIStream) -> Bool { false }
  var terminalSize: (columns: Int, rows: Int)? { nil }
  var isInterrupted: Bool { session.isOverdue }
  var workingDirectory: String { call.command.directory }
  func environment(_ name: String) -> String? { call.command.environment[name] }

  func readFile(_ path: String) throws(FileTrouble) -> [UInt8] {
    if absolute(path) == "/dev/null" { return [] }
    do { return try call.files.tree.read(absolute(path)) } catch {
      throw FileTrouble(reason: error.sentence.lowercased())
    }
  }

  func writeFile(_ path: String, _ bytes: [UInt8]) throws(FileTrouble) {
    let path = absolute(path)
    do {
      try call.files.tree.makeDirectory(FileTree.absolute("..", from: path), parents: true, at: session.lab.now)
      try call.files.tree.write(path, bytes, at: session.lab.now)
    } catch { throw FileTrouble(reason: error.sentence.lowercased()) }
  }

  func makeFolder(_ path: String) throws(FileTrouble) {
    do { try call.files.tree.makeDirectory(absolute(path), parents: true, at: session.lab.now) } catch {
      throw FileTrouble(reason: error.sentence.lowercased())
    }
  }

  func mode(_ path: String) -> UInt16? { call.files.tree.entry(absolute(path))?.mode }

  func setMode(_ path: String, _ mode: UInt16) throws(FileTrouble) {
    do { try call.files.tree.setMode(absolute(path), mode) } catch {
      throw FileTrouble(reason: error.sentence.lowercased())
    }
  }

  func fileExists(_ path: String) -> Bool { call.files.tree.exists(absolute(path)) }
  func isFolder(_ path: String) -> Bool { call.files.tree.isDirectory(absolute(path)) }
  func list(_ folder: String) -> [String] { (try? call.files.tree.list(absolute(folder))) ?? [] }

  /// `$` without an engine of its own asks the first node; a node asks itself, whatever address is given.
  func client(for host: String?) throws(EngineUnreachable) -> any EngineClient {
    let name = if case .node(let name) = call.place { name } else { names.first ?? "" }
    guard let id = session.lab.world.host(named: name) else {
      throw EngineUnreachable(reason: "there is no node \(name)")
    }
    return LabClient(session, host: id)
  }

  private func absolute(_ path: String) -> String { FileTree.absolute(path, from: call.command.directory) }
}
