import SimBase

/// What a check found.
public struct LabFinding: Sendable, Equatable {
  /// A goal that is not reached.
  public struct Failure: Sendable, Equatable {
    /// What the student reads.
    public var sentence: String
    /// The question, and what the cluster answered.
    public var step: LabStep
  }

  /// The check's name.
  public var name: String
  /// The line of its fence.
  public var line: Int
  /// How many goals it has.
  public var goals: Int
  /// The goals that are not reached, in order.
  public var failures: [Failure]

  /// Whether all goals are reached.
  public var isPassed: Bool { failures.isEmpty }

  /// One line for a check that is passed; else a sentence for each goal that is not reached.
  public var text: String {
    isPassed ? "\(name): done" : failures.map { "\(name): \($0.sentence)" }.joined(separator: "\n")
  }
}

/// Proves a lab: its transcript holds on its own seed, and its checks mean something on every seed.
///
/// A check must fail before its solution, pass after it, and fail after each wrong solution; so none is vacuous. The
/// transcript itself depends on times and draws, so over many seeds it is only measured: how often each command agrees,
/// and on which seeds it does not. A command that says `# always` must agree on all.
public struct LabTrial: Sendable, Equatable {
  /// How one command of the transcript fared over the seeds.
  public struct Agreement: Sendable, Equatable {
    /// The command.
    public var command: LabCommand
    /// On how many seeds it was run.
    public var runs: Int
    /// The seeds on which it printed something else, in the order tried.
    public var differing: [UInt64]
    /// The step on the first of those seeds.
    public var firstDifference: LabStep?
  }

  /// The lab's file.
  public var file: String
  /// The transcript's run on the lab's own seed.
  public var transcript: LabReport
  /// What is wrong with the checks: a line each, with file, line and seed.
  public var faults: [String]
  /// The commands of the transcript over all seeds.
  public var agreements: [Agreement]

  /// Whether the lab holds.
  public var isPassed: Bool {
    transcript.failed == 0 && faults.isEmpty && agreements.allSatisfy { !$0.command.isRequired || $0.differing.isEmpty }
  }

  /// Tries a lab on these seeds, the first of which is the transcript's own. Each run gets a host of its own.
  public static func run(
    _ document: LabDocument, file: String, seeds: [UInt64], options: LabRunner.Options = .init(),
    makeHost: (_ seed: UInt64) throws -> any LabHost
  ) rethrows -> LabTrial {
    precondition(!seeds.isEmpty, "a trial needs a seed")
    var trial: LabTrial?
    var agreements = document.commands.map { Agreement(command: $0, runs: 0, differing: [], firstDifference: nil) }
    var faults: [String] = []
    for seed in seeds {
      let runner = LabRunner(document, file: file, on: try makeHost(seed), options: options)
      faults += try prove(document, runner, "\(file):", "seed \(seed)", options) { try makeHost(seed) }
      let report = runner.report
      faults += report.brokenLaws.map { "\(file): seed \(seed): law broken: \($0)" }
      for (place, step) in report.steps.enumerated() {
        agreements[place].runs += 1
        if step.verdict == .passed { continue }
        agreements[place].differing.append(seed)
        agreements[place].firstDifference = agreements[place].firstDifference ?? step
      }
      if trial == nil { trial = LabTrial(file: file, transcript: report, faults: [], agreements: []) }
    }
    guard var done = trial else { preconditionFailure("no seed was tried") }
    done.faults = faults
    done.agreements = agreements
    return done
  }

  /// Runs the whole lab, with every check's solution in the check's place, and tells what is wrong with the checks.
  private static func prove(
    _ document: LabDocument, _ runner: LabRunner, _ file: String, _ seed: String, _ options: LabRunner.Options,
    makeHost: () throws -> any LabHost
  ) rethrows -> [String] {
    var faults: [String] = []
    for (index, item) in document.items.enumerated() {
      guard case .check(let check) = item else { continue }
      runner.advance(toItem: index)
      let head = "\(file)\(check.line): check \(check.name)"
      if runner.judge(check).isPassed { faults.append("\(head) passes before its solution (\(seed))") }
      guard let solution = document.solution(of: check) else {
        faults.append("\(head) has no solution")
        continue
      }
      runner.perform(solution)
      let after = runner.judge(check)
      faults += after.failures.map { "\(head) fails after its solution (\(seed)): \($0.sentence)\n\($0.step.text)" }
      for wrong in document.wrongSolutions(of: check) {
        let other = LabRunner(document, file: runner.report.file, on: try makeHost(), options: options)
        replay(document, before: index, on: other)
        other.perform(wrong)
        if other.judge(check).isPassed {
          faults.append("\(head) passes after the wrong solution of line \(wrong.line) (\(seed))")
        }
      }
    }
    runner.advance(toItem: document.items.count)
    return faults
  }

  /// Brings a fresh run to where a check stands, earlier checks solved.
  private static func replay(_ document: LabDocument, before index: Int, on runner: LabRunner) {
    for (place, item) in document.items[..<index].enumerated() {
      guard case .check(let check) = item, let solution = document.solution(of: check) else { continue }
      runner.advance(toItem: place)
      runner.perform(solution)
    }
    runner.advance(toItem: index)
  }

  /// What is wrong, the share of agreement where it is not whole, and a verdict.
  public var text: String {
    var lines = transcript.failures.map(\.text) + faults
    for agreement in agreements where !agreement.differing.isEmpty && agreement.runs > 1 {
      let share = "\(agreement.runs - agreement.differing.count)/\(agreement.runs)"
      let seeds = agreement.differing.prefix(5).map(String.init).joined(separator: ", ")
      let more = agreement.differing.count > 5 ? ", …" : ""
      let mark = agreement.command.isRequired ? " (always)" : ""
      lines.append("\(file):\(agreement.command.line): agrees on \(share) seeds\(mark), not on \(seeds)\(more)")
      if agreement.command.isRequired, let step = agreement.firstDifference { lines.append(step.text) }
    }
    lines.append("\(transcript.passed) passed, \(transcript.failed) failed; \(faults.count) faults in checks")
    lines.append("trace \(transcript.traceHash) seed \(transcript.seed)")
    return lines.joined(separator: "\n") + "\n"
  }
}
