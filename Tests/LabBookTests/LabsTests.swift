import FoundationEssentials
import Shell
import SimBase
import Testing

@testable import LabBook

/// The labs that come with the product.
@Suite struct LabsTests {
  static let folder = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/labs/"

  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".lab.md") }.sorted()

  @Test("there are labs") func some() { #expect(!LabsTests.names.isEmpty) }

  @Test("a lab reads as one: a title, a seed, commands that are whole, expectations", arguments: names)
  func reads(name: String) throws {
    let lab = try LabDocument(String(contentsOfFile: LabsTests.folder + name, encoding: .utf8))
    #expect(!lab.title.isEmpty)
    #expect(lab.seed != nil)
    #expect(lab.commands.count > 5)
    for command in lab.commands { #expect(ShellText.isWhole(command.script), "\(name):\(command.line)") }
    // A lab that shows nothing could not fail.
    #expect(lab.commands.contains { !$0.expected.isEmpty })
  }

  @Test("the first lab agrees with a swarm under other names and addresses")
  func firstLab() throws {
    let name = "001-a-swarm-in-your-laptop.lab.md"
    let lab = try LabDocument(String(contentsOfFile: LabsTests.folder + name, encoding: .utf8))
    let host = LabsTests.stubbornSwarm()
    let report = LabRunner(lab, file: name, on: host).run()
    #expect(report.failed == 0, "\(report.text)")
    // The join that ran has the token and the address that this swarm printed.
    let joins = host.calls.filter { $0.words.contains("join") }
    #expect(joins.count == 4)
    #expect(joins.allSatisfy { $0.words.suffix(2) == [LabsTests.token, "172.30.0.2:2377"] })
  }

  static let token = "SWMTKN-1-" + String(repeating: "a1", count: 25) + "-" + String(repeating: "b", count: 24) + "2"

  /// Answers the first lab's commands in turn, as a swarm of its own names would.
  private static func stubbornSwarm() -> ScriptedHost {
    let nodes = (1...4).map { String(repeating: "n", count: 24) + String($0) }
    let refusal =
      "Error response from daemon: This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.\n"
    let worker =
      "Error response from daemon: This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.\n"
    let part =
      "Error response from daemon: This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm and join another one.\n"
    let table = "ID NAME MODE REPLICAS IMAGE PORTS\n"
    let tasks = ["n1", "n2", "n3", "n4", "n1", "n2"].joined(separator: "\n") + "\n"
    var answers: [(String, LabAnswer)] = [
      ("compose up -d", .printed(" Container manager  Started\n Container worker01  Started\n")),
      (
        "ps --format", .printed(["worker03", "worker02", "worker01", "manager"].map { $0 + " docker:dind\n" }.joined())
      ),
      ("node ls", .printed(refusal, status: 1)),
      (
        "swarm init",
        .printed(
          "Swarm initialized: current node (\(nodes[0])) is now a manager.\n\nTo add a worker to this swarm, run the following command:\n\n    docker swarm join --token \(token) 172.30.0.2:2377\n\nTo add a manager to this swarm, run 'docker swarm join-token manager' and follow the instructions.\n"
        )
      ),
      ("swarm join-token", .printed(token + "\n")), ("node inspect", .printed("172.30.0.2:2377\n")),
      ("swarm join", .printed("This node joined a swarm as a worker.\n")), ("swarm join", .printed(part, status: 1)),
      ("swarm join", .printed("This node joined a swarm as a worker.\n")),
      ("swarm join", .printed("This node joined a swarm as a worker.\n")),
      (
        "node ls",
        .printed(
          "ID                            HOSTNAME   STATUS    AVAILABILITY   MANAGER STATUS   ENGINE VERSION\n"
            + nodes.enumerated().map { place, id in
              place == 0
                ? "\(id) *   0f0f0f0f0f01   Ready     Active         Leader           28.5.2\n"
                : "\(id)     0f0f0f0f0f0\(place + 1)   Ready     Active                          28.5.2\n"
            }.reversed().joined())
      ),
      ("node ls", .printed(worker, status: 1)),
      (
        "service create",
        .printed(
          "image hashcorp/http-echo:latest could not be accessed on a registry to record\nits digest. Each node will access hashcorp/http-echo:latest independently,\npossibly leading to different nodes running different\nversions of the image.\n\n\(String(repeating: "s", count: 24))1\n"
        )
      ),
      ("service ls", .printed("test_swarm 0/1 hashcorp/http-echo:latest\n")),
      (
        "service ps",
        .printed("\"No such image: hashcorp/http-echo:latest\"\n\"No such image: hashcorp/http-echo:latest\"\n")
      ),
      ("service rm", .printed("test_swarm\n")),
    ]
    let service = String(repeating: "t", count: 24) + "7"
    answers += [
      (
        "service create",
        .printed("\(service)\noverall progress: 1 out of 1 tasks\nverify: Service \(service) converged\n")
      ),
      (
        "service ls",
        .printed(
          table.replacing(" ", with: "   ")
            + "tttttttttttt   test_swarm   replicated   1/1   hashicorp/http-echo:latest   *:5678->5678/tcp\n")
      ),
      ("service scale", .printed("test_swarm scaled to 6\nverify: Service test_swarm converged\n")),
      ("service ls", .printed("test_swarm 6/6\n")), ("service ps", .printed(tasks)),
      ("stop worker02", .printed("worker02\n")), ("node ls", .printed("Ready\nDown\nReady\nReady\n")),
      ("service ls", .printed("test_swarm 6/6\n")), ("service ps", .printed("n1\nn3\nn4\nn1\nn3\nn4\n")),
      (
        "serivce rm",
        .printed("docker: unknown command: docker serivce\n\nRun 'docker --help' for more information\n", status: 1)
      ),
      ("service rm", .printed("test_swarm\n")), ("service ls", .printed(table.replacing(" ", with: "   "))),
    ]
    return ScriptedHost(nodes: ["manager", "worker01", "worker02", "worker03"]) { _, call in
      let words = call.command.arguments.dropFirst().joined(separator: " ")
      guard let (beginning, answer) = answers.first, words.hasPrefix(beginning) else {
        return .printed("not expected: \(words), but \(answers.first?.0 ?? "nothing")\n", status: 99)
      }
      answers.removeFirst()
      return answer
    }
  }
}
