import EngineTypes
import SimBase
import Testing

@testable import DockerCLI

@Suite("The command line as a whole")
struct CommandLineTests {
  private func run(_ words: [String], _ prepare: (FakeHost) -> Void = { _ in }) -> (host: FakeHost, status: Int32) {
    let host = FakeHost()
    prepare(host)
    let status = DockerCommandLine.run(words, in: host)
    return (host, status)
  }

  @Test("without a command the help goes to standard error, with --help to standard output, and both are no failure")
  func rootHelp() {
    let bare = run([])
    #expect(bare.host.errorText.hasPrefix("Usage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime"))
    #expect(bare.host.output.isEmpty && bare.status == 0)
    let asked = run(["--help"])
    #expect(asked.host.outputText == bare.host.errorText && asked.host.errors.isEmpty && asked.status == 0)
    #expect(asked.host.outputText.includes("\n\nSwarm Commands:\n  config      Manage Swarm configs\n"))
  }

  @Test("every command of the tree has a help that names it, and no two of a group share a name")
  func everyCommandHelps() {
    func visit(_ command: Command, _ path: [String]) {
      let names = command.children.flatMap { [$0.name] + $0.otherNames }
      #expect(Set(names).count == names.count, "\(path)")
      for child in command.children where !child.needsExperimentalEngine {
        let words = path + [child.name]
        let result = run(words + ["--help"])
        #expect(result.host.outputText.hasPrefix("Usage:  docker \(words.joined(separator: " "))"), "\(words)")
        let options = child.options.map(\.name)
        #expect(Set(options).count == options.count, "\(words): a flag declared twice")
        let letters = child.options.compactMap(\.short)
        #expect(Set(letters).count == letters.count, "\(words): a letter given twice")
        visit(child, words)
      }
    }
    visit(CommandTree.root, [])
  }

  @Test("flags may stand anywhere, in clusters, with or without an equals sign, and end at --")
  func flagForms() throws {
    let parser = CommandParser(options: ContainerList.command.options, endsAtArgument: false, host: FakeHost())
    guard
      case .parsed(let flags, let arguments) = try parser.parse([
        "x", "-aqn3", "--filter=a=b", "-f", "c=d", "--no-trunc=false", "--size", "--", "-l",
      ])
    else { return #expect(Bool(false)) }
    #expect(arguments == ["x", "-l"])
    #expect(flags.isOn("all") && flags.isOn("quiet") && flags.isOn("size") && !flags.isOn("no-trunc"))
    #expect(flags.int("last") == 3 && flags.list("filter") == ["a=b", "c=d"])
    #expect(!flags.isOn("latest"))
  }

  @Test("the engine is the one of -H, else the environment's, else the context's, else the default")
  func whichEngine() throws {
    func address(_ globals: GlobalOptions, _ prepare: (FakeHost) -> Void) -> String? {
      let host = FakeHost()
      prepare(host)
      return Session(host: host, globals: globals).engineAddress
    }
    let record = Array("{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://c:1\"}}}".utf8)
    func withContext(_ host: FakeHost) {
      host.files["/root/.docker/config.json"] = Array("{\"currentContext\":\"lab\"}".utf8)
      host.files["/root/.docker/contexts/meta/\(SHA256.hex("lab"))/meta.json"] = record
    }
    #expect(address(GlobalOptions(host: "tcp://h:1")) { $0.variables["DOCKER_HOST"] = "tcp://e:1" } == "tcp://h:1")
    #expect(
      address(GlobalOptions()) {
        withContext($0); $0.variables["DOCKER_HOST"] = "tcp://e:1"
      } == "tcp://e:1")
    #expect(address(GlobalOptions(), withContext) == "tcp://c:1")
    #expect(
      address(GlobalOptions(context: "lab")) {
        withContext($0); $0.variables["DOCKER_HOST"] = "tcp://e:1"
      } == "tcp://c:1")
    #expect(address(GlobalOptions()) { _ in } == nil)
  }

  @Test("a context that is not there is refused before any command runs")
  func missingContext() {
    let result = run(["--context", "nope", "ps"])
    #expect(
      result.host.errorText.hasPrefix("Failed to initialize: unable to resolve docker endpoint: context \"nope\""))
    #expect(result.status == 1)
  }

  @Test("a context can be made, used, listed and removed")
  func contextLife() {
    let host = FakeHost()
    #expect(DockerCommandLine.run(["context", "create", "lab", "--docker", "host=tcp://c:1"], in: host) == 0)
    #expect(DockerCommandLine.run(["context", "use", "lab"], in: host) == 0)
    host.output = []
    #expect(DockerCommandLine.run(["context", "ls"], in: host) == 0)
    #expect(host.outputText.includes("lab *") && host.outputText.includes("tcp://c:1"))
    host.errors = []
    #expect(DockerCommandLine.run(["context", "rm", "lab"], in: host) == 1)
    #expect(host.errorText == "context \"lab\" is in use, set -f flag to force remove\n")
    #expect(DockerCommandLine.run(["context", "rm", "-f", "lab"], in: host) == 0)
    #expect(DockerCommandLine.run(["context", "inspect", "lab"], in: host) == 1)
  }

  @Test("variables that a service update adds keep their places, and a new one comes last")
  func environmentOrder() throws {
    let host = FakeHost()
    let engine = FakeEngine(now: Timestamp(unixNanoseconds: 0), answers: [:])
    engine.script = { request in
      let body =
        request.method == "GET"
        ? "{\"ID\":\"i\",\"Version\":{\"Index\":2},\"Spec\":{\"Name\":\"w\",\"Labels\":{},\"TaskTemplate\":{\"ContainerSpec\":"
          + "{\"Image\":\"x:1\",\"Env\":[\"B=1\",\"A=2\",\"C=3\"]}},\"Mode\":{\"Replicated\":{}}}}"
        : "{\"Warnings\":null}"
      return EngineResponse(status: 200, body: Array(body.utf8))
    }
    host.engine = engine
    let words = ["service", "update", "-d", "--env-add", "A=9", "--env-add", "D=4", "--env-rm", "C", "w"]
    #expect(DockerCommandLine.run(words, in: host) == 0)
    #expect(engine.requests.last?.includes("\"Env\":[\"B=1\",\"A=9\",\"D=4\"]") == true)
  }

  @Test(
    "a compose file is held to the schema of its own version",
    arguments: [
      ("3.6", "services:\n  a: {image: x, init: true}", "services.a Additional property init is not allowed"),
      ("3.7", "services:\n  a: {image: x, init: true}", ""),
      (
        "3.8", "services:\n  a: {image: x, deploy: {resources: {limits: {pids: 5}}}}",
        "services.a.deploy.resources.limits Additional property pids is not allowed"
      ),
      ("3.9", "services:\n  a: {image: x, deploy: {resources: {limits: {pids: 5}}}}", ""),
      ("3.2", "configs: {}", "(root) Additional property configs is not allowed"),
      ("3.6", "services:\n  a: {image: x, x-note: 1}", "services.a Additional property x-note is not allowed"),
    ])
  func composeVersions(version: String, text: String, complaint: String) {
    let host = FakeHost()
    host.input = Array("version: \"\(version)\"\n\(text)\n".utf8)
    #expect((DockerCommandLine.run(["stack", "config", "-c", "-"], in: host) == 0) == complaint.isEmpty)
    #expect(host.errorText == (complaint.isEmpty ? "" : complaint + "\n"))
  }

  @Test(
    "what is no YAML is refused in the words and with the lines of Go's parser",
    arguments: [
      ("a: b: c", "yaml: mapping values are not allowed in this context"),
      ("a:\n  b: c\n    d: e", "yaml: line 3: mapping values are not allowed in this context"),
      ("a:\n  b:\n    c: d\n   e: f", "yaml: line 1: did not find expected key"),
      ("a:\n\tb: c", "yaml: line 2: found character that cannot start any token"),
    ])
  func brokenYAML(text: String, complaint: String) {
    let host = FakeHost()
    host.input = Array(text.utf8)
    #expect(DockerCommandLine.run(["stack", "config", "-c", "-"], in: host) == 1)
    #expect(host.errorText == complaint + "\n")
  }

  @Test("the services of a stack are made in the order of their names, networks before them")
  func stackOrder() {
    let host = FakeHost()
    let engine = FakeEngine(now: Timestamp(unixNanoseconds: 0), answers: [:])
    engine.script = { request in
      let body: String
      switch request.method {
      case "POST": body = "{\"ID\":\"i\",\"Id\":\"i\"}"
      default: body = request.target.hasSuffix("/info") ? "{\"Swarm\":{\"ControlAvailable\":true}}" : "[]"
      }
      return EngineResponse(status: 200, body: Array(body.utf8))
    }
    host.engine = engine
    host.input = Array(
      "services:\n  b: {image: x, networks: [n2, n1]}\n  a: {image: y}\nnetworks: {n1: {}, n2: {}, unused: {}}\n".utf8)
    #expect(DockerCommandLine.run(["stack", "deploy", "-d", "-c", "-", "st"], in: host) == 0)
    #expect(
      host.outputText
        == "Creating network st_default\nCreating network st_n1\nCreating network st_n2\nCreating service st_a\n"
        + "Creating service st_b\n")
  }
}
