import SimBase
import Testing

@testable import Shell

/// What the shell and its applets say when they refuse: the words of busybox.
@Suite struct ComplaintTests {
  @Test(
    "a refusal has busybox's words and status",
    arguments: [
      ("cat nofile", "cat: can't open 'nofile': No such file or directory\n", 1),
      ("cat < nofile", "sh: can't open nofile: no such file\n", 1),
      ("echo x > /no/where", "sh: can't create /no/where: nonexistent directory\n", 1),
      ("cd nowhere", "sh: cd: can't cd to nowhere: No such file or directory\n", 1),
      ("ls nofile", "ls: nofile: No such file or directory\n", 1),
      ("rm nofile", "rm: can't remove 'nofile': No such file or directory\n", 1),
      ("mkdir a; mkdir a", "mkdir: can't create directory 'a': File exists\n", 1),
      ("mkdir a/b/c", "mkdir: can't create directory 'a/b/c': No such file or directory\n", 1),
      ("mkdir a; rm a", "rm: can't remove 'a': Is a directory\n", 1),
      ("cp nofile x", "cp: can't stat 'nofile': No such file or directory\n", 1),
      ("mv nofile x", "mv: can't rename 'nofile': No such file or directory\n", 1),
      ("touch /no/x", "touch: /no/x: No such file or directory\n", 1),
      ("grep x nofile", "grep: nofile: No such file or directory\n", 2),
      ("head nofile", "head: nofile: No such file or directory\n", 1),
      ("sed p nofile", "sed: nofile: No such file or directory\n", 1),
      ("sed 's/a' x", "sed: unmatched '/'\n", 1), ("awk '{' x", "awk: cmd. line:1: Unexpected end of string\n", 1),
      ("[ a = ", "[: missing ]\n", 2), ("[ x -eq 1 ]", "sh: x: bad number\n", 2),
      ("sleep x", "sleep: invalid number 'x'\n", 1), ("sleep", "sleep: missing operand\n", 1),
      ("echo $((1/0))", "sh: divide by zero\n", 1), ("echo $((1+))", "sh: arithmetic syntax error\n", 2),
      ("set -u; echo $x; echo no", "sh: x: parameter not set\n", 1),
      ("echo ${x?}", "sh: x: parameter not set\n", 1), ("echo ${x:?}", "sh: x: parameter not set or null\n", 1),
      ("echo ${x:?why not}; echo no", "sh: x: why not\n", 1),
      ("readonly r=1; r=2; echo no", "sh: r: is read only\n", 1),
      ("echo a; done", "sh: syntax error: unexpected \"done\"\n", 2),
      ("if true; then echo a", "sh: syntax error: unexpected end of file (expecting \"fi\")\n", 2),
      ("echo 'a", "sh: syntax error: unterminated quoted string\n", 2),
      ("echo a | | b", "sh: syntax error: unexpected \"|\"\n", 2),
      ("( echo a", "sh: syntax error: unexpected end of file (expecting \")\")\n", 2),
      ("export 1x=2", "sh: export: 1x=2: bad variable name\n", 2), ("shift 3", "", 1),
      ("exit x", "sh: exit: Illegal number: x\n", 2),
      ("kill", "sh: kill: you need to specify whom to kill\n", 1),
      ("kill -FOO 1", "sh: kill: bad signal name 'FOO'\n", 1),
      (". ./none", "sh: .: can't open './none': No such file or directory\n", 2),
      ("echo x >&9", "sh: 9: Bad file descriptor\n", 1), ("mkdir d; ./d", "sh: ./d: Permission denied\n", 126),
      ("echo 'echo hi' > s; ./s", "sh: ./s: Permission denied\n", 126),
      ("wait %3", "sh: wait: %3: no such job\n", 127), ("f() { g; }; f", "sh: g: not found\n", 127),
      ("sh -c 'echo x >/no/f' name", "name: can't create /no/f: nonexistent directory\n", 1),
    ])
  func complaint(script: String, words: String, status: Int) {
    let run = ShellRunner.run(script)
    #expect(run.err == words)
    #expect(run.status == status)
    #expect(!run.out.includes("no\n"))
  }

  @Test("commands before a syntax error are run")
  func upToTheError() {
    let run = ShellRunner.run("echo one\necho two\nfi\necho three")
    #expect(run.both == "one\ntwo\nsh: syntax error: unexpected \"fi\"\n")
  }

  @Test("set -e looks away where a status is asked for, and nowhere else")
  func errexit() {
    #expect(
      ShellRunner.run(
        "set -e; false || echo a; ! true; if false; then :; fi; while false; do :; done; false && x; echo b"
      ).out == "a\nb\n")
    #expect(ShellRunner.run("set -e; f() { false; echo on; }; f || echo or; f; echo no").out == "on\n")
    #expect(ShellRunner.run("set -e; (false; echo no); echo no").out == "")
    #expect(ShellRunner.run("set -e; x=$(false); echo no").status == 1)
    #expect(ShellRunner.run("set -e; echo a | false | cat; echo on").out == "on\n")
  }

  @Test("set -x shows each command before it runs")
  func trace() {
    #expect(ShellRunner.run("set -x; x=5; echo $x 'a b'; [ $x = 5 ]").err == "+ x=5\n+ echo 5 'a b'\n+ '[' 5 = 5 ']'\n")
  }
}
