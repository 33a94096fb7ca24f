import Testing

@testable import LabBook

@Suite struct LabParserTests {
  @Test("a heading and a line for nodes make a transcript a lab")
  func bare() throws {
    let lab = try LabDocument(
      "# A swarm\n\nnodes: 2\n\n```console\n[root@node1 ~]# docker node ls\nID\n[exit 1]\n```\n")
    #expect(lab.title == "A swarm")
    #expect(
      lab.nodes
        == .bare([LabNode(name: "node1", address: "10.99.0.11"), LabNode(name: "node2", address: "10.99.0.12")]))
    #expect(lab.seed == nil)
    let command = try #require(lab.commands.first)
    #expect(command.line == 6)
    #expect(command.place == .node("node1"))
    #expect(command.script == "docker node ls")
    #expect(command.expected == ["ID", "[exit 1]"])
    #expect(command.expectedLines == 7..<9)
  }

  @Test("front matter names the title, the machines, the seed and other prompts")
  func frontMatter() throws {
    let lab = try LabDocument(
      """
      ---
      title: "Three: a story"
      nodes: [manager, worker01=192.168.99.101]
      seed: 42
      prompts:
        "me@vm:~$ ": laptop
        "vm2>": worker01
      ---
      # Another heading
      nodes: 9
      ```console
      me@vm:~$ docker ps
      vm2> docker info
      ```
      """)
    #expect(lab.title == "Three: a story")
    #expect(lab.nodes == .bare([LabNode(name: "manager"), LabNode(name: "worker01", address: "192.168.99.101")]))
    #expect(lab.seed == 42)
    #expect(lab.commands.map(\.place) == [.laptop, .node("worker01")])
    #expect(lab.commands.map(\.script) == ["docker ps", "docker info"])
  }

  @Test(
    "the machines of a lab are a count, names or a formed swarm",
    arguments: [
      ("nodes: 1", LabNodes.count(1)), ("nodes: {managers: 3, workers: 2}", .formed(managers: 3, workers: 2)),
      ("nodes:\n  managers: 1\n  workers: 4", .formed(managers: 1, workers: 4)),
      ("nodes:\n  a: 10.0.0.1\n  b:", .bare([LabNode(name: "a", address: "10.0.0.1"), LabNode(name: "b")])),
      ("nodes:\n  - a\n  - b=10.0.0.2", .bare([LabNode(name: "a"), LabNode(name: "b", address: "10.0.0.2")])),
    ])
  func nodes(text: String, nodes: LabNodes) throws {
    #expect(try LabDocument("---\n\(text)\n---\n").nodes == nodes)
  }

  @Test(
    "a prompt says where its command runs",
    arguments: [
      ("[root@manager1 ~]# docker node ls", LabPlace.node("manager1"), "docker node ls"),
      ("[sangmin@was ~]$ docker ps", .node("was"), "docker ps"),
      ("[root@manager2 ~]#     docker swarm join", .node("manager2"), "docker swarm join"),
      ("docker@swarm-manager-1:~$ docker pull x", .node("swarm-manager-1"), "docker pull x"),
      ("> docker@swarm-manager-1:~$ docker pull x", .node("swarm-manager-1"), "docker pull x"),
      ("ubuntu@box:~/work/stack$ docker stack ls", .node("box"), "docker stack ls"),
      ("(base) ➜ docker build -t a .", .laptop, "docker build -t a ."),
      ("(base) ➜ accountservice docker-machine ssh m", .laptop, "docker-machine ssh m"),
      ("(base) ➜ ~ export IP=`docker-machine ip m`", .laptop, "export IP=`docker-machine ip m`"),
      ("$ docker ps", .laptop, "docker ps"), ("$docker ps", .laptop, "docker ps"),
      ("> docker swarm init", .laptop, "docker swarm init"),
    ])
  func prompts(line: String, place: LabPlace, script: String) throws {
    let prompt = try #require(Prompt(line))
    #expect(prompt.place == place)
    #expect(prompt.command == script)
  }

  @Test(
    "a line of output is no prompt",
    arguments: [
      "talk.1.d906vtyizxy9@node3    | it costs: $5", "$5 a day", "[exit 1]", "[root@node1 ~] docker", ">",
      "# docker ps",
      "[\"A=1\"] {\"b\":\"2\"} 1", "web.1 nginx@sha256:abc running",
    ])
  func noPrompt(line: String) { #expect(Prompt(line) == nil) }

  private func commands(_ console: String) throws -> [LabCommand] {
    try LabDocument("```console\n\(console)\n```\n").commands
  }

  @Test("a backslash, an open quote and a here-document carry a command on")
  func continuations() throws {
    let joined = try commands(
      """
      $ docker-machine ssh myvm2 "docker swarm join \\
      dquote> --token X \\
      dquote> 192.168.99.100:2377"
      This node joined a swarm as a worker.
      [root@m2 ~]# docker swarm join \\
      >     --token Y \\
      >     192.168.13.176:2377
      joined
      $ cat > f <<END
      > one
      two
      END
      $ for i in 1 2; do
        echo $i
      done
      1
      2
      """)
    #expect(
      joined.map(\.script) == [
        "docker-machine ssh myvm2 \"docker swarm join \\\n--token X \\\n192.168.99.100:2377\"",
        "docker swarm join \\\n    --token Y \\\n    192.168.13.176:2377", "cat > f <<END\none\ntwo\nEND",
        "for i in 1 2; do\n  echo $i\ndone",
      ])
    #expect(joined.map(\.expected) == [["This node joined a swarm as a worker."], ["joined"], [], ["1", "2"]])
    #expect(joined.map(\.line) == [2, 6, 10, 14])
  }

  @Test("remarks at a command's end are heeded")
  func remarks() throws {
    let found = try commands(
      "$ docker ps   # any order\n$ docker ps # always\n$ echo '# any order'\n$ docker ps  # any order, always")
    #expect(found.map(\.isUnordered) == [true, false, false, true])
    #expect(found.map(\.isRequired) == [false, true, false, true])
  }

  @Test("files, checks and solutions are read, other fences are prose")
  func fences() throws {
    let lab = try LabDocument(
      "```file a/b.yml\nx: 1\n```\n```file node1:/etc/c\n```\n```check up\n$ c\nup\nelse: Get up.\n```\n"
        + "```solution up\n$ a\n```\n"
        + "```wrong up\n$ b\n```\n```yaml\n$ no\n```\n````console\n$ cat f\n```\n````\n")
    #expect(lab.items.count == 6)
    #expect(lab.items[0] == .file(LabFile(line: 1, place: .laptop, path: "a/b.yml", text: "x: 1\n")))
    #expect(lab.items[1] == .file(LabFile(line: 4, place: .node("node1"), path: "/etc/c", text: "")))
    let check = try #require(lab.checks.first)
    #expect(check.line == 6)
    #expect(check.goals.map(\.sentence) == ["Get up."])
    #expect(check.goals.map(\.command.expected) == [["up"]])
    #expect(lab.solution(of: check)?.commands.map(\.script) == ["a"])
    #expect(lab.wrongSolutions(of: check).map(\.line) == [14])
    #expect(lab.commands.map(\.expected) == [["```"]])
  }

  @Test(
    "what is wrong with a lab is said with its line",
    arguments: [
      ("---\nnodes: many\n---\n", 2), ("---\ntitle: x\n", 1), ("---\nseed: x\n---\n", 2),
      ("text\n```console\n$ a\n", 2),
      ("```file\n```\n", 1), ("```check\n```\n", 1), ("nodes: no\n", 1),
    ])
  func errors(text: String, line: Int) {
    let error = #expect(throws: LabError.self) { try LabDocument(text) }
    #expect(error?.line == line)
  }
}
