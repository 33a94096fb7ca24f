import Foundation
import Testing

@Suite(.serialized) struct VerbTests {
  let command: Command
  init() throws { command = try Command() }

  func upBare(_ name: String = "lab") throws -> Command.Result {
    try command.run("up", "--bare", "--name", name, "--seed", "7", "--node", "node1=10.99.0.11", "--node", "node2")
  }

  @Test("up leaves a lab that serves its nodes, env points at one, down leaves nothing behind")
  func life() throws {
    let up = try upBare()
    #expect(up.code == 0, "\(up.error)")
    #expect(up.lines.first == "Lab lab is up: 2 bare nodes, seed 7.")
    #expect(up.lines.last?.contains("docker swarm init") == true)
    let env = try command.run("env", "node1")
    let host = try #require(env.out.firstMatch(of: /export DOCKER_HOST="unix:\/\/([^"]+)"/))
    #expect(env.out.contains("unset DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_TLS DOCKER_API_VERSION DOCKER_CONTEXT"))
    #expect(FileManager.default.fileExists(atPath: String(host.1)))
    #expect(try command.run("ls").out.contains("running"))
    #expect(try command.run("down").code == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: command.home + "/labs") == [".lock"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: command.home + "/run/swarmlab") == [])
    let again = try command.run("down")
    #expect(again.code == 1 && again.error.contains("no lab is called lab"))
  }

  @Test("a second up of a running name says so and exits 1")
  func secondUp() throws {
    _ = try upBare()
    let second = try upBare()
    #expect(second.code == 1)
    #expect(second.error.contains("lab lab is running already (process "))
  }

  @Test("two labs at once have different addresses, and one does not end with the other")
  func twoLabs() throws {
    _ = try upBare("a")
    _ = try upBare("b")
    let ports = try ["a", "b"].map { try command.run("ports", "--name", $0).out }
    let blocks = ports.compactMap { $0.firstMatch(of: /127\.(\d+)\.0\.1:/).map { String($0.1) } }
    #expect(Set(blocks).count == 2)
    _ = try command.run("down", "--name", "a")
    #expect(try command.run("status", "--name", "b").code == 0)
  }

  @Test("a lab whose server was killed is stopped, and up resumes it where it was")
  func killed() throws {
    _ = try upBare()
    _ = try command.run("chaos", "kill", "node1")
    _ = try command.run("clock", "advance", "3d")
    _ = try command.run("chaos", "restart", "node1")
    let before = try command.status()
    kill(try #require(before["pid"] as? Int32), SIGKILL)
    while try command.run("ls").out.contains("running") {}
    let stopped = try command.run("env", "node1")
    #expect(stopped.code == 1 && stopped.error.contains("lab lab is not running"))
    let up = try command.run("up")
    #expect(up.code == 0, "\(up.error)")
    let after = try command.status()
    #expect(after["trace"] as? String == before["trace"] as? String)
    let now = try #require((after["now"] as? String).flatMap(Double.init))
    #expect(now > 3 * 86_400)
  }

  @Test("a stopped lab is not made anew with other nodes by mistake")
  func otherMake() throws {
    _ = try upBare()
    _ = try command.run("stop")
    let other = try command.run("up", "--bare", "--node", "x")
    #expect(other.code == 1)
    #expect(other.error.contains("lab lab was made with 2 bare nodes and seed 7"))
    #expect(try upBare().code == 0)
  }

  @Test(
    "wrong usage exits with 64 and says what is right",
    arguments: [
      (["up", "--managers", "0"], "at least 1 manager"), (["up", "--bare"], "--node node1"),
      (["up", "--bare", "--node", "a", "--node", "a"], "two nodes are called a"),
      (["up", "--bare", "--node", "a=10.0.0"], "no IPv4 address"),
      (["up", "--name", "../x"], "cannot be a lab's name"),
      (["up", "--subnet", "x"], "is no subnet"), (["wait", "soon"], "no span of time"), (["chaos"], "Which fault?"),
      (["clock", "speed", "fast"], "is no speed"), (["env"], "Which node?"), (["dance"], "dance"),
    ])
  func usage(arguments: [String], words: String) throws {
    let result = try command.run(arguments)
    #expect(result.code == 64)
    #expect(result.error.contains(words), "\(result.error)")
  }

  @Test("an unknown node or lab is named, with those that there are")
  func unknown() throws {
    _ = try upBare()
    let node = try command.run("env", "web")
    #expect(node.code == 1 && node.error.contains("lab lab has no node web. It has node1, node2."))
    let lab = try command.run("status", "--name", "other")
    #expect(lab.code == 1 && lab.error.contains("no lab is called other. There is lab;"))
  }

  @Test("a runtime folder with too long a path is refused with the remedy, and nothing is left of the lab")
  func longPath() throws {
    let long = command.home + "/" + String(repeating: "x", count: 80)
    try FileManager.default.createDirectory(atPath: long, withIntermediateDirectories: true)
    let result = try command.run("up", environment: ["XDG_RUNTIME_DIR": long])
    #expect(result.code == 1)
    #expect(result.error.contains("clients take 100 at most") && result.error.contains("XDG_RUNTIME_DIR"))
    #expect(try command.run("ls").lines.count == 1)
  }

  @Test("a new lab whose addresses are taken takes others; one that is known under its own says who is to go")
  func addressInUse() throws {
    _ = try upBare("a")
    let kept = command.home + "/labs/a/lab.json"
    let plan = try String(contentsOfFile: kept, encoding: .utf8).replacingOccurrences(of: "\"a\"", with: "\"b\"")
    let folder = command.home + "/labs/b"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try plan.write(toFile: folder + "/lab.json", atomically: true, encoding: .utf8)
    #expect(try command.run("up", "--name", "b").code == 0)
    _ = try command.run("stop", "--name", "b")
    try plan.write(toFile: folder + "/lab.json", atomically: true, encoding: .utf8)
    let up = try command.run("up", "--name", "b")
    #expect(up.code == 1)
    #expect(up.error.contains(":2375: address already in use"))
  }
}

@Suite struct ComposeTests {
  let command: Command
  init() throws { command = try Command() }

  func up(_ compose: String) throws -> Command.Result {
    let path = command.home + "/compose.yml"
    try compose.write(toFile: path, atomically: true, encoding: .utf8)
    return try command.run("up", "-f", path)
  }

  @Test("the services of image docker:dind, of any tag, are the nodes, under their container names")
  func nodes() throws {
    let result = try up(
      """
      x-node: &node {image: "docker:28-dind", privileged: true}
      services:
        registry: {image: "registry:2"}
        m: {<<: *node, image: docker:dind, container_name: manager, depends_on: [registry]}
        worker01: {image: "docker.io/library/docker:28.5-dind-rootless", depends_on: {m: {condition: service_started}}}
        cli: {image: "docker:cli"}
      """)
    #expect(result.code == 0, "\(result.error)")
    #expect(result.lines.dropFirst(2).prefix(2).map { String($0.prefix { $0 != " " }) } == ["manager", "worker01"])
  }

  @Test("a service that depends on an undefined one is refused in compose's own words")
  func undefinedService() throws {
    let result = try up("services:\n  manager:\n    image: docker:dind\n    depends_on:\n      - registry\n")
    #expect(result.code == 1)
    let sentence = "service \"manager\" depends on undefined service \"registry\": invalid compose project"
    #expect(result.error.contains(sentence) && result.error.contains("Remove `registry` from `depends_on`"))
  }

  @Test("the repository's compose file makes a manager and three workers, bare")
  func ownFile() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let result = try command.run("up", "-f", root + "/docker-compose.lab.yml", "--name", "dind")
    #expect(result.code == 0, "\(result.error)")
    #expect(result.lines.first?.hasPrefix("Lab dind is up: 4 bare nodes") == true)
  }

  @Test(
    "a file without nodes, or that is no compose file, is refused",
    arguments: ["services: {a: {image: x}}", "hello", ""])
  func noNodes(text: String) throws { #expect(try up(text).code == 1) }
}
