import Engine
import SimBase
import Testing
import Workloads

@testable import Personas

@Suite("Images that a user describes")
struct PersonaFileTests {
  private func entry(_ text: String) throws -> PersonaFile.Entry {
    try #require(try PersonaFile(name: "web.yml", text: text).entries().first)
  }

  private func trouble(_ text: String) -> String? {
    do { _ = try PersonaFile(name: "web.yml", text: text).entries() } catch { return error.description }
    return nil
  }

  @Test("a persona says what an image is, what it says of its containers, and what it does")
  func whole() throws {
    let entry = try entry(
      """
      image: shop/api:1.4
      tags: [latest]
      age: 3d
      imported: true
      layers: [{debian: 80MB}, {app: 1.5kB}]
      env: {PORT: 8080}
      entrypoint: [/start.sh]
      command: [api, --fast]
      wrappers: [/start.sh]
      user: app
      workdir: /srv
      expose: [8080, 53/udp]
      volumes: [/data]
      labels: {tier: back, a: b}
      stop-signal: SIGINT
      health: {test: [probe], interval: 2s, retries: 4}
      tools: busybox
      files: {/etc/api.conf: "fast = 1"}
      does:
        start: [wait 300ms, say ready, complain of nothing]
        loop: ["say tick {n}", wait 1s]
        on-stop: {exit: 3, after: 20ms}
      programs: {probe: {exit: 0, on-stop: ignore}}
      serves: {8080: {page: "hello from {hostname}"}, 9: opaque}
      """)
    let persona = entry.persona
    #expect(persona.name == "shop/api" && persona.tags == ["1.4", "latest"] && persona.age == .hours(72))
    #expect(persona.isImported)
    #expect(persona.layers.map(\.size) == [80_000_000, 1_500])
    #expect(persona.config.env == [Persona.usualPath, "PORT=8080"])
    #expect(persona.config.entrypoint == ["/start.sh"] && persona.config.command == ["api", "--fast"])
    #expect(persona.config.exposedPorts.map(\.description) == ["53/udp", "8080/tcp"])
    #expect(persona.config.labels.map(\.key) == ["a", "tier"] && persona.config.stopSignal == "SIGINT")
    #expect(persona.config.healthCheck == HealthCheck(test: ["CMD", "probe"], interval: .seconds(2), retries: 4))
    let ready: [Step] = [.pause(.milliseconds(300)), .print("ready"), .complain("of nothing")]
    let api = Program(
      prologue: ready, rounds: [.print("tick {n}"), .pause(.seconds(1))], onStop: .exits(3, after: .milliseconds(20)))
    #expect(try persona.launch(["/start.sh", "api", "--fast"]) == .program(Shared(api)))
    #expect(try persona.launch(["probe"]) == .program(Shared(Program(ending: .exit(0), onStop: .none))))
    #expect(persona.services == [PersonaService(8080, page("hello from {hostname}")), PersonaService(9, .opaque)])
    #expect(entry.atHand.isEmpty)
  }

  private func page(_ text: String) -> PersonaService.Answer { .page(text, contentType: "text/plain; charset=utf-8") }

  @Test("an image from another has what that one has, and its own besides")
  func base() throws {
    let persona = try entry("image: mine\nfrom: nginx:alpine\nsize: 1MB\nenv: [A=1]\n").persona
    let nginx = try PersonaLibrary().persona(for: ImageReference("nginx:alpine"))
    #expect(persona.layers.map(\.size) == nginx.layers.map(\.size) + [1_000_000])
    #expect(persona.config.command == nginx.config.command && persona.config.env == nginx.config.env + ["A=1"])
    #expect(persona.name == "mine" && persona.tags.isEmpty)
  }

  @Test("a shell's line is run by the shell unless the persona says what it does, and then only this line is meant")
  func shell() throws {
    let plain = try entry("image: a\ntools: busybox\ncommand: echo hello\n").persona
    #expect(try plain.launch(["/bin/sh", "-c", "echo hello"]) == .command(["/bin/sh", "-c", "echo hello"]))
    let told = try entry("image: a\ntools: busybox\ncommand: echo hello\ndoes: {exit: 4}\n").persona
    #expect(try told.launch(["/bin/sh", "-c", "echo hello"]) == .program(Shared(Program(ending: .exit(4)))))
    #expect(try told.launch(["/bin/sh", "-c", "echo"]) == .command(["/bin/sh", "-c", "echo"]))
  }

  @Test("images at hand are on every machine from the start, under each of their tags")
  func atHand() throws {
    #expect(try entry("image: a/b:1\ntags: [\"2\"]\nat-hand: true\n").atHand.map(\.familiar) == ["a/b:1", "a/b:2"])
    #expect(try entry("image: a\nat-hand: true\n").atHand.map(\.familiar) == ["a:latest"])
    let shelf = try PersonaShelf([PersonaFile(name: "x.yml", text: "image: a\nat-hand: true\n")], isStrict: true)
    #expect(shelf.engine.imagesAtHand.map(\.familiar) == ["a:latest"])
    #expect(throws: PersonaLibrary.Refusal.self) { try shelf.engine.library.value.persona(for: ImageReference("b")) }
  }

  @Test(
    "what is wrong is said with its file, its line, and what to write instead",
    arguments: [
      ("", "web.yml:1: there is no image in it; begin with `image: NAME`."),
      ("command: [a]", "web.yml:1: `image` is missing: which name it stands for."),
      (
        "image: A/B",
        "web.yml:1: `image`: 'A/B': invalid reference format: repository name (B) must be lowercase."
      ),
      ("image: a\nexpose: [no]", "web.yml:2: `expose[0]`: 'no' is no port; write 8080 or 53/udp."),
      ("image: a\nage: soon", "web.yml:2: `age`: 'soon' is no span of time; write 200ms, 5s, 2h45m or 21d."),
      ("image: a\nsize: big", "web.yml:2: `size`: 'big' is no size; write 48MB, 1.5GiB or 4096."),
      ("image: a\ntools: all", "web.yml:2: `tools`: 'all' is none of none, busybox, debian."),
      ("image: a\nstop-signal: SIGX", "web.yml:2: `stop-signal`: 'SIGX' is no signal; write SIGTERM or 15."),
      (
        "image: a\ncommand: [x]\ndoes: {loop: [say a], exit: 1}",
        "web.yml:3: `does`: it cannot both `loop` for ever and `exit`."
      ),
      (
        "image: a\ncommand: [x]\ndoes:\n  start: [shout a]",
        "web.yml:4: `does.start[0]`: 'shout' is no step; write `say TEXT`, `complain TEXT` or `wait 5s`."
      ),
      ("image: a\ndoes: {exit: 1}", "web.yml:2: `does`: it has no `entrypoint` and no `command`, so nothing runs."),
      (
        "image: a\nhealth: {retries: 3}",
        "web.yml:2: `health`: `test` is missing: the command that tells whether it is well."
      ),
      ("image: a\nfiles: {etc: x}", "web.yml:2: `files.etc`: a file's path begins with '/'."),
      ("image: a\nimage: b", "web.yml:1: `image` stands there twice."),
    ])
  func troubles(text: String, sentence: String) { #expect(trouble(text) == sentence) }

  @Test("a key that nobody reads is named, with those that there are")
  func unknownKey() {
    #expect(
      trouble("image: a\ncomand: [x]")?.hasPrefix("web.yml:2: `comand`: there is no such key; there are image, tags,")
        == true)
    #expect(
      trouble("image: a\nfrom: nobody")?.hasPrefix("web.yml:2: `from`: no built-in image is called so; there are")
        == true)
    #expect(trouble("image: [")?.contains(": not YAML: did not find expected node content") == true)
  }

  @Test("two files may not describe one image")
  func twice() {
    let files = ["a.yml", "b.yml"].map { PersonaFile(name: $0, text: "image: web:1\n") }
    #expect(throws: PersonaTrouble("b.yml", line: nil, "web:1 is described in a.yml already.")) {
      try PersonaFile.entries(of: files)
    }
  }
}
