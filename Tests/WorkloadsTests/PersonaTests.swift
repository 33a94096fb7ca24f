import Shell
import SimBase
import Testing
import Workloads

@Suite struct PersonaTests {
  private let library = PersonaLibrary()

  private func persona(_ name: String) throws -> Persona { try library.persona(for: ImageReference(name)) }

  @Test(
    "the default command of every built-in image can be started",
    arguments: [
      "alpine", "busybox", "nginx", "nginx:alpine", "httpd", "httpd:2.4", "redis:alpine", "redis:3.0.6",
      "hashicorp/http-echo",
      "registry:2", "traefik/whoami", "portainer/portainer-ce", "dockersamples/visualizer", "postgres:16", "mysql",
      "mongo",
      "docker:dind", "hello-world", "stackdemo", "phantasmicmeans/eureka_server", "jong1994/accountservice",
      "lab/crash",
      "lab/crash:fast", "lab/chatty", "lab/sick", "lab/well", "lab/job", "me/unknown:3", "ubuntu", "python:3",
    ])
  func startable(name: String) throws {
    let config = try persona(name).config
    _ = try persona(name).launch((config.entrypoint ?? []) + (config.command ?? []))
  }

  @Test("an image copied to another registry behaves as the original") func copies() throws {
    #expect(try persona("registry:5000/nginx:alpine").size == persona("nginx:alpine").size)
    #expect(try persona("127.0.0.1:5000/stackdemo").name == "stackdemo")
    #expect(try persona("hashcorp/http-echo:latest").name == "hashicorp/http-echo")
  }

  @Test("in lab/ only what is built in exists") func labNames() throws {
    #expect(throws: PersonaLibrary.Refusal.denied(repository: "lab/nosuch")) { try persona("lab/nosuch") }
    #expect(throws: PersonaLibrary.Refusal.noSuchHost("reg.invalid:5000")) { try persona("reg.invalid:5000/nginx") }
    #expect(throws: PersonaLibrary.Refusal.self) { try persona("lab/crash:slow") }
  }

  @Test("an official image has the tags that there may be, and no other") func officialTags() throws {
    for name in [
      "nginx", "nginx:1", "nginx:1.27.3-alpine3.20-slim", "nginx:stable-perl", "redis:3.0.7", "alpine:20240923",
      "docker:28.5-dind-rootless", "debian:bookworm-slim", "ubuntu:24.04", "me/nginx:broken",
    ] { #expect(throws: Never.self) { try persona(name) } }
    for name in ["nginx:99", "nginx:1.99", "nginx:broken", "nginx:v2", "redis:nosuch", "nginx:1.x", "httpd:3"] {
      let refusal = PersonaLibrary.Refusal.unknownTag(try ImageReference(name))
      #expect(throws: refusal) { try persona(name) }
    }
  }

  @Test("a strict library refuses names that nobody defined") func strict() throws {
    let strict = PersonaLibrary(isStrict: true)
    #expect(throws: PersonaLibrary.Refusal.denied(repository: "me/unknown")) {
      try strict.persona(for: ImageReference("me/unknown"))
    }
    #expect(try strict.persona(for: ImageReference("nginx")).name == "nginx")
  }

  @Test("a user's persona goes before a built-in one of the same name") func own() throws {
    var mine = Persona("nginx", layers: [])
    mine.config.command = ["mine"]
    #expect(try PersonaLibrary(own: [mine]).persona(for: ImageReference("nginx:alpine")).config.command == ["mine"])
  }

  @Test("commands are found by name and by path, and others are refused in runc's words") func launching() throws {
    let alpine = try persona("alpine")
    #expect(
      try alpine.launch(["sleep", "5"])
        == .program(Shared(Program(prologue: [.pause(.seconds(5))], ending: .exit(0), onStop: .none))))
    #expect(try alpine.launch(["/bin/ls", "-l"]) == .command(["/bin/ls", "-l"]))
    #expect(throws: LaunchRefusal.notOnPath("foo")) { try alpine.launch(["foo"]) }
    #expect(throws: LaunchRefusal.noSuchFile("/foo")) { try alpine.launch(["/foo"]) }
    #expect(throws: LaunchRefusal.notOnPath("sh")) { try persona("hashicorp/http-echo").launch(["sh"]) }
    #expect(LaunchRefusal.notOnPath("foo").sentence == "exec: \"foo\": executable file not found in $PATH")
  }

  private func process(_ launch: Launch, isInit: Bool = true, in name: String = "alpine") throws -> Stepper {
    var setting = ProcessSetting(in: Shared(try persona(name)))
    setting.isInit = isInit
    return Stepper(process: Process(launch, setting, at: .zero))
  }

  @Test("a program's first words come at once, its stop after its delay, and nothing after its end")
  func program() throws {
    let program = Program(prologue: [.print("hello {hostname}")], onStop: .exits(4, after: .seconds(2)))
    var stepper = try process(.program(Shared(program)))
    #expect(stepper.step(.wake) == [.write(.output, Array("hello h1\n".utf8))])
    #expect(stepper.process.nextDeadline == nil)
    #expect(stepper.step(.signal(.hangUp)) == [])
    #expect(stepper.step(.signal(.terminate)) == [])
    #expect(stepper.process.nextDeadline == .zero + .seconds(2))
    #expect(stepper.step(.wake, at: .seconds(2)) == [.exit(4)])
    #expect(stepper.step(.signal(.kill), at: .seconds(3)) == [])
  }

  @Test("only a container's first process is deaf to a signal that it does not handle") func deafness() throws {
    for launch in [
      Launch.program(Shared(Program(onStop: .none))), .command(["sh", "-c", "while sleep 1; do :; done"]),
    ] {
      var first = try process(launch)
      var other = try process(launch, isInit: false)
      _ = first.step(.wake)
      _ = other.step(.wake)
      #expect(first.step(.signal(.terminate)) == [])
      #expect(other.step(.signal(.terminate)) == [.exit(143)])
      #expect(first.step(.signal(.kill)) == [.exit(137)])
    }
  }

  @Test("a script runs in the shell, and a frozen one goes on where it stood") func script() throws {
    var stepper = try process(.command(["sh", "-c", "echo a; sleep 2; echo b; exit 3"]))
    #expect(stepper.step(.wake) == [.write(.output, Array("a\n".utf8))])
    #expect(stepper.process.nextDeadline == .zero + .seconds(2))
    stepper.process.freeze(for: .seconds(10))
    #expect(stepper.process.nextDeadline == .zero + .seconds(12))
    #expect(stepper.step(.wake, at: .seconds(12)) == [.write(.output, Array("b\n".utf8)), .exit(3)])
  }

  @Test("a shell starts the image's own program, and waits for it") func wrapped() throws {
    var stepper = try process(.command(["sh", "-c", "echo up; nginx; echo down"]), in: "nginx:alpine")
    let shown = stepper.step(.wake)
    #expect(shown.first == .write(.output, Array("up\n".utf8)))
    #expect(shown.count == 2)
    #expect(stepper.process.isServing)
    #expect(stepper.step(.signal(.kill)) == [.exit(137)])
  }

  @Test("a shell without input ends at once with 0") func noInput() throws {
    var stepper = try process(.command(["sh"]))
    _ = stepper.step(.wake)
    #expect(stepper.step(.endOfInput) == [.exit(0)])
  }

  @Test("a command that reaches beyond the process is ordered, and its answer goes on in the shell")
  func external() throws {
    var stepper = try process(.command(["sh", "-c", "ping -c1 web && echo fine"]))
    guard case .run(let id, let command)? = stepper.step(.wake).first else {
      Issue.record("nothing ordered")
      return
    }
    #expect(command.arguments == ["ping", "-c1", "web"])
    #expect(stepper.step(.wrote(id, .output, [65])) == [.write(.output, [65])])
    #expect(stepper.step(.ended(id, 0)) == [.write(.output, Array("fine\n".utf8)), .exit(0)])
  }

  @Test("a terminal echoes, mends lines, and turns ^C and ^D into what they mean") func terminal() {
    var terminal = Terminal()
    let typed = terminal.type(Array("lx\u{7F}s\r".utf8))
    #expect(typed == [.echo(Array("lx\u{8} \u{8}s\r\n".utf8)), .input(Array("ls\n".utf8))])
    #expect(terminal.type([97, 3]) == [.echo(Array("a^C\r\n".utf8)), .signal(.interrupt)])
    #expect(terminal.type([4]) == [.endOfInput])
    #expect(Terminal.shown(Array("a\nb\n".utf8)) == Array("a\r\nb\r\n".utf8))
  }

  @Test("an echo server says its text on the port it is told, and whoami tells who it is") func answers() throws {
    let echo = try #require(persona("hashicorp/http-echo").services.first)
    let words = ["/http-echo", "-listen=:8080", "-text", "hi"]
    #expect(echo.port(givenArguments: words) == ContainerPort(8080))
    let host = WebHost(hostname: "h1", arguments: words, addresses: [IPv4Address(10, 0, 1, 4)])
    #expect(echo.respond(to: WebRequest(), as: host)?.body == "hi\n")
    let whoami = try #require(persona("traefik/whoami").services.first)
    let text = try #require(whoami.respond(to: WebRequest("/x"), as: host)?.body)
    #expect(text.includes("Hostname: h1\nIP: 127.0.0.1\nIP: 10.0.1.4\n") && text.includes("GET /x HTTP/1.1"))
  }

  @Test(
    "signals have names and numbers",
    arguments: [("SIGTERM", 15), ("term", 15), ("9", 9), ("SIGRTMIN+3", 37), ("CHLD", 17)])
  func signals(text: String, number: UInt8) { #expect(Signal(text)?.number == number) }

  @Test("what is no signal is refused", arguments: ["0", "65", "FOO", "SIGRTMIN+16", ""])
  func noSignals(text: String) { #expect(Signal(text) == nil) }
}

/// A process with what it needs to be stepped.
private struct Stepper {
  var process: Process
  var files = FileTree()
  var dice = Dice(seed: 1, label: "process")

  mutating func step(_ input: ProcessInput, at time: Duration = .zero) -> [ProcessOrder] {
    var out = Outbox<ProcessOrder>()
    process.step(input, at: .zero + time, hostname: "h1", files: &files, dice: &dice, into: &out)
    return out.drain()
  }
}
