import SimBase

/// A command that was run, and how it was judged.
public struct LabStep: Sendable, Equatable {
  /// How a step was judged.
  public enum Verdict: Sendable, Equatable {
    /// It printed what was expected.
    case passed
    /// It did not.
    case failed
  }

  /// The lab's file.
  public var file: String
  /// The line of its command.
  public var line: Int
  /// Where it ran.
  public var place: LabPlace
  /// The command as it ran, with what earlier output has bound.
  public var script: String
  /// What was expected, with the same replaced.
  public var expected: [String]
  /// What it printed, `[exit 1]` included.
  public var actual: [String]
  /// The judgement.
  public var verdict: Verdict

  /// The step as a reader of a failure needs it: where, what, and the lines that differ.
  public var text: String {
    let head = "\(file):\(line): \(place.name)\(place == .laptop ? "$" : "#") \(script)"
    if verdict == .passed { return head }
    let lines = Difference.lines(Unifier.tidy(expected), Unifier.tidy(actual))
    return ([head] + lines.map { "  " + $0 }).joined(separator: "\n")
  }
}

/// What a lab's run came to.
public struct LabReport: Sendable, Equatable {
  /// The lab's title.
  public var title: String
  /// The lab's file.
  public var file: String
  /// What was run, in order.
  public var steps: [LabStep]
  /// The seed that it ran on.
  public var seed: UInt64
  /// The hash of its history.
  public var traceHash: String
  /// Laws of a swarm that did not hold: each is a fault of the simulator's.
  public var brokenLaws: [String] = []

  /// How many steps printed what was expected.
  public var passed: Int { steps.count - failed }
  /// How many did not.
  public var failed: Int { steps.reduce(0) { $0 + ($1.verdict == .failed ? 1 : 0) } }
  /// Whether every step passed and every law held.
  public var isPassed: Bool { failed == 0 && brokenLaws.isEmpty }
  /// The failures, in order.
  public var failures: [LabStep] { steps.filter { $0.verdict == .failed } }

  /// Failures with their differences, the count, and the line that says which history this was.
  public var text: String {
    let lines = failures.map(\.text) + brokenLaws.map { "law broken: \($0)" }
    return (lines + ["\(passed) passed, \(failed) failed", "trace \(traceHash) seed \(seed)"])
      .joined(separator: "\n") + "\n"
  }
}

/// The lines that differ, as `diff` shows them.
enum Difference {
  /// `-` before what was expected and is missing, `+` before what was not expected, a blank before what both have.
  static func lines(_ expected: [String], _ actual: [String]) -> [String] {
    // Lines that agree but for drawn names are shown as common.
    let (wanted, found) = (expected.map(shape), actual.map(shape))
    var common = Array(repeating: Array(repeating: 0, count: found.count + 1), count: wanted.count + 1)
    for i in wanted.indices.reversed() {
      for j in found.indices.reversed() {
        common[i][j] = wanted[i] == found[j] ? common[i + 1][j + 1] + 1 : max(common[i + 1][j], common[i][j + 1])
      }
    }
    // Where nothing else differs, the names do: then they are what must be shown.
    if wanted == found {
      return zip(expected, actual).flatMap { one, other -> [String] in
        one == other ? ["  " + one] : ["- " + one, "+ " + other]
      }
    }
    var (i, j) = (0, 0)
    var lines: [String] = []
    while i < wanted.count || j < found.count {
      if i < wanted.count, j < found.count, wanted[i] == found[j] {
        lines.append("  " + actual[j])
        (i, j) = (i + 1, j + 1)
      } else if j == found.count || (i < wanted.count && common[i + 1][j] >= common[i][j + 1]) {
        lines.append("- " + expected[i])
        i += 1
      } else {
        lines.append("+ " + actual[j])
        j += 1
      }
    }
    return lines
  }

  private static func shape(_ line: String) -> String {
    Variables.pieces(of: line).map { if case .text(let text) = $0 { text } else { "\u{0}" } }.joined()
  }
}

extension LabDocument {
  /// The file with the outputs of these steps in place of those that it shows: `lab bless`.
  ///
  /// A step that passed keeps its lines, so that dots, ages and the author's own names stay.
  public func blessed(with steps: [LabStep]) -> String {
    var text = lines
    for command in commands.reversed() {
      guard let step = steps.first(where: { $0.line == command.line }), step.verdict == .failed else { continue }
      let range = command.expectedLines.lowerBound - 1..<command.expectedLines.upperBound - 1
      text.replaceSubrange(range, with: step.actual)
    }
    return text.joined(separator: "\n") + "\n"
  }
}
