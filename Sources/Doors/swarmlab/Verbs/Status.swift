import ArgumentParser
import EngineServer
import EngineTypes
import SimBase

/// Shows how a lab is.
struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show a lab: its clock, its pace, its nodes.")

  @OptionGroup var lab: LabOption
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let folder = try lab.existing()
    if !folder.isRunning && !json {
      Terminal.say("Lab \(folder.name) is stopped: \(try folder.plan().summary), seed \(try folder.plan().seed).")
      return
    }
    let status = try ControlClient(folder).get("/status")
    if json {
      Terminal.say(status.text)
      return
    }
    Terminal.say("Lab \(folder.name) is running: \(try folder.plan().summary), seed \(status["seed"].string ?? "?").")
    Terminal.say("process       \(status["pid"].int ?? 0), up for \(status["upFor"].string ?? "?")")
    ClockText.show(status)
    if status["heldUp"].bool == true {
      Terminal.say("held up       a client reads so slowly that virtual time waits for it")
    }
    for bug in status["bugs"].array ?? [] {
      Terminal.say("BUG           swarmlab itself did wrong, please report it: \(bug.string ?? "?")")
    }
    Terminal.say("trace         \(status["trace"].string ?? "?")")
    Terminal.say("")
    NodeText.show(status)
  }
}

/// The lines about a clock that several verbs print.
enum ClockText {
  static func show(_ clock: JSON) {
    Terminal.say("virtual time  \(clock["now"].string ?? "?") s (\(clock["date"].string ?? "?"))")
    let speed = clock["speed"].double ?? 1
    let text = speed == speed.rounded() && speed < 1e15 ? String(Int64(speed)) : String(speed)
    var pace = clock["paused"].bool == true ? "paused (speed \(text) when resumed)" : "\(text)x wall time"
    if let target = clock["advancingTo"].string { pace += ", advancing to \(target) s" }
    Terminal.say("pace          \(pace)")
    if let slipped = clock["slipped"].string, slipped != "0s" {
      Terminal.say("slipped       \(slipped): the world could not keep up with its pace")
    }
  }
}

/// The table of nodes that several verbs print.
enum NodeText {
  static func show(_ document: JSON) {
    var rows = [["NODE", "STATE", "ADDRESS", "TCP", "SOCKET"]]
    for node in document["nodes"].array ?? [] {
      let place = ["address", "tcp", "socket"].map { node[$0].string ?? "" }
      rows.append([node["name"].string ?? "", node["up"].bool == false ? "dead" : "up"] + place)
    }
    Terminal.table(rows)
  }
}
