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
    #expect(throws: PersonaLibrary.Refusal.self) { try persona("lab/crash:slow") }
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
        == .program(Program(prologue: [.pause(.seconds(5))], ending: .exit(0), onStop: .none)))
    #expect(try alpine.launch(["/bin/ls", "-l"]) == .command(["/bin/ls", "-l"]))
    #expect(throws: LaunchRefusal.notOnPath("foo")) { try alpine.launch(["foo"]) }
    #expect(throws: LaunchRefusal.noSuchFile("/foo")) { try alpine.launch(["/foo"]) }
    #expect(throws: LaunchRefusal.notOnPath("sh")) { try persona("hashicorp/http-echo").launch(["sh"]) }
    #expect(LaunchRefusal.notOnPath("foo").sentence == "exec: \"foo\": executable file not found in $PATH")
  }

  @Test("a process's first words come at once, its stop after its delay, and nothing after its end") func process() {
    let program = Program(prologue: [.print("hello {hostname}")], onStop: .exits(4, after: .seconds(2)))
    var process = Process(Shared(program), isInit: true, stopSignal: .terminate, at: .zero)
    var out = Outbox<ProcessOrder>()
    process.step(.wake, at: .zero, hostname: "h1", into: &out)
    #expect(out.drain() == [.write(.output, Array("hello h1\n".utf8))])
    #expect(process.nextDeadline == nil)
    process.step(.signal(.hangUp), at: .zero, hostname: "h1", into: &out)
    process.step(.signal(.terminate), at: .zero, hostname: "h1", into: &out)
    #expect(out.isEmpty)
    #expect(process.nextDeadline == .zero + .seconds(2))
    process.step(.wake, at: .zero + .seconds(2), hostname: "h1", into: &out)
    process.step(.signal(.kill), at: .zero + .seconds(3), hostname: "h1", into: &out)
    #expect(out.drain() == [.exit(4)])
  }

  @Test("only a container's first process is deaf to a signal that it does not handle") func deafness() {
    for isInit in [true, false] {
      var process = Process(Shared(Program(onStop: .none)), isInit: isInit, stopSignal: .terminate, at: .zero)
      var out = Outbox<ProcessOrder>()
      process.step(.signal(.terminate), at: .zero, hostname: "", into: &out)
      #expect(out.drain() == (isInit ? [] : [.exit(143)]))
    }
  }

  @Test(
    "signals have names and numbers",
    arguments: [("SIGTERM", 15), ("term", 15), ("9", 9), ("SIGRTMIN+3", 37), ("CHLD", 17)])
  func signals(text: String, number: UInt8) { #expect(Signal(text)?.number == number) }

  @Test("what is no signal is refused", arguments: ["0", "65", "FOO", "SIGRTMIN+16", ""])
  func noSignals(text: String) { #expect(Signal(text) == nil) }
}
