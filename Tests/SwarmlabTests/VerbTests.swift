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
      (["up", "--workers", "-1"], "--workers -1: a swarm has 0 workers or more"),
      (["up", "--managers", "9000000000000000000", "--workers", "9000000000000000000"], "at most 20000 nodes"),
      (["clock", "dance"], "clock has no verb 'dance'. It has status, pause"), (["help", "dance"], "no verb 'dance'"),
      (["lab", "dance"], "lab has no verb 'dance'. It has run, test"),
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
    #expect(lab.code == 1 && lab.error.contains("no lab is called other."))
    #expect(lab.error.contains("--name picks one of those that there are: lab"))
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

  @Test("a lab is found, and goes, from a session with another runtime folder; up moves its sockets there")
  func otherSession() throws {
    _ = try upBare()
    let other = command.home + "/other"
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    let elsewhere = ["XDG_RUNTIME_DIR": other]
    #expect(try command.run("status", environment: elsewhere).code == 0)
    #expect(try command.run("stop", environment: elsewhere).code == 0)
    #expect(try command.run("up", environment: elsewhere).code == 0)
    #expect(try command.run("env", "node1").out.contains(other + "/swarmlab/lab/node1.sock"))
    #expect(try command.run("down").code == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: other + "/swarmlab") == [])
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

@Suite(.serialized) struct SwarmTests {
  let command: Command
  init() throws { command = try Command() }

  @Test("up forms a swarm whose nodes are all Ready, and the built-in docker reaches each of them")
  func formed() throws {
    let up = try command.run("up", "--managers", "3", "--workers", "2", "--seed", "7")
    #expect(up.code == 0, "\(up.error)")
    let format = "{{.Hostname}} {{.Status}} {{.ManagerStatus}}"
    let nodes = try command.run("exec", "manager2", "docker", "node", "ls", "--format", format)
    #expect(
      nodes.lines == [
        "manager1 Ready Leader", "manager2 Ready Reachable", "manager3 Ready Reachable", "worker1 Ready ",
        "worker2 Ready ",
      ])
    let refused = try command.run("exec", "worker1", "docker", "node", "ls")
    #expect(refused.code == 1 && refused.error.contains("This node is not a swarm manager."))
    #expect(try command.run("docker", "node", "ls", "-q").lines.count == 5)
    let missing = try command.run("exec", "worker1", "cowsay")
    #expect(missing.code == 127 && missing.error.contains("cowsay: command not found"))
  }

  @Test("the same seed draws the same IDs in two processes with other folders, homes, languages and time zones")
  func sameDraws() throws {
    let other = try Command()
    for command in [command, other] {
      let strange = command === other ? ["TZ": "Asia/Tokyo", "LC_ALL": "tr_TR.UTF-8", "HOME": "/nowhere"] : [:]
      let up = try command.run(["up", "--seed", "42", "--speed", "0.001"], environment: strange)
      #expect(up.code == 0, "\(up.error)")
      _ = try command.run("clock", "pause")
    }
    // What the pace let pass until the pause differs; what was decided by then does not.
    let ids = try [command, other].map { try $0.run("docker", "node", "ls", "-q").out }
    #expect(ids[0] == ids[1] && !ids[0].isEmpty)
  }

  @Test("a replay of the journal ends with the hash that the lab has")
  func replay() throws {
    _ = try command.run("up", "--workers", "2", "--speed", "100")
    _ = try command.run("docker", "node", "update", "--availability", "drain", "worker1")
    _ = try command.run("chaos", "kill", "worker2")
    _ = try command.run("clock", "advance", "1h")
    _ = try command.run("clock", "pause")
    _ = try command.run("docker", "node", "ls")
    let hash = try command.run("trace", "--hash").out
    let replay = try command.run("replay")
    #expect(replay.code == 0, "\(replay.error)")
    #expect(replay.out.contains("trace " + hash.trimmingCharacters(in: .newlines)))
    let journal = command.home + "/labs/lab/journal"
    #expect(try command.run("replay", journal).out == replay.out)
    #expect(try command.run("replay", command.home).code == 1)
  }

  @Test("called as docker, the program is docker")
  func calledAsDocker() throws {
    _ = try command.run("up", "--workers", "1")
    try FileManager.default.createSymbolicLink(atPath: command.home + "/docker", withDestinationPath: Command.binary)
    let nodes = try command.run(["node", "ls", "-q"], program: command.home + "/docker")
    #expect(nodes.lines.count == 2, "\(nodes.error)")
  }

  @Test("a fault that names no node is refused with the nodes there are, and one that does takes effect")
  func faults() throws {
    _ = try command.run("up", "--workers", "1", "--speed", "100")
    let wrong = try command.run("chaos", "kill", "web")
    #expect(wrong.code == 1 && wrong.error.contains("there is no node web: the lab has manager1, worker1"))
    let word = try command.run("chaos", "dance", "worker1")
    #expect(word.code == 64 && word.error.contains("there is no fault 'dance': kill"))
    #expect(try command.run("chaos", "kill", "work*").code == 0)
    let again = try command.run("chaos", "kill", "worker1")
    #expect(again.code == 2 && again.error.contains("chaos kill worker1 changed nothing"))
    let dead = try command.run("exec", "worker1", "docker", "ps")
    #expect(dead.code == 1 && dead.error.contains("Cannot connect to the Docker daemon"))
    _ = try command.run("wait", "30s")
    let nodes = try command.run("docker", "node", "ls", "--format", "{{.Hostname}} {{.Status}}")
    #expect(nodes.lines == ["manager1 Ready", "worker1 Down"])
  }

  @Test("a lab file runs in process, and what differs from what it shows is an exit code and a difference")
  func labFile() throws {
    let file = command.home + "/first.lab.md"
    let text = """
      # First
      nodes: 1

      ```console
      [root@node1 ~]# docker swarm init | head -n 1
      Swarm initialized: current node (vlh5q7zud1ia6axxaz69vp026) is now a manager.
      [root@node1 ~]# docker node ls --format '{{.Hostname}} {{.Status}}'
      node1 Asleep
      ```
      """
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let wrong = try command.run("lab", "run", file)
    #expect(wrong.code == 1)
    #expect(wrong.out.contains("first.lab.md:7: node1#") && wrong.out.contains("1 passed, 1 failed"))
    #expect(try command.run("lab", "bless", file).code == 0)
    let right = try command.run("lab", "run", file)
    #expect(right.code == 0 && right.out.contains("2 passed, 0 failed"))
    #expect(
      try String(contentsOfFile: file, encoding: .utf8) == text.replacingOccurrences(of: "Asleep", with: "Ready") + "\n"
    )
    #expect(try command.run("lab", "run", command.home + "/none.md").code == 1)
    try "# Words\n\nand no command\n".write(toFile: file, atomically: true, encoding: .utf8)
    let empty = try command.run("lab", "run", file)
    #expect(empty.code == 2 && empty.error.contains("has no commands"))
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
