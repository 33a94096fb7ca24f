import ArgumentParser
import EngineServer
import EngineTypes
import SimBase

/// Shows and rules a lab's time.
struct Clock: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clock", abstract: "Show, pause, speed up or advance a lab's time.",
    subcommands: [Show.self, Pause.self, Resume.self, Speed.self, Advance.self, Step.self],
    defaultSubcommand: Show.self)

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Show the clock.")
    @OptionGroup var lab: LabOption
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let clock = try lab.client().get("/clock")
      if json { Terminal.say(clock.text) } else { ClockText.show(clock) }
    }
  }

  struct Pause: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pause", abstract: "Let virtual time stand still.")
    @OptionGroup var lab: LabOption

    func run() throws { ClockText.show(try lab.client().post("/clock/pause")) }
  }

  struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let virtual time go on.")
    @OptionGroup var lab: LabOption

    func run() throws { ClockText.show(try lab.client().post("/clock/resume")) }
  }

  struct Speed: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "speed", abstract: "Set how fast virtual time passes.")
    @OptionGroup var lab: LabOption
    @Argument(help: "Virtual seconds per second, 0.001 to 1000000; 10 and 10x are the same.") var factor: String

    func validate() throws {
      if number == nil { throw ValidationError("'\(factor)' is no speed: a number such as 10 or 0.5.") }
    }

    private var number: Double? { Double(factor.hasSuffix("x") ? String(factor.dropLast()) : factor) }

    func run() throws {
      ClockText.show(try lab.client().post("/clock/speed", ["speed": .double(number ?? 1)]))
    }
  }

  struct Advance: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "advance", abstract: "Let so much virtual time pass as fast as it can; ^C stops it on the way.")
    @OptionGroup var lab: LabOption
    @Argument(help: "How long: 30s, 5m, 2h45m, 3d.") var span: String

    func validate() throws {
      if Duration(span: span) == nil { throw ValidationError("'\(span)' is no span of time: write 30s, 5m or 3d.") }
    }

    func run() throws { ClockText.show(try lab.client().post("/clock/advance", ["for": .string(span)])) }
  }

  struct Step: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "step", abstract: "Pause, and let the next event happen.")
    @OptionGroup var lab: LabOption
    @Argument(help: "How many events.") var events: Int64 = 1

    func run() throws { ClockText.show(try lab.client().post("/clock/step", ["events": .int(events)])) }
  }
}
