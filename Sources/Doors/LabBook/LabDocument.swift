import Engine
import Shell
import SimBase

/// A lab: a Markdown file that reads as a tutorial and runs as a test.
public struct LabDocument: Sendable, Equatable {
  /// What a lab is about: its title, from the front matter or the first heading.
  public var title: String
  /// The machines that it runs on.
  public var nodes: LabNodes
  /// The seed that its transcript holds on; nil where the lab does not say.
  public var seed: UInt64?
  /// Whether images that nobody has heard of are refused, as Docker Hub would: `images: strict`.
  public var hasStrictImages = false
  /// Where the lab's own images are described, seen from its file: `personas:`. Nil where it has none.
  public var personas: String?
  /// What the engines of nodes are started with, by the nodes' names: `dockerd:`.
  public var daemons = Table<String, DaemonFlags>()
  /// What is to be done, in the order of the file.
  public var items: [LabItem]
  /// The file's lines, for rewriting it.
  public var lines: [String]

  /// The checks, in the order of the file.
  public var checks: [LabCheck] { items.compactMap { if case .check(let check) = $0 { check } else { nil } } }

  /// The solution of a check; nil where the author gives none.
  public func solution(of check: LabCheck) -> LabScript? {
    for case .solution(let script) in items where script.name == check.name { return script }
    return nil
  }

  /// The wrong solutions of a check.
  public func wrongSolutions(of check: LabCheck) -> [LabScript] {
    items.compactMap { if case .wrong(let script) = $0, script.name == check.name { script } else { nil } }
  }

  /// The commands, in the order of the file.
  public var commands: [LabCommand] {
    items.compactMap { if case .command(let command) = $0 { command } else { nil } }
  }
}

/// The machines of a lab.
public enum LabNodes: Sendable, Equatable {
  /// Named machines with their addresses and no swarm yet; an address that is missing is for the host to choose.
  case bare([LabNode])
  /// A swarm that is formed already.
  case formed(managers: Int, workers: Int)

  /// So many bare machines `node1`, `node2`, … at 10.99.0.11 and up.
  public static func count(_ count: Int) -> LabNodes {
    .bare((0..<count).map { LabNode(name: "node\($0 + 1)", address: "10.99.0.\(11 + $0)") })
  }
}

/// One machine of a lab.
public struct LabNode: Sendable, Equatable {
  /// Its host name.
  public var name: String
  /// Its address; nil where the host is to choose one.
  public var address: String?

  /// A machine.
  public init(name: String, address: String? = nil) {
    self.name = name
    self.address = address
  }
}

/// Where a command runs.
public enum LabPlace: Sendable, Hashable, Comparable {
  /// The machine that the lab itself runs on, which has the lab's own verbs.
  case laptop
  /// A node by its name.
  case node(String)

  /// The name for people.
  public var name: String {
    switch self {
    case .laptop: "laptop"
    case .node(let name): name
    }
  }

  /// The laptop first, then nodes by name.
  public static func < (a: LabPlace, b: LabPlace) -> Bool {
    switch (a, b) {
    case (.laptop, .node): true
    case (.node(let one), .node(let other)): one < other
    default: false
    }
  }
}

/// Something that a lab does, or asks of the student.
public enum LabItem: Sendable, Equatable {
  /// A command with the output that it is expected to have.
  case command(LabCommand)
  /// A file that is written: a path on the laptop, or `node:path`.
  case file(LabFile)
  /// Goals over the cluster's state.
  case check(LabCheck)
  /// Commands that reach a check's goals.
  case solution(LabScript)
  /// Commands that a check must not fall for.
  case wrong(LabScript)
}

/// A command of a lab with what it is expected to print.
public struct LabCommand: Sendable, Equatable {
  /// The line of the file on which it begins, from 1.
  public var line: Int
  /// Where it runs.
  public var place: LabPlace
  /// The script as the shell gets it: prompts and continuation marks taken off.
  public var script: String
  /// The lines that follow it, `[exit 1]` included.
  public var expected: [String]
  /// The lines of the file on which those stand, from 1.
  public var expectedLines: Range<Int>
  /// Whether its lines may come in any order: `# any order` at its end.
  public var isUnordered: Bool
  /// Whether its output must agree on every seed: `# always` at its end.
  public var isRequired: Bool
}

/// A fence that writes a file.
public struct LabFile: Sendable, Equatable {
  /// The line of the fence, from 1.
  public var line: Int
  /// Where the file is written.
  public var place: LabPlace
  /// Its path, seen from the place's own directory.
  public var path: String
  /// What it will hold.
  public var text: String
}

/// What a student is to reach: goals, each a question to the cluster with the answer that it must give.
public struct LabCheck: Sendable, Equatable {
  /// The line of the fence, from 1.
  public var line: Int
  /// The name that joins a check with its solutions.
  public var name: String
  /// What must hold, in order; never empty.
  public var goals: [LabGoal]
}

/// One goal of a check.
public struct LabGoal: Sendable, Equatable {
  /// The question and its answer: a command that looks and changes nothing, with what it must print.
  public var command: LabCommand
  /// What a student reads while the goal is not reached: `else: …`.
  public var sentence: String
}

/// The commands of a solution, or of a wrong one; what they print does not count.
public struct LabScript: Sendable, Equatable {
  /// The line of the fence, from 1.
  public var line: Int
  /// The check that it belongs to.
  public var name: String
  /// What it does.
  public var commands: [LabCommand]
}

/// Why a file is no lab.
public struct LabError: Error, Sendable, Equatable {
  /// The line, from 1.
  public var line: Int
  /// What is wrong, and what to write instead.
  public var message: String

  /// An error at a line.
  public init(line: Int, _ message: String) {
    self.line = line
    self.message = message
  }
}
