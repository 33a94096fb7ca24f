import ArgumentParser
import EngineServer
import EngineTypes

/// Lists the labs of this machine.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "ls", abstract: "List labs.")

  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let labs = try LabFolders.current().labs
    if json {
      var writer = JSONWriter()
      writer.array(labs) { writer, lab in
        writer.object {
          $0.field("name", lab.name)
          $0.field("running", lab.isRunning)
          if let plan = try? lab.plan() {
            $0.field("nodes", plan.nodes.count)
            $0.field("seed", String(plan.seed))
          }
        }
      }
      Terminal.say(String(decoding: writer.bytes, as: UTF8.self))
      return
    }
    var rows = [["LAB", "STATE", "NODES", "SEED"]]
    for lab in labs {
      let plan = try? lab.plan()
      rows.append([
        lab.name, lab.isRunning ? "running" : "stopped", plan?.summary ?? "?", plan.map { String($0.seed) } ?? "?",
      ])
    }
    Terminal.table(rows)
  }
}
