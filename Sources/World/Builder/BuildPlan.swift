import SimBase

/// What a build does in which order: its Dockerfile's instructions by stages, down to the one that is wanted.
///
/// Source: moby/moby `daemon/builder/dockerfile/builder.go` (`build`); moby/buildkit
/// `frontend/dockerfile/instructions/parse.go` (`Parse`).
public struct BuildPlan: Sendable {
  /// One step.
  public struct Step: Sendable, Hashable {
    /// What is asked for.
    public var instruction: Instruction
    /// How it is announced.
    public var text: String
    /// Whether its words are meant as they stand.
    public var isLiteral = false

    /// A step.
    public init(instruction: Instruction, text: String, isLiteral: Bool = false) {
      (self.instruction, self.text, self.isLiteral) = (instruction, text, isLiteral)
    }
  }

  /// All steps.
  public private(set) var steps: [Step]
  /// Warnings about the file's form.
  public let warnings: [String]

  /// Why a file is no plan.
  public struct Fault: Error, Hashable, Sendable {
    /// The sentence about it.
    public var sentence: String
  }

  /// The plan of a file; `labels` are given to the last stage.
  public init(
    _ text: String, named file: String, target: String, labels: [(key: String, value: String)]
  ) throws(Fault) {
    if text.isEmpty { throw Fault(sentence: "the Dockerfile (\(file)) cannot be empty") }
    let dockerfile: Dockerfile
    do throws(DockerfileFault) { dockerfile = try Dockerfile(text) } catch {
      throw Fault(sentence: error.sentence(of: file))
    }
    warnings = dockerfile.warnings
    var steps = zip(dockerfile.instructions, dockerfile.lines).map { Step(instruction: $0, text: $1.text) }
    guard let first = steps.firstIndex(where: \.isStage), steps[..<first].allSatisfy(\.isArgument) else {
      throw Fault(sentence: "no build stage in current context")
    }
    if !target.isEmpty {
      let stages = steps.indices.filter { steps[$0].isStage }
      let wanted = stages.firstIndex { steps[$0].stage == target.lowercased() } ?? Int(target)
      guard let wanted, stages.indices.contains(wanted) else {
        throw Fault(sentence: "target stage \(target.goQuoted) could not be found")
      }
      if wanted + 1 < stages.count { steps.removeSubrange(stages[wanted + 1]...) }
    }
    for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
      let text = "LABEL \(key)=\(value)"
      steps.append(Step(instruction: Instruction(label: key, value, text), text: text, isLiteral: true))
    }
    self.steps = steps
  }
}

extension BuildPlan.Step {
  /// Whether it begins a stage.
  public var isStage: Bool { if case .from = instruction.kind { true } else { false } }
  fileprivate var isArgument: Bool { if case .arg = instruction.kind { true } else { false } }
  fileprivate var stage: String? { if case .from(_, let stage) = instruction.kind { stage } else { nil } }
}
