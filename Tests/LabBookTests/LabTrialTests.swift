import Shell
import SimBase
import Testing

@testable import LabBook

@Suite struct LabTrialTests {
  /// A host with one number in it: `docker set N`, `docker get`, and `docker seed` for what differs from seed to seed.
  private static func host(_ seed: UInt64) -> ScriptedHost {
    var number = "0"
    return ScriptedHost(nodes: ["node1"], seed: seed) { _, call in
      let words = call.command.arguments
      if words[1] == "set" { number = words[2] }
      return .printed(words[1] == "get" ? number + "\n" : words[1] == "seed" ? "\(seed % 3)\n" : "")
    }
  }

  private func trial(_ text: String, seeds: [UInt64] = [1]) throws -> LabTrial {
    LabTrial.run(try LabDocument(text), file: "x.lab.md", seeds: seeds, makeHost: LabTrialTests.host)
  }

  private let lab = """
    ```console
    $ docker get
    0
    ```
    ```check five
    $ docker get
    5
    else: The number should be five.
    ```
    ```solution five
    $ docker set 5
    ```
    ```wrong five
    $ docker set 55
    ```
    ```check six
    [root@node1 ~]# docker get
    6
    else: The number should be six.
    ```
    ```solution six
    $ docker set $(($(docker get) + 1))
    ```
    ```wrong six
    $ docker set 1
    ```
    ```console
    $ docker get
    6
    ```
    """

  @Test("a lab whose checks fail before, pass after and see through what is wrong holds")
  func holds() throws {
    let trial = try trial(lab, seeds: [1, 2, 3])
    #expect(trial.isPassed, "\(trial.text)")
    #expect(trial.text == "2 passed, 0 failed; 0 faults in checks\ntrace 00000000deadbeef seed 1\n")
  }

  @Test("a check that passes before its solution, or after a wrong one, is at fault")
  func vacuous() throws {
    let trial = try trial(lab.replacing("5\nelse", with: "...\nelse"))
    #expect(!trial.isPassed)
    #expect(
      trial.faults == [
        "x.lab.md:5: check five passes before its solution (seed 1)",
        "x.lab.md:5: check five passes after the wrong solution of line 13 (seed 1)",
      ])
  }

  @Test("a check that its solution does not reach says which goal, and shows why")
  func unreached() throws {
    let trial = try trial(lab.replacing("docker set 5\n```\n```wrong", with: "docker set 4\n```\n```wrong"))
    let first = try #require(trial.faults.first)
    #expect(first.hasPrefix("x.lab.md:5: check five fails after its solution (seed 1): The number should be five.\n"))
    #expect(first.includes("  - 5\n  + 4"))
  }

  @Test("a check without a solution is at fault")
  func unsolved() throws {
    let trial = try trial("```check a\n$ docker get\n5\nelse: No.\n```\n")
    #expect(trial.faults == ["x.lab.md:1: check a has no solution"])
  }

  @Test("over many seeds a line's agreement is measured, and required only where the author says so")
  func agreement() throws {
    let text = "```console\n$ docker seed   # REMARK\n1\n$ docker get\n0\n```\n"
    let measured = try trial(text, seeds: [1, 2, 3, 4])
    #expect(measured.isPassed)
    #expect(measured.agreements.map(\.differing) == [[2, 3], []])
    #expect(measured.text.hasPrefix("x.lab.md:2: agrees on 2/4 seeds, not on 2, 3\n"))
    let required = try trial(text.replacing("REMARK", with: "always"), seeds: [1, 2, 3, 4])
    #expect(!required.isPassed)
    #expect(
      required.text.includes(
        "agrees on 2/4 seeds (always), not on 2, 3\nx.lab.md:2: laptop$ docker seed   # always\n  - 1\n  + 2\n"))
  }

  @Test("a student reads the sentence of each goal that is not reached")
  func findings() throws {
    let document = try LabDocument(
      "```check two\n$ docker get\n5\nelse: Five, please.\n$ docker seed\n1\nelse: Another seed.\n"
        + "$ docker get\n7\nelse: Or seven.\n```\n"
    )
    let runner = LabRunner(document, file: "x", on: LabTrialTests.host(1))
    let finding = runner.judge(try #require(document.checks.first))
    #expect(finding.goals == 3)
    #expect(finding.text == "two: Five, please.\ntwo: Or seven.")
  }

  @Test("what a check binds is forgotten, so that it can be asked again")
  func asksAgain() throws {
    var ids = ["aaaaabbbbbcccccdddddeeee1", "aaaaabbbbbcccccdddddeeee2"]
    let host = ScriptedHost(nodes: []) { _, _ in .printed(ids.removeFirst() + "\n") }
    let document = try LabDocument("```check a\n$ docker get\njigr3jrh19vidpiylgiu2pxs7\nelse: No.\n```\n")
    let runner = LabRunner(document, file: "x", on: host)
    for check in document.checks + document.checks { #expect(runner.judge(check).isPassed) }
  }

  @Test(
    "a check that asks nothing, or leaves a student without a sentence, is refused",
    arguments: [
      ("```check a\n```\n", 1), ("```check a\n$ docker get\n5\n```\n", 2),
      ("```check a\n$ docker get\n5\nelse:\n```\n", 4),
      ("```check a\nelse: x\n```\n", 2), ("```solution b\n$ x\n```\n", 1),
      ("```check a\n$ x\nelse: y\n```\n```solution a\n```\n", 5),
      ("```check a\n$ x\nelse: y\n```\n```check a\n$ x\nelse: y\n```\n", 5),
    ])
  func refused(text: String, line: Int) {
    let error = #expect(throws: LabError.self) { try LabDocument(text) }
    #expect(error?.line == line)
  }
}
