import SimBase

// The images of the namespace `lab/`: small ones that misbehave on purpose.

extension PersonaLibrary {
  static let lab: [Persona] = [
    labScript(
      "lab/crash", tag: "latest", script: "sleep 2; echo giving up; exit 3",
      Program(prologue: [.pause(.seconds(2)), .print("giving up")], ending: .exit(3), onStop: .none)),
    labScript("lab/crash", tag: "fast", script: "exit 1", Program(ending: .exit(1), onStop: .none)),
    labServer(
      "lab/chatty", command: ["polite", "sh", "-c", "i=0; while true; do i=$((i+1)); echo line $i; sleep 1; done"],
      Program(rounds: [.print("line {n}"), .pause(.seconds(1))])),
    labServer("lab/sick", command: ["polite", "sleep", "1000000"], Program(), health: "false"),
    labServer("lab/well", command: ["polite", "sleep", "1000000"], Program(), health: "true"),
    labScript(
      "lab/job", tag: "latest", script: "sleep 1; echo done",
      Program(prologue: [.pause(.seconds(1)), .print("done")], ending: .exit(0), onStop: .none)),
  ]

  /// What the script does is known, so no shell need read it: a storm starts thousands of these.
  private static func labScript(_ name: String, tag: String, script: String, _ program: Program) -> Persona {
    var persona = labImage(name, tag: tag, command: ["sh", "-c", script])
    persona.binaries = [Persona.Binary("sh", arguments: ["-c", script], program: program)]
    return persona
  }

  private static func labImage(_ name: String, tag: String, command: [String]) -> Persona {
    var persona = Persona(name, layers: [.busybox])
    persona.tags = [tag]
    persona.toolbox = .busybox
    persona.config.env = ["PATH=/bin"]
    persona.config.command = command
    return persona
  }

  private static func labServer(_ name: String, command: [String], _ program: Program, health: String? = nil) -> Persona
  {
    var persona = labImage(name, tag: "latest", command: command)
    persona.binaries = [Persona.Binary("polite", program: program)]
    if let health {
      persona.config.healthCheck = HealthCheck(
        test: ["CMD-SHELL", health], interval: .seconds(1), timeout: .seconds(1), retries: 2)
    }
    return persona
  }
}
