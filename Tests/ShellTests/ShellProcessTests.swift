import SimBase
import Testing

@testable import Shell

/// What a script does over time: sleeps, signals, jobs, programs of the host.
@Suite struct ShellProcessTests {
  @Test("a sleep ends on its deadline, and the deadline is known before")
  func sleeps() {
    let runner = ShellRunner(ShellProcess(script: "echo a; sleep 1.5; echo b"))
    runner.send(.start)
    #expect(runner.out == "a\n")
    #expect(runner.shell.nextDeadline == .zero + .milliseconds(1_500))
    runner.now = .zero + .milliseconds(1_499)
    runner.send(.wake)
    #expect(runner.status == nil)
    runner.now = .zero + .milliseconds(1_500)
    runner.send(.wake)
    #expect(runner.out == "a\nb\n")
    #expect(runner.status == 0)
    #expect(runner.shell.nextDeadline == nil)
  }

  @Test(
    "sleeps take the spans that they name",
    arguments: [
      ("sleep 2m", Int64(120_000)), ("sleep 0.25s", 250), ("sleep 1 2", 3_000), ("sleep 1h", 3_600_000),
      ("(sleep 2 & sleep 1; wait)", 2_000), ("sleep 1 | sleep 3", 3_000), ("x=$(sleep 1; echo)", 1_000),
      ("timeout 2 sleep 10", 2_000), ("timeout 5 sleep 1", 1_000),
    ])
  func spans(script: String, milliseconds: Int64) {
    let runner = ShellRunner.run(script)
    #expect(runner.now == .zero + .milliseconds(milliseconds))
  }

  @Test("a copy taken in mid-run goes on by itself, and comes to the same end")
  func copies() {
    let script = "for i in 1 2 3 4 5 6; do (sleep $i; echo $i $((RANDOM % 1)) > f$i) | cat; done; cat f*; echo $x"
    let runner = ShellRunner(ShellProcess(script: script))
    runner.send(.endOfInput)
    var endings: [String] = []
    for second in 1...20 {
      let copy = ShellRunner(runner.shell, files: runner.files)
      copy.now = runner.now
      copy.out = runner.out
      copy.finish()
      endings.append(copy.out)
      runner.now = .zero + .seconds(Int64(second))
      runner.send(.wake)
    }
    runner.finish()
    #expect(runner.out == "1 0\n2 0\n3 0\n4 0\n5 0\n6 0\n\n")
    #expect(endings.allSatisfy { $0 == runner.out })
  }

  @Test("a loop that never waits burns virtual time instead of hanging")
  func busyLoop() {
    let runner = ShellRunner(ShellProcess(script: "while :; do :; done"))
    runner.send(.start)
    #expect(runner.status == nil)
    #expect(runner.shell.nextDeadline == .zero + .milliseconds(1))
    runner.advance(by: .milliseconds(20))
    runner.send(.signal(15))
    #expect(runner.status == 143)
  }

  // MARK: Signals

  @Test("TERM ends a shell, unless it is a container's first process, which only KILL ends")
  func termination() {
    for isFirst in [false, true] {
      let runner = ShellRunner(ShellProcess(script: "sleep 100", .init(isFirstProcess: isFirst)))
      runner.send(.start)
      runner.send(.signal(15))
      #expect(runner.status == (isFirst ? nil : 143))
      runner.send(.signal(9))
      #expect(runner.status == (isFirst ? 137 : 143))
      #expect(runner.shell.isFinished)
    }
  }

  @Test("a trap runs once the foreground command has ended")
  func trapAfterCommand() {
    let runner = ShellRunner(
      ShellProcess(script: "trap 'echo bye; exit 7' TERM; while :; do sleep 10; done", .init(isFirstProcess: true)))
    runner.send(.start)
    runner.advance(by: .seconds(3))
    runner.send(.signal(15))
    #expect(runner.out.isEmpty)
    runner.advance(by: .seconds(7))
    #expect(runner.out == "bye\n")
    #expect(runner.status == 7)
  }

  @Test("a trapped signal interrupts wait at once")
  func trapInterruptsWait() {
    let runner = ShellRunner(
      ShellProcess(script: "trap 'echo got' USR1; sleep 100 & wait; echo $?; kill $!; wait $!; echo $?"))
    runner.send(.start)
    runner.send(.signal(10))
    #expect(runner.out == "got\n138\n143\n")
    #expect(runner.now == .zero)
  }

  @Test("an ignored signal does nothing, here or in a subshell")
  func ignored() {
    let runner = ShellRunner(ShellProcess(script: "trap '' TERM; (kill -TERM $$; echo sub); kill $$; echo end"))
    runner.send(.start)
    runner.finish()
    #expect(runner.out == "sub\nend\n")
  }

  @Test(
    "an EXIT trap runs at every way out but KILL", arguments: ["exit 3", "false; exit 3", "set -e; (exit 3); echo no"])
  func exitTrap(ending: String) {
    let runner = ShellRunner.run("trap 'echo out $?' EXIT; \(ending)")
    #expect(runner.out == "out 3\n")
    #expect(runner.status == 3)
  }

  // MARK: Jobs

  @Test("what a shell leaves in the background goes on after its end")
  func background() {
    let runner = ShellRunner(ShellProcess(script: "(sleep 5; echo late) & echo now"))
    runner.send(.start)
    #expect(runner.status == 0)
    #expect(!runner.shell.isFinished)
    #expect(runner.out == "now\n")
    runner.advance(by: .seconds(5))
    #expect(runner.out == "now\nlate\n")
    #expect(runner.shell.isFinished)
  }

  @Test("a background command has no standard input; a pipeline's stages run side by side")
  func inputs() {
    #expect(ShellRunner.run("cat & wait; echo done; cat", input: "typed\n").out == "done\ntyped\n")
    let runner = ShellRunner.run("(sleep 2; echo a) | (read x; echo got $x; sleep 1) ; echo end")
    #expect(runner.out == "got a\nend\n")
    #expect(runner.now == .zero + .seconds(3))
  }

  @Test("a writer without a reader ends, so that head can stop yes")
  func brokenPipe() {
    let runner = ShellRunner.run("yes | head -2; (echo a; sleep 1; echo b; sleep 1; echo c >&2) | head -1; echo end")
    #expect(runner.both == "y\ny\na\nend\n")
    // The writer ends at its second word, a second in.
    #expect(runner.now == .zero + .seconds(1))
  }

  @Test("a full pipe holds its writer back until somebody reads")
  func fullPipe() {
    let runner = ShellRunner.run("seq 1 20000 | { sleep 1; tail -1; }; seq 3 | { sleep 1; wc -l; }")
    #expect(runner.out == "20000\n3\n")
  }

  @Test("ps would see the shell and what it runs")
  func processes() {
    let runner = ShellRunner(ShellProcess(script: "sleep 5 & sleep 9", .init(processID: 1)))
    runner.send(.start)
    #expect(runner.shell.processes.map(\.processID) == [1, 2])
    #expect(runner.shell.processes.map(\.command) == ["sleep 9", "sleep 5"])
  }

  // MARK: Programs of the host

  @Test("a program gets its words, its variables and its directory")
  func externalCommand() {
    var seen: [ExternalCommand] = []
    let runner = ShellRunner.run("export A=1; B=2; cd /; C=3 docker ps --format '{{.ID}} x' \"$A\"; echo $?$C") {
      command, _ in
      seen.append(command)
      return .init(out: "table\n", err: "warning\n", status: 4)
    }
    #expect(runner.both == "table\nwarning\n4\n")
    #expect(seen.map(\.arguments) == [["docker", "ps", "--format", "{{.ID}} x", "1"]])
    #expect(seen.first?.directory == "/")
    #expect(seen.first?.environment["A"] == "1")
    #expect(seen.first?.environment["B"] == nil)
    #expect(seen.first?.environment["C"] == "3")
  }

  @Test("a program's output goes where its descriptors lead")
  func externalRedirections() {
    let runner = ShellRunner.run(
      "docker a > f 2>&1; docker a 2>/dev/null | tr o O; x=$(docker a 2>&1); echo \"[$x]\"; cat f; docker a >&2"
    ) { _, _ in .init(out: "out\n", err: "err\n") }
    #expect(runner.both == "Out\n[out\nerr]\nout\nerr\nout\nerr\n")
  }

  @Test("a program reads only what it asks for: the rest is the shell's")
  func externalInput() {
    let program: ShellRunner.Program = { command, input in
      .init(out: command.arguments.last == "-" ? "<\(input())>\n" : "none\n")
    }
    #expect(ShellRunner.run("printf s3cret | docker secret create x -", program: program).out == "<s3cret>\n")
    #expect(ShellRunner.run("docker load - < /tmp/nothing || docker load - </dev/null", program: program).out == "<>\n")
    let loop = "while read x; do docker ps; echo $x; done"
    #expect(ShellRunner.run(loop, input: "a\nb\n", program: program).out == "none\na\nnone\nb\n")
    // One that reads takes the lines that the loop would have had.
    let greedy = "while read x; do docker exec -; echo $x; done"
    #expect(ShellRunner.run(greedy, input: "a\nb\n", program: program).out == "<b\n>\na\n")
    #expect(ShellRunner.run("docker load - <<E\n$((1+1))\nE", program: program).out == "<2\n>\n")
    #expect(ShellRunner.run("(sleep 2; echo late) | docker load -", program: program).out == "<late\n>\n")
  }

  @Test("a program that nobody has is not found, by the name that it was called by")
  func notFound() {
    #expect(ShellRunner.run("foo bar; echo $?").both == "sh: foo: not found\n127\n")
    #expect(ShellRunner.run("/usr/bin/foo; echo $?").both == "sh: /usr/bin/foo: not found\n127\n")
    #expect(ShellRunner.run("foo 2>/dev/null | cat; echo $?").both == "0\n")
  }

  @Test("a program that still runs is told of the signal that ends its shell")
  func externalSignal() {
    var shell = ShellProcess(script: "ping host | cat")
    var files = FileTree()
    var dice = Dice(seed: 1, label: "x")
    var out = Outbox<ShellOrder>()
    shell.step(.start, at: .zero, files: &files, dice: &dice, into: &out)
    guard case .run(let id, let command)? = out.drain().first else { Issue.record("nothing runs"); return }
    #expect(command.arguments == ["ping", "host"])
    shell.step(.wrote(id, .output, Array("PING\n".utf8)), at: .zero, files: &files, dice: &dice, into: &out)
    #expect(out.drain() == [.write(.output, Array("PING\n".utf8))])
    shell.step(.signal(15), at: .zero, files: &files, dice: &dice, into: &out)
    #expect(out.drain() == [.exit(143), .signal(id, 15)])
    shell.step(.ended(id, status: 143), at: .zero, files: &files, dice: &dice, into: &out)
    #expect(out.isEmpty)
  }

  @Test("a program whose reader has gone is told by SIGPIPE at its next word")
  func externalBrokenPipe() {
    var shell = ShellProcess(script: "docker events | head -1; echo end")
    var files = FileTree()
    var dice = Dice(seed: 1, label: "x")
    var out = Outbox<ShellOrder>()
    shell.step(.start, at: .zero, files: &files, dice: &dice, into: &out)
    guard case .run(let id, _)? = out.drain().first else { Issue.record("nothing runs"); return }
    shell.step(.wrote(id, .output, Array("one\ntwo\n".utf8)), at: .zero, files: &files, dice: &dice, into: &out)
    #expect(out.drain() == [.write(.output, Array("one\n".utf8))])
    shell.step(.wrote(id, .output, Array("three\n".utf8)), at: .zero, files: &files, dice: &dice, into: &out)
    #expect(out.drain() == [.signal(id, 13)])
    shell.step(.ended(id, status: 141), at: .zero, files: &files, dice: &dice, into: &out)
    #expect(out.drain() == [.write(.output, Array("end\n".utf8)), .exit(0)])
  }

  // MARK: Ways to start

  @Test(
    "a process starts with the words of a container's command",
    arguments: [
      (["sh", "-c", "echo $0 $1", "name", "one"], "name one\n", 0), (["echo", "a  b"], "a  b\n", 0),
      (["/bin/sh", "-ec", "false; echo no"], "", 1), (["sh", "-c", "exit 5"], "", 5), (["false"], "", 1),
      (["env"], "HOME=/root\nPATH=/bin\n", 0), (["nosuch"], "sh: nosuch: not found\n", 127),
      (["sh", "-c", "exec echo replaced; echo no"], "replaced\n", 0),
      (["sh", "/nowhere"], "sh: can't open '/nowhere': No such file or directory\n", 127),
    ])
  func commands(words: [String], printed: String, status: Int) {
    let runner = ShellRunner(ShellProcess(command: words, .init(environment: ["HOME": "/root", "PATH": "/bin"])))
    runner.send(.endOfInput)
    runner.finish()
    #expect(runner.both == printed)
    #expect(runner.status == status)
  }

  @Test("a shell that starts a container is its first process: its traps count, its KILL ends all")
  func firstProcess() {
    let words = ["sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; sleep 1000 & wait"]
    let runner = ShellRunner(ShellProcess(command: words, .init(isFirstProcess: true)))
    runner.send(.start)
    #expect(runner.out == "up\n")
    runner.send(.signal(15))
    #expect(runner.out == "up\nbye\n")
    #expect(runner.status == 0)
  }

  @Test("an interactive shell runs each line as it comes, prompts a person, and asks on while a line is open")
  func interactive() {
    let shell = ShellProcess(
      command: ["sh"], .init(environment: ["HOME": "/root"], directory: "/tmp", isTerminal: true))
    let runner = ShellRunner(shell)
    runner.send(.start)
    #expect(runner.out == "/tmp # ")
    runner.send(.bytes(Array("echo a; x=5\n".utf8)))
    runner.send(.bytes(Array("if true; then\n".utf8)))
    runner.send(.bytes(Array("echo $x\nfi\n".utf8)))
    runner.send(.bytes(Array("cd\n)\nfalse\n".utf8)))
    runner.send(.endOfInput)
    #expect(runner.out == "/tmp # a\n/tmp # > > 5\n/tmp # ~ # ~ # ~ # ")
    #expect(runner.err == "sh: syntax error: unexpected \")\"\n")
    #expect(runner.status == 1)
  }

  @Test("^C at an interactive shell ends the command and not the shell")
  func interrupt() {
    let runner = ShellRunner(ShellProcess(command: ["sh"], .init(isTerminal: true)))
    runner.send(.start)
    runner.send(.bytes(Array("sleep 100; echo no\n".utf8)))
    runner.send(.signal(2))
    runner.send(.bytes(Array("echo $?\n".utf8)))
    runner.send(.signal(15))
    runner.send(.bytes(Array("if\n".utf8)))
    runner.send(.signal(2))
    runner.send(.bytes(Array("(sleep 9; echo no) | cat\n".utf8)))
    runner.send(.signal(2))
    runner.advance(by: .seconds(20))
    runner.send(.bytes(Array("exit 6\n".utf8)))
    #expect(runner.out == "/ # \n/ # 130\n/ # > \n/ # \n/ # ")
    #expect(runner.status == 6)
  }

  @Test("a program that takes a shell's place does not run its traps")
  func execDropsTraps() { #expect(ShellRunner.run("trap 'echo no' EXIT; exec echo yes").out == "yes\n") }

  @Test("a shell that reads its script from standard input leaves the rest to its commands")
  func scriptFromInput() {
    let runner = ShellRunner(ShellProcess(command: ["sh"]))
    runner.send(.bytes(Array("read x\nsecond line\necho \"<$x>\"\nhead -1\nfor head\necho after\n".utf8)))
    runner.send(.endOfInput)
    #expect(runner.out == "<second line>\nfor head\n")
  }

  @Test("a session keeps variables, functions, options and its directory, whatever ended the last script")
  func session() {
    let runner = ShellRunner(ShellProcess(script: "x=1; f() { echo f$x; }; cd /tmp", .init(isSession: true)))
    func next(_ script: String) -> String {
      runner.out = ""
      runner.shell.run(script)
      runner.send(.start)
      runner.finish()
      return runner.out
    }
    runner.send(.start)
    #expect(next("f; pwd") == "f1\n/tmp\n")
    #expect(next("x=2; exit 4") == "")
    #expect(runner.status == 4)
    #expect(next("echo $? $x\nif") == "4 2\n")
    #expect(runner.status == 2)
    #expect(next("f") == "f2\n")
    #expect(runner.shell.directory == "/tmp")
  }

  @Test("date shows the world's own time")
  func date() {
    let runner = ShellRunner.run("sleep 61; date; date +%s; date -u +%FT%TZ")
    #expect(runner.out == "Thu Jan  1 00:01:01 UTC 2026\n1767225661\n2026-01-01T00:01:01Z\n")
  }
}
