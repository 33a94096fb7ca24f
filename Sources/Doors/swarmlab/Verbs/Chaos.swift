import ArgumentParser
import EngineServer
import EngineTypes
import Lab

/// Breaks things.
struct Chaos: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chaos",
    abstract: "Break something: `chaos kill node1`, `chaos cut workers --for 30s`, `chaos heal all`.",
    discussion: FaultText.table,
    subcommands: [Inflict.self, Listing.self, StormVerb.self], defaultSubcommand: Inflict.self)

  /// Breaks or mends something in a running lab.
  struct Inflict: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "fault", abstract: "Break or mend something in a lab; the word `fault` may be left out.",
      usage: "swarmlab chaos [--name <lab>] VERB TARGET ... [--for SPAN]", discussion: FaultText.table)

    @OptionGroup var lab: LabOption
    @Argument(parsing: .allUnrecognized, help: "The fault and what it hits.") var words: [String] = []

    func validate() throws {
      if words.isEmpty {
        throw ValidationError("Which fault? `chaos kill NODE`, `chaos restart NODE`, …: `swarmlab chaos --help`")
      }
    }

    func run() throws {
      let answer = try lab.client().post("/chaos", ["words": .array(words.map { .string($0) })])
      if answer["moot"].bool == true {
        throw DoorError.undecided(
          "chaos \(words.joined(separator: " ")) changed nothing: that is so already. "
            + "`swarmlab chaos ls\(lab.typed)` lists what lasts, `swarmlab status\(lab.typed)` who is up.")
      }
    }
  }

  /// Shows what is broken.
  struct Listing: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List the faults that last, and what each has done so far.")
    @OptionGroup var lab: LabOption

    func run() throws {
      let rows = try lab.client().get("/chaos")["rows"].array ?? []
      Terminal.table(rows.map { row in row.array?.compactMap(\.string) ?? [] })
    }
  }
}

/// The table of faults, as help shows it.
enum FaultText {
  static var table: String {
    let rows = FaultWords.verbs.map { ("\($0.word) \($0.usage)", $0.sentence) }
    let width = rows.map(\.0.count).max() ?? 0
    let verbs = rows.map { $0.0 + String(repeating: " ", count: width + 3 - $0.0.count) + $0.1 }
    return
      (verbs + [
        "", "NODES are names, patterns such as worker*, or: leader, followers, managers,",
        "workers, all, one(X), random(2,X), random(30%,X), majority(X), minority(X),",
        "node-of(web.2). Breaking faults take --for SPAN, after which they are mended.",
      ]).joined(separator: "\n")
  }
}
