import ArgumentParser
import EngineServer
import Lab
import LabBook
import Personas
import SimBase

/// Labs as files: Markdown that reads as a tutorial and runs as a test.
struct LabVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab", abstract: "Run, test and rewrite labs: Markdown files that are tutorials and tests.",
    subcommands: [Run.self, Test.self, Bless.self, Listing.self])

  /// Its verbs.
  static var innerVerbs: [String] { configuration.subcommands.map { $0._commandName } }

  /// Runs labs and shows what differs.
  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "run", abstract: "Run labs in process, and hold what they print against what they show.")
    @OptionGroup var options: LabRunOptions
    @Flag(name: .shortAndLong, help: "Show every command as it is run.") var verbose = false

    func run() throws {
      var failed = false
      for file in options.files {
        let document = try LabSources.read(file)
        let host = try LabSources.host(
          document, seed: options.seed ?? LabSources.seed(of: document),
          shelf: options.shelf(of: document, in: file))
        let report = LabRunner(document, file: file, on: host, options: try options.settings).run { step in
          if verbose { Terminal.say(([step.text] + step.actual.map { "  " + $0 }).joined(separator: "\n")) }
        }
        if options.files.count > 1 { Terminal.say("\(file): \(report.title)") }
        Terminal.write(report.text)
        failed = failed || !report.isPassed
      }
      if failed { throw ExitCode(1) }
    }
  }

  /// Proves labs: outputs, checks, and how they fare on other seeds.
  struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "test",
      abstract: "Prove labs: outputs agree, checks fail before their solution and pass after it, on many seeds.")
    @OptionGroup var options: LabRunOptions
    @Option(parsing: .unconditional, help: "How many seeds to try.") var seeds = 5

    func validate() throws {
      if !(1...10_000).contains(seeds) { throw ValidationError("--seeds \(seeds): write a number from 1 to 10000.") }
    }

    func run() throws {
      var failed = false
      for file in options.files {
        let document = try LabSources.read(file)
        let own = options.seed ?? LabSources.seed(of: document)
        let shelf = try options.shelf(of: document, in: file)
        let others = (1...UInt64(seeds)).filter { $0 != own }.prefix(seeds - 1)
        let trial = try LabTrial.run(
          document, file: file, seeds: [own] + others, options: try options.settings
        ) { seed in try LabSources.host(document, seed: seed, shelf: shelf) }
        if options.files.count > 1 { Terminal.say("\(file): \(document.title)") }
        Terminal.write(trial.text)
        failed = failed || !trial.isPassed
      }
      if failed { throw ExitCode(1) }
    }
  }

  /// Writes what labs print into their files.
  struct Bless: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "bless",
      abstract: "Rewrite the outputs that a lab shows by those that it prints; read the difference before you keep it.")
    @OptionGroup var options: LabRunOptions

    func run() throws {
      for file in options.files {
        let document = try LabSources.read(file)
        let host = try LabSources.host(
          document, seed: options.seed ?? LabSources.seed(of: document),
          shelf: options.shelf(of: document, in: file))
        let report = LabRunner(document, file: file, on: host, options: try options.settings).run()
        if report.failed > 0 { try Files.write(Array(document.blessed(with: report.steps).utf8), to: file) }
        Terminal.say("\(file): \(report.failed) of \(report.steps.count) outputs rewritten")
      }
    }
  }

  /// Lists labs by their titles.
  struct Listing: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List labs with their titles.")
    @Argument(help: "The files; those of labs/ if none are named.") var files: [String] = []

    func run() throws {
      let named =
        files.isEmpty ? Files.names(in: "labs").filter { $0.hasSuffix(".lab.md") }.map { "labs/\($0)" } : files
      var rows = [["FILE", "TITLE"]]
      for file in named { rows.append([file, try LabSources.read(file).title]) }
      Terminal.table(rows)
    }
  }
}

/// What running a lab takes.
struct LabRunOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The labs.", valueName: "file")) var files: [String]
  @Option(parsing: .unconditional, help: "The seed; the lab's own if left out.") var seed: UInt64?
  @Option(help: ArgumentHelp("When a command that has not ended is hung up on, in virtual time.", valueName: "span"))
  var commandTimeout = "90s"
  @OptionGroup var images: ImageOptions

  /// The images of a lab; files that it names are looked for beside it.
  func shelf(of document: LabDocument, in file: String) throws -> PersonaShelf {
    let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    let own = document.personas.map { $0.hasPrefix("/") ? $0 : folder + $0 }
    return try images.shelf(strict: document.hasStrictImages, besides: own)
  }

  var settings: LabRunner.Options {
    get throws {
      guard let timeout = Duration(span: commandTimeout), timeout > .zero else {
        throw ValidationError("--command-timeout \(commandTimeout): write a span such as 90s.")
      }
      var settings = LabRunner.Options()
      settings.commandTimeout = timeout
      return settings
    }
  }
}

/// Labs from files, and the clusters that they run on.
enum LabSources {
  /// Reads a lab; an error names the file and the line.
  static func read(_ file: String) throws -> LabDocument {
    let text = String(decoding: try Files.read(file), as: UTF8.self)
    let document: LabDocument
    do throws(LabError) {
      document = try LabDocument(text)
    } catch {
      throw DoorError.refused("\(file):\(error.line): \(error.message)")
    }
    // No commands, nothing to be wrong: whoever named the wrong file must not read that all passed.
    if document.commands.isEmpty {
      throw DoorError.undecided(
        "\(file) has no commands, so there is nothing to run: they stand in blocks that begin with ```console, as "
          + "`[root@node1 ~]# docker swarm init`.")
    }
    return document
  }

  /// The seed that a lab's transcript holds on.
  static func seed(of document: LabDocument) -> UInt64 { document.seed ?? 7 }

  /// A simulated cluster for a lab.
  static func host(_ document: LabDocument, seed: UInt64, shelf: PersonaShelf) throws -> any LabHost {
    do throws(FormingFailure) {
      return try SimulatedLab(document, seed: seed, shelf: shelf)
    } catch {
      throw DoorError.refused("the lab's swarm could not be formed: \(error.reason)")
    }
  }
}
