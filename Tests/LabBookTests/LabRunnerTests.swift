import Shell
import SimBase
import Testing

@testable import LabBook

@Suite struct LabRunnerTests {
  private func run(_ console: String, on host: ScriptedHost, before: String = "") throws -> LabReport {
    let document = try LabDocument("\(before)```console\n\(console)\n```\n")
    return LabRunner(document, file: "x.lab.md", on: host).run()
  }

  private func actual(_ console: String, on host: ScriptedHost) throws -> [[String]] {
    try run(console, on: host).steps.map(\.actual)
  }

  @Test("a command costs 40 milliseconds, a sleep its time, and the lab's own verbs nothing but their wait")
  func time() throws {
    let host = ScriptedHost(nodes: ["node1"])
    _ = try run("$ echo a\n$ sleep 2\n$ swarmlab wait 5s\n$ swarmlab wait 1m30s", on: host)
    #expect(host.now == .zero + .milliseconds(80) + .seconds(97))
  }

  @Test("variables, directories and functions stay from command to command at one prompt, and not at another")
  func sessions() throws {
    let host = ScriptedHost(nodes: ["node1"])
    let found = try actual(
      "$ x=5; mkdir d; cd d\n$ echo $x; pwd\n$ f() { echo f$1; }\n$ f 2\n[root@node1 ~]# echo $x $HOSTNAME; pwd",
      on: host)
    #expect(found == [[], ["5", "/home/you/lab/d"], [], ["f2"], ["node1", "/root"]])
  }

  @Test("a status that is not 0 is a line of its own")
  func exits() throws {
    let host = ScriptedHost(nodes: [])
    #expect(
      try actual("$ echo a; false\n$ nosuch\n$ exit 3\n$ echo $?", on: host) == [
        ["a", "[exit 1]"], ["sh: nosuch: not found", "[exit 127]"], ["[exit 3]"], ["3"],
      ])
  }

  @Test("standard output and standard error come in the order of writing")
  func merged() throws {
    let host = ScriptedHost(nodes: []) { _, _ in
      .ended([LabOutput(.error, "one\n"), LabOutput(.output, "two\n"), LabOutput(.error, "three\n")], status: 0)
    }
    #expect(
      try actual("$ docker ps\n$ docker ps 2>/dev/null\n$ docker ps 2>&1 | sort", on: host) == [
        ["one", "two", "three"], ["two"], ["one", "three", "two"],
      ])
  }

  @Test("a command without an answer is hung up on, and the rest of its line with it")
  func noAnswer() throws {
    let host = ScriptedHost(nodes: ["node1"]) { host, call in
      if call.command.arguments == ["docker", "hang"] {
        host.now = call.limit
        return .unanswered([LabOutput(.output, "partly\n")])
      }
      return .printed("ran\n")
    }
    let report = try run(
      "$ docker hang; docker ps\n[no answer]\n$ docker ps\nran\n$ sleep 91\n[no answer]\n$ sleep 89", on: host)
    #expect(report.failed == 0, "\(report.text)")
    #expect(host.calls.map(\.words) == [["docker", "hang"], ["docker", "ps"]])
    #expect(host.now == .zero + .milliseconds(160) + .seconds(269))
  }

  @Test("docker exec of a node runs the words there, over that node's files")
  func nodeExec() throws {
    let host = ScriptedHost(nodes: ["manager"]) { _, call in .printed("\(call.place.name): \(call.command.arguments)\n")
    }
    let found = try actual(
      """
      $ docker exec -it manager docker node ls
      $ docker exec manager sh -c 'echo hi > /tmp/f; exit 4'
      [root@manager ~]# cat /tmp/f
      $ docker exec -e A=1 -w /tmp manager sh -c 'echo $A; pwd; ls'
      $ docker exec other ls
      $ echo typed | docker exec -i manager cat
      $ docker exec -it manager \\
      docker service ls | tr a-z A-Z
      """, on: host)
    #expect(
      found == [
        ["manager: [\"docker\", \"node\", \"ls\"]"], ["[exit 4]"], ["hi"], ["1", "/tmp", "f"],
        ["laptop: [\"docker\", \"exec\", \"other\", \"ls\"]"], ["typed"],
        ["MANAGER: [\"DOCKER\", \"SERVICE\", \"LS\"]"],
      ])
  }

  @Test("docker-machine ssh of a machine runs its words there, as one line for a shell")
  func machineSSH() throws {
    let host = ScriptedHost(nodes: ["myvm1"]) { _, call in .printed("\(call.place.name): \(call.command.arguments)\n") }
    let found = try actual(
      """
      $ docker-machine ssh myvm1 "docker swarm join \\
      dquote> --token X \\
      dquote> 10.0.0.1:2377"
      $ docker-machine --native-ssh ssh myvm1 'echo a > f; ls; pwd'
      $ docker-machine ssh other ls
      """, on: host)
    #expect(
      found == [
        ["myvm1: [\"docker\", \"swarm\", \"join\", \"--token\", \"X\", \"10.0.0.1:2377\"]"], ["f", "/root"],
        ["sh: docker-machine: not found", "[exit 127]"],
      ])
  }

  @Test("a job in the background goes on while time passes")
  func background() throws {
    let host = ScriptedHost(nodes: ["node1"]) { host, call in .printed("\(host.now.nanoseconds / 1_000_000)\n") }
    let found = try actual(
      "$ (sleep 3; docker late > /tmp/when) &\n$ swarmlab wait 2s\n$ cat /tmp/when\n$ swarmlab wait 2s\n"
        + "$ cat /tmp/when",
      on: host)
    #expect(found == [[], [], ["cat: can't open '/tmp/when': No such file or directory", "[exit 1]"], [], ["3040"]])
  }

  @Test("a fence writes its file before the command after it")
  func files() throws {
    let host = ScriptedHost(nodes: ["node1"])
    let before = "```file stack/docker-compose.yml\nservices: {}\n```\n```file node1:/etc/site.conf\nlisten 80\n```\n"
    let report = try run(
      "$ cat stack/docker-compose.yml\nservices: {}\n[root@node1 ~]# cat /etc/site.conf\nlisten 80", on: host,
      before: before)
    #expect(report.failed == 0, "\(report.text)")
  }

  @Test("the lab's own verbs reach the host; what they print counts only where the lab shows it")
  func verbs() throws {
    let host = ScriptedHost(nodes: ["node1"])
    let report = try run(
      "$ swarmlab chaos kill node1\n$ swarmlab wait bad\n$ swarmlab clock advance 3d\nadvanced", on: host)
    #expect(host.controls == [["chaos", "kill", "node1"], ["clock", "advance", "3d"]])
    #expect(report.steps.map(\.verdict) == [.passed, .failed, .failed])
  }

  @Test("a prompt of a node that the lab lacks fails, and says which there are")
  func missingNode() throws {
    let report = try run("[root@nowhere ~]# docker ps", on: ScriptedHost(nodes: ["node1", "node2"]))
    #expect(report.text.includes("there is no node nowhere: the lab has node1, node2"))
    #expect(report.failed == 1)
  }

  @Test("a failure shows its file, its line and the lines that differ")
  func report() throws {
    let host = ScriptedHost(nodes: []) { _, _ in .printed("a\nB\nc\n") }
    let report = try run("$ docker ps\na\nb\nc\n$ true", on: host)
    #expect(
      report.text
        == "x.lab.md:2: laptop$ docker ps\n    a\n  - b\n  + B\n    c\n1 passed, 1 failed\n"
        + "trace 00000000deadbeef seed 7\n"
    )
  }

  @Test("blessing writes what was printed in place of what failed, and leaves the rest alone")
  func bless() throws {
    let text = "# T\n```console\n$ docker ps\nold\nolder\n$ echo kept...\nkept...\n```\nend\n"
    let document = try LabDocument(text)
    let runner = LabRunner(document, file: "x", on: ScriptedHost(nodes: []) { _, _ in .printed("new\n") })
    let report = runner.run()
    #expect(
      document.blessed(with: report.steps) == "# T\n```console\n$ docker ps\nnew\n$ echo kept...\nkept...\n```\nend\n")
  }
}
