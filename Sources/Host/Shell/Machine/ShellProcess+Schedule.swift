import SimBase

/// Who runs when: inputs wake strands, strands run until all wait.
extension ShellProcess {
  /// How many frames one step may take before it yields to virtual time.
  private static var frameBudget: Int { 20_000 }
  /// How many frames a strand takes before the next one has its turn.
  private static var slice: Int { 128 }

  mutating func take(_ input: ShellInput, _ turn: inout Turn) {
    switch input {
    case .start, .wake: break
    case .bytes(let bytes): plumbing.receive(bytes)
    case .endOfInput: plumbing.endInput()
    case .signal(let number): signals.append((configuration.processID, number))
    case .wrote(let id, let stream, let bytes): deliver(bytes, from: id, stream, &turn)
    case .wantsInput(let id): externals.update(id.number) { $0.isHungry = true }
    case .ended(let id, let status): end(id, status: status, &turn)
    case .notFound(let id):
      guard let external = externals[id.number], var strand = strands.removeValue(external.strand) else { return }
      externals[id.number] = nil
      strand.wait = nil
      complain("\(strand.title.prefix { $0 != " " }): not found", strand, &turn)
      complete(&strand, 127, &turn)
      settle(strand)
    }
  }

  private mutating func deliver(_ bytes: [UInt8], from id: ExternalID, _ stream: ShellStream, _ turn: inout Turn) {
    guard let external = externals[id.number], let strand = strands[external.strand],
      let file = strand.descriptors[stream == .output ? 1 : 2]
    else { return }
    let outcome = plumbing.write(bytes, to: file, at: turn.now, files: &turn.files, into: &turn.out)
    if case .noReader = outcome { turn.out.post(.signal(id, Signal.pipe)) }
  }

  private mutating func end(_ id: ExternalID, status: Int, _ turn: inout Turn) {
    guard let external = externals.removeValue(id.number) else { return }
    guard var strand = strands.removeValue(external.strand) else { return }
    strand.wait = nil
    complete(&strand, status, &turn)
    settle(strand)
  }

  /// Puts a strand that has run back, unless it has ended for good.
  private mutating func settle(_ strand: Strand) {
    if case .ended? = strand.wait, strand.processID != configuration.processID { return }
    strands[strand.processID] = strand
  }

  mutating func runAll(_ turn: inout Turn) {
    if pace.at != turn.now { pace = (turn.now, 0) }
    var budget = ShellProcess.frameBudget - pace.frames
    var hasRun = true
    while hasRun && budget > 0 {
      hasRun = false
      deliverSignals(&turn)
      for id in strands.keys {
        guard let waiting = strands[id], canRun(waiting, at: turn.now), var strand = strands.removeValue(id) else {
          continue
        }
        let wasWait = strand.wait
        strand.wait = nil
        if case .waitBuiltin(let children, let isForAll)? = wasWait {
          let status = reap(children, &strand)
          // The status of a `wait` for all is 0, whatever theirs were.
          strand.status = isForAll ? 0 : status
        }
        let used = run(&strand, &turn, limit: min(ShellProcess.slice, budget))
        budget -= max(used, 1)
        pace.frames += max(used, 1)
        settle(strand)
        hasRun = true
      }
      if feedPrograms(&turn) { hasRun = true }
      if !signals.isEmpty { hasRun = true }
    }
    if !hasRun {
      // Whoever waits for a moment or an input is no busy loop; a program that answers at once is not waited for.
      if pace.frames < ShellProcess.frameBudget / 2 { cutsInARow = 0 }
      nextDeadline = firstAlarm
      return
    }
    nextDeadline = turn.now + .milliseconds(1 << Int64(min(cutsInARow, 7)))
    cutsInARow += 1
  }

  private var firstAlarm: Instant? {
    var first: Instant?
    for (_, strand) in strands {
      switch strand.wait {
      case .until(let alarm), .child(_, let alarm): if alarm != .distantFuture { first = earliest(first, alarm) }
      default: break
      }
    }
    return first
  }

  private func canRun(_ strand: Strand, at now: Instant) -> Bool {
    switch strand.wait {
    case nil: true
    case .until(let alarm): alarm <= now
    case .readable(let file): plumbing.isReadable(file)
    case .room(let file): plumbing.hasRoom(file)
    case .children(let children), .waitBuiltin(let children, _): !children.contains(where: strand.running.contains)
    case .child(let child, let limit): !strand.running.contains(child) || limit <= now
    case .external, .ended: false
    }
  }

  /// Runs a strand until it waits, ends or has had its share; how many frames that took.
  private mutating func run(_ strand: inout Strand, _ turn: inout Turn, limit: Int) -> Int {
    var used = 0
    // A signal that a command sends reaches its target before the next command.
    while used < limit, strand.wait == nil, signals.isEmpty {
      used += 1
      if let signal = strand.pendingSignals.first {
        strand.pendingSignals.removeFirst()
        handle(signal, &strand, &turn)
      } else if let frame = strand.frames.popLast() {
        advance(frame, &strand, &turn)
        if strand.variables.largest > configuration.memory {
          isOutOfMemory = true
          die(of: 9, &strand, &turn)
        }
      } else {
        leave(&strand, &turn)
      }
      if let output = strand.descriptors[1], strand.wait == nil, !plumbing.hasRoom(output) {
        strand.wait = .room(output)
      }
    }
    return used
  }

  /// Hands hungry programs what their standard input holds.
  private mutating func feedPrograms(_ turn: inout Turn) -> Bool {
    var hasFed = false
    for (number, external) in externals where external.isHungry {
      guard let file = strands[external.strand]?.descriptors[0] else { continue }
      let id = ExternalID(number: number)
      switch plumbing.read(file, files: turn.files, dice: &turn.dice) {
      case .bytes(let bytes):
        turn.out.post(.feed(id, bytes))
        hasFed = true
      case .end:
        turn.out.post(.endFeed(id))
        externals[existing: number].isHungry = false
        hasFed = true
      case .nothingYet: break
      }
    }
    return hasFed
  }

  // MARK: Signals

  private mutating func deliverSignals(_ turn: inout Turn) {
    let due = signals
    signals = []
    for (id, signal) in due {
      guard var strand = strands.removeValue(id) else { continue }
      if case .ended? = strand.wait {
        settle(strand)
        continue
      }
      receive(signal, &strand, &turn)
      settle(strand)
    }
  }

  private mutating func receive(_ signal: Int, _ strand: inout Strand, _ turn: inout Turn) {
    if signal == Signal.kill { return die(of: signal, &strand, &turn) }
    if let command = strand.traps[signal] {
      if command.isEmpty { return }
      strand.pendingSignals.append(signal)
      // `wait` and `read` return at once; what runs in the foreground is waited for first.
      switch strand.wait {
      case .waitBuiltin: strand.wait = nil
      case .readable where strand.frames.last.map({ if case .read = $0 { true } else { false } }) ?? false:
        strand.wait = nil
        strand.frames.removeLast()
      default: return
      }
      strand.status = 128 + signal
      return
    }
    if let place = strand.frames.firstIndex(where: { if case .interactive = $0 { true } else { false } }) {
      interrupt(signal, above: place, &strand, &turn)
      return
    }
    let isFirst = configuration.isFirstProcess && strand.parent == nil
    if isFirst && !isMortal(strand) || !Signal.isFatal(signal) { return }
    die(of: signal, &strand, &turn)
  }

  /// Whether a program stands in the strand's place that handles signals: one that it was started as, that `exec` put
  /// there, or that is a script's last command, for which a shell makes room as well.
  private func isMortal(_ strand: Strand) -> Bool {
    guard case .external? = strand.wait else { return false }
    let program = strand.title.prefix { $0 != " " }.split(separator: "/").last.map(String.init) ?? ""
    return configuration.mortalPrograms.contains(program) && strand.frames.allSatisfy(\.isSpent)
  }

  /// A shell that somebody types at gives up its command at ^C, prompts anew, and ignores TERM.
  private mutating func interrupt(_ signal: Int, above place: Int, _ strand: inout Strand, _ turn: inout Turn) {
    guard signal == Signal.interrupt else { return }
    if case .external(let id)? = strand.wait {
      externals[id.number] = nil
      turn.out.post(.signal(id, signal))
    }
    for child in strand.running { signals.append((child, signal)) }
    unwind(&strand, to: place)
    strand.frames.append(.interactive(pending: "", hasPrompted: false))
    strand.wait = nil
    strand.status = 128 + signal
    if configuration.isTerminal { write([newlineByte], to: 1, &strand, &turn) }
  }

  /// Runs the trap of a signal; what it does leaves `$?` alone.
  private mutating func handle(_ signal: Int, _ strand: inout Strand, _ turn: inout Turn) {
    guard let command = strand.traps[signal], !command.isEmpty else { return }
    let (commands, error) = ShellParser.script(command)
    strand.frames.append(.status(strand.status))
    strand.frames.append(.script(commands, next: 0, error: error))
  }

  /// Ends a strand by a signal, and what it waits for with it.
  mutating func die(of signal: Int, _ strand: inout Strand, _ turn: inout Turn) {
    if case .external(let id)? = strand.wait {
      externals[id.number] = nil
      turn.out.post(.signal(id, signal))
    }
    for child in strand.running { signals.append((child, signal)) }
    strand.traps[0] = nil
    strand.wait = nil
    finish(&strand, 128 + signal, &turn)
  }

  // MARK: Children

  /// Starts a strand below another, with these frames and these descriptors in place of the parent's.
  mutating func spawn(
    below parent: inout Strand, _ frames: [Frame], replacing descriptors: [(Int, Int)] = [], title: String? = nil
  ) -> Int {
    lastProcessID += 1
    var child = parent.child(processID: lastProcessID)
    child.frames = frames
    if let title { child.title = title }
    for (descriptor, file) in descriptors { child.descriptors[descriptor] = file }
    for file in child.descriptors.values { plumbing.retain(file) }
    strands[child.processID] = child
    parent.running.append(child.processID)
    return child.processID
  }

  /// The status of the last of these children, which have all ended.
  mutating func reap(_ children: [Int], _ strand: inout Strand) -> Int {
    var status = 0
    for child in children { status = strand.ended.removeValue(child) ?? 127 }
    return status
  }

  /// Has nothing more to do: runs the EXIT trap if there is one, then ends.
  mutating func leave(_ strand: inout Strand, _ turn: inout Turn) {
    if let command = strand.traps.removeValue(0), !command.isEmpty {
      let (commands, error) = ShellParser.script(command)
      strand.frames = [.leave, .status(strand.status), .script(commands, next: 0, error: error)]
      return
    }
    finish(&strand, strand.status, &turn)
  }

  /// Ends a strand: its descriptors close, its parent learns its status.
  mutating func finish(_ strand: inout Strand, _ status: Int, _ turn: inout Turn) {
    unwind(&strand, to: 0)
    strand.status = status
    strand.wait = .ended
    if strand.parent == nil {
      exitStatus = status
      turn.out.post(.exit(status))
      if configuration.isSession { return }
    }
    for file in strand.descriptors.values { plumbing.release(file) }
    strand.descriptors = Table()
    if let parent = strand.parent {
      let child = strand.processID
      strands.update(parent) { parent in
        parent.running.removeAll { $0 == child }
        parent.ended[child] = status
      }
    }
  }
}

/// Signals by number and name.
enum Signal {
  static let interrupt = 2
  static let kill = 9
  static let pipe = 13
  static let terminate = 15

  private static let names: [(number: Int, name: String)] = [
    (0, "EXIT"), (1, "HUP"), (2, "INT"), (3, "QUIT"), (6, "ABRT"), (9, "KILL"), (10, "USR1"), (12, "USR2"),
    (13, "PIPE"), (14, "ALRM"), (15, "TERM"), (17, "CHLD"), (18, "CONT"), (19, "STOP"), (20, "TSTP"), (28, "WINCH"),
  ]

  /// The signal of this name or number: `TERM`, `SIGTERM`, `15`.
  static func number(_ text: String) -> Int? {
    if let number = Int(text) { return (0...64).contains(number) ? number : nil }
    let upper = text.uppercased()
    let bare = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
    return names.first { $0.name == bare }?.number
  }

  static func name(_ number: Int) -> String { names.first { $0.number == number }?.name ?? String(number) }

  static let all = names.dropFirst()

  /// Whether a process that does nothing about it ends by it.
  static func isFatal(_ number: Int) -> Bool { ![0, 17, 18, 19, 20, 28].contains(number) }
}
