import SimBase

/// What each frame does when its turn comes.
extension ShellProcess {
  mutating func advance(_ frame: Frame, _ strand: inout Strand, _ turn: inout Turn) {
    switch frame {
    case .begin(let command): begin(command, &strand, &turn)
    case .script(let commands, let next, let error):
      if next < commands.count {
        strand.frames.append(.script(commands, next: next + 1, error: error))
        strand.frames.append(.begin(commands[next]))
      } else if let error {
        complain("syntax error: \(error.message)", strand, &turn)
        strand.status = 2
        if !strand.frames.contains(where: { if case .interactive = $0 { true } else { false } }) {
          leave(&strand, &turn)
        }
      }
    case .sequence(let commands, let next):
      guard next < commands.count else { return }
      if next + 1 < commands.count { strand.frames.append(.sequence(commands, next: next + 1)) }
      strand.frames.append(.begin(commands[next]))
    case .expand(let expansion): expand(expansion, &strand, &turn)
    case .collect(let reader, let child, let expansion): collect(reader, child, expansion, &strand, &turn)
    case .negate: strand.status = strand.status == 0 ? 1 : 0
    case .then(let command, let onSuccess):
      if (strand.status == 0) == onSuccess { strand.frames.append(.begin(command)) }
    case .conditional(let clauses, let otherwise): judge(clauses, otherwise, &strand)
    case .loopCondition(let loop, let status):
      if (strand.status == 0) != loop.isUntil {
        strand.frames += [.loopBody(loop), .begin(loop.body)]
      } else {
        strand.status = status
      }
    case .loopBody(let loop): strand.frames += [.loopCondition(loop, status: strand.status), .begin(loop.condition)]
    case .forEach(let loop, let values, let next):
      guard next < values.count else { return }
      strand.variables.set(loop.name, values[next])
      strand.frames += [.forEach(loop, values: values, next: next + 1), .begin(loop.body)]
    case .children(let children): gather(children, &strand, &turn)
    case .limited(let child, let limit, let signal):
      if !strand.running.contains(child) || limit <= turn.now {
        if strand.running.contains(child) {
          signals.append((child, signal))
          strand.frames.append(.status(configuration.hasBusybox ? 128 + signal : 124))
          if configuration.hasBusybox, signal == Signal.terminate, !strand.frames.dropLast().allSatisfy(\.isSpent) {
            write(Array("Terminated\n".utf8), to: 2, &strand, &turn)
          }
        }
        strand.frames.append(.children([child]))
      } else {
        strand.frames.append(frame)
        strand.wait = .child(child, until: limit)
      }
    case .filter: continueFilter(&strand, &turn)
    case .yes(let line):
      strand.frames.append(.yes(line))
      write(Array(repeatElement(line, count: 64).joined()), to: 1, &strand, &turn)
    case .dispatch(let arguments): dispatch(arguments, &strand, &turn)
    case .xargs(let commands, let next, let hasFailed): continueXargs(commands, next, hasFailed, &strand, &turn)
    case .read(let read): continueRead(read, &strand, &turn)
    case .interactive(let pending, let hasPrompted): interact(pending, hasPrompted, &strand, &turn)
    case .status(let status): strand.status = status
    case .leave:
      unwind(&strand, to: 0)
      leave(&strand, &turn)
    case .call, .sourced, .restoreDescriptors, .restoreVariables: undo(frame, &strand)
    }
  }

  // MARK: Beginning commands

  private mutating func begin(_ command: Command, _ strand: inout Strand, _ turn: inout Turn) {
    switch command {
    case .simple(let simple):
      strand.substitutionStatus = nil
      strand.frames.append(.expand(Expansion(purpose: .simple(simple))))
    case .pipeline(let stages, let isNegated):
      if isNegated { strand.frames.append(.negate) }
      if stages.count == 1 {
        strand.frames.append(.begin(stages[0]))
      } else {
        beginPipeline(stages, &strand)
      }
    case .and(let left, let right): strand.frames += [.then(right, onSuccess: true), .begin(left)]
    case .or(let left, let right): strand.frames += [.then(right, onSuccess: false), .begin(left)]
    case .sequence(let commands): strand.frames.append(.sequence(commands, next: 0))
    case .background(let command):
      let null = plumbing.add(.null)
      let child = spawn(below: &strand, [.begin(command)], replacing: [(0, null)])
      plumbing.release(null)
      strand.lastBackground = child
      strand.status = 0
    case .subshell(let body):
      let child = spawn(below: &strand, [.begin(body)])
      strand.frames.append(.children([child]))
    case .conditional(let clauses, let otherwise):
      strand.frames += [.conditional(clauses[...], otherwise: otherwise), .begin(clauses[0].condition)]
    case .loop(let loop): strand.frames += [.loopCondition(loop, status: 0), .begin(loop.condition)]
    case .forEach(let loop): strand.frames.append(.expand(Expansion(purpose: .forEach(loop))))
    case .choice(let subject, let cases):
      strand.frames.append(.expand(Expansion(purpose: .choice(subject, cases))))
    case .function(let name, let body):
      strand.functions[name] = body
      strand.status = 0
    case .redirected(let command, let redirections):
      strand.frames.append(.expand(Expansion(purpose: .redirect(command, redirections))))
    }
  }

  private mutating func beginPipeline(_ stages: [Command], _ strand: inout Strand) {
    var children: [Int] = []
    var reader: Int?
    for (place, stage) in stages.enumerated() {
      var replaced: [(Int, Int)] = []
      let next = place + 1 < stages.count ? plumbing.makePipe() : nil
      if let reader { replaced.append((0, reader)) }
      if let next { replaced.append((1, next.writer)) }
      children.append(spawn(below: &strand, [.begin(stage)], replacing: replaced))
      if let reader { plumbing.release(reader) }
      if let next { plumbing.release(next.writer) }
      reader = next?.reader
    }
    strand.frames.append(.children(children))
  }

  private mutating func judge(_ clauses: ArraySlice<Clause>, _ otherwise: Command?, _ strand: inout Strand) {
    guard let clause = clauses.first else { return }
    if strand.status == 0 {
      strand.frames.append(.begin(clause.body))
      return
    }
    if let next = clauses.dropFirst().first {
      strand.frames += [.conditional(clauses.dropFirst(), otherwise: otherwise), .begin(next.condition)]
    } else if let otherwise {
      strand.frames.append(.begin(otherwise))
    } else {
      strand.status = 0
    }
  }

  private mutating func gather(_ children: [Int], _ strand: inout Strand, _ turn: inout Turn) {
    if children.contains(where: strand.running.contains) {
      strand.frames.append(.children(children))
      strand.wait = .children(children)
      return
    }
    let statuses = children.map { strand.ended.removeValue($0) ?? 127 }
    let worst = strand.options.failsInPipes ? statuses.last { $0 != 0 } : statuses.last
    complete(&strand, worst ?? 0, &turn)
  }

  // MARK: Expansions

  private mutating func expand(_ expansion: Expansion, _ strand: inout Strand, _ turn: inout Turn) {
    var expander = Expander(
      strand.surroundings, variables: strand.variables, files: turn.files, answers: expansion.answers)
    do throws(Expander.Stop) {
      switch expansion.purpose {
      case .simple(let command): try expandSimple(command, &expander, &strand, &turn)
      case .forEach(let loop):
        let values = try loop.words.map { words throws(Expander.Stop) in try expander.fields(words) }
        strand.variables = expander.variables
        if (values ?? strand.positional).isEmpty { strand.status = 0 }
        strand.frames.append(.forEach(loop, values: values ?? strand.positional, next: 0))
      case .choice(let subject, let cases):
        let chosen = try choose(subject, cases, &expander)
        strand.variables = expander.variables
        if let body = chosen?.body { strand.frames.append(.begin(body)) } else { strand.status = 0 }
      case .redirect(let command, let redirections):
        let resolved = try resolve(redirections, &expander)
        expander.forgetFiles()
        strand.variables = expander.variables
        guard let saved = redirect(resolved, &strand, &turn) else { return complete(&strand, 1, &turn) }
        strand.frames += [.restoreDescriptors(saved), .begin(command)]
      }
    } catch {
      stop(error, expansion, &strand, &turn)
    }
  }

  private func choose(_ subject: Word, _ cases: [Case], _ expander: inout Expander) throws(Expander.Stop) -> Case? {
    let text = try expander.text(subject)
    for branch in cases {
      for pattern in branch.patterns where try expander.pattern(pattern).matches(text) { return branch }
    }
    return nil
  }

  private mutating func stop(
    _ stop: Expander.Stop, _ expansion: Expansion, _ strand: inout Strand, _ turn: inout Turn
  ) {
    switch stop {
    case .failure(let message):
      complain(message, strand, &turn)
      strand.status = message.hasSuffix("syntax error") ? 2 : 1
      // An expansion that fails ends a shell that nobody types at.
      if let place = strand.frames.lastIndex(where: { if case .interactive = $0 { true } else { false } }) {
        unwind(&strand, to: place + 1)
      } else {
        unwind(&strand, to: 0)
        leave(&strand, &turn)
      }
    case .ask(.random, _):
      var asked = expansion
      asked.answers.append(String(turn.dice.below(32_768)))
      strand.frames.append(.expand(asked))
    case .ask(.output(let command), let variables):
      let pipe = plumbing.makePipe(capacity: nil)
      let child = spawn(below: &strand, [.begin(command)], replacing: [(1, pipe.writer)])
      strands.update(child) { $0.variables = variables }
      plumbing.release(pipe.writer)
      strand.frames.append(.collect(reader: pipe.reader, child: child, expansion))
    }
  }

  /// A substitution is over once its command has ended and nothing can write to its pipe any more.
  private mutating func collect(
    _ reader: Int, _ child: Int, _ expansion: Expansion, _ strand: inout Strand, _ turn: inout Turn
  ) {
    guard !strand.running.contains(child) else {
      strand.frames.append(.collect(reader: reader, child: child, expansion))
      strand.wait = .children([child])
      return
    }
    var output: [UInt8] = []
    if case .bytes(let bytes) = plumbing.read(reader, files: turn.files, dice: &turn.dice) { output = bytes }
    plumbing.release(reader)
    strand.substitutionStatus = strand.ended.removeValue(child)
    var answered = expansion
    answered.answers.append(String(decoding: output.filter { $0 != 0 }, as: UTF8.self))
    strand.frames.append(.expand(answered))
  }

  private mutating func expandSimple(
    _ command: SimpleCommand, _ expander: inout Expander, _ strand: inout Strand, _ turn: inout Turn
  ) throws(Expander.Stop) {
    let fields = try expander.fields(command.words)
    let redirections = try resolve(command.redirections, &expander)
    let before = expander.variables
    expander.forgetFiles()
    for assignment in command.assignments { try expander.assign(assignment) }
    if strand.options.traces { trace(command.assignments, fields, expander.variables, &strand, &turn) }
    guard let saved = redirect(redirections, &strand, &turn) else {
      strand.variables = before
      return complete(&strand, 1, &turn)
    }
    if fields.isEmpty {
      strand.variables = expander.variables
      restore(saved, &strand)
      let status = strand.substitutionStatus ?? 0
      strand.substitutionStatus = nil
      return complete(&strand, status, &turn)
    }
    strand.variables = before
    strand.substitutionStatus = nil
    if !command.assignments.isEmpty {
      strand.frames.append(
        .restoreVariables(command.assignments.map { SavedVariable(name: $0.name, variable: before.saved($0.name)) }))
      for assignment in command.assignments {
        strand.variables.set(assignment.name, expander.variables[assignment.name] ?? "")
        strand.variables.export(assignment.name)
      }
    }
    if fields[0] == "exec" {
      exec(Array(fields.dropFirst()), saved, &strand, &turn)
      return
    }
    if !saved.isEmpty { strand.frames.append(.restoreDescriptors(saved)) }
    dispatch(fields, &strand, &turn)
  }

  private mutating func trace(
    _ assignments: [Assignment], _ fields: [String], _ variables: Variables, _ strand: inout Strand,
    _ turn: inout Turn
  ) {
    let words = assignments.map { "\($0.name)=\(variables[$0.name] ?? "")" } + fields.map(quotedForTrace)
    write(Array(((strand.variables["PS4"] ?? "+ ") + words.joined(separator: " ") + "\n").utf8), to: 2, &strand, &turn)
  }

  private func quotedForTrace(_ word: String) -> String {
    let isPlain = !word.isEmpty && word.utf8.allSatisfy { isNameByte($0) || "-./:=@%+,".utf8.contains($0) }
    return isPlain ? word : shellQuoted(word)
  }

  // MARK: Ends

  /// A command has ended with this status: `set -e` looks here.
  mutating func complete(_ strand: inout Strand, _ status: Int, _ turn: inout Turn) {
    strand.status = status
    if status != 0, strand.options.exitsOnError, !strand.isInCondition {
      unwind(&strand, to: 0)
      leave(&strand, &turn)
    }
  }

  /// Takes frames off until so many are left, undoing what they stand for.
  mutating func unwind(_ strand: inout Strand, to count: Int) {
    while strand.frames.count > count, let frame = strand.frames.popLast() { undo(frame, &strand) }
  }

  private mutating func undo(_ frame: Frame, _ strand: inout Strand) {
    switch frame {
    case .restoreDescriptors(let saved): restore(saved, &strand)
    case .restoreVariables(let saved): for one in saved { strand.variables.restore(one.name, one.variable) }
    case .call(let positional, let locals):
      strand.positional = positional
      for one in locals { strand.variables.restore(one.name, one.variable) }
    case .sourced(let positional): if let positional { strand.positional = positional }
    case .collect(let reader, _, _): plumbing.release(reader)
    case .filter:
      if let device = strand.filter?.device { plumbing.release(device) }
      strand.filter = nil
    default: break
    }
  }

  // MARK: A person at the shell

  private mutating func interact(
    _ pending: String, _ hasPrompted: Bool, _ strand: inout Strand, _ turn: inout Turn
  ) {
    guard let file = strand.descriptors[0] else { return }
    if configuration.isTerminal && !hasPrompted {
      let prompt =
        pending.isEmpty ? "\(strand.directory == strand.variables["HOME"] ? "~" : strand.directory) # " : "> "
      write(Array(prompt.utf8), to: 1, &strand, &turn)
    }
    switch plumbing.readLine(file, files: turn.files, dice: &turn.dice) {
    case .nothingYet:
      strand.frames.append(.interactive(pending: pending, hasPrompted: true))
      strand.wait = .readable(file)
    case .end:
      if !pending.isEmpty { runTyped(pending, isLast: true, &strand) }
    case .bytes(let line): runTyped(pending + String(decoding: line, as: UTF8.self), isLast: false, &strand)
    }
  }

  private mutating func runTyped(_ text: String, isLast: Bool, _ strand: inout Strand) {
    let (commands, error) = ShellParser.script(text)
    if !isLast {
      let wantsMore = error?.isIncomplete ?? ShellParser.endsInHereDocument(text)
      strand.frames.append(.interactive(pending: wantsMore ? text : "", hasPrompted: false))
      if wantsMore { return }
    }
    strand.frames.append(.script(commands, next: 0, error: error))
  }
}

/// The word in single quotes, as the shell would take it back.
func shellQuoted(_ word: String) -> String { "'" + word.replacing("'", with: "'\\''") + "'" }
