import SimBase

/// What an applet prints, and what it writes into files on the way.
struct Sink: Sendable {
  var out: [UInt8] = []
  var err: [UInt8] = []
  /// What goes into files: `tee`, `sort -o`, `w` of `sed`, `>` of `awk`.
  var additions: [FileAddition] = []

  mutating func print(_ bytes: some Sequence<UInt8>) {
    out.append(contentsOf: bytes)
    out.append(newlineByte)
  }

  mutating func print(_ text: String) { print(text.utf8) }
  mutating func complain(_ text: String) { err += Array((text + "\n").utf8) }
}

/// Bytes for the end of a file.
struct FileAddition: Sendable {
  /// An absolute path.
  var path: String
  var bytes: [UInt8]
  /// Whether what the file held before goes.
  var empties = false
}

/// An applet that reads: bytes come in as they arrive, and it prints what it can.
protocol Filter: Sendable {
  /// Whether it wants no more: `head` has its lines.
  var isSatisfied: Bool { get }
  /// Commands to run when it is done: `xargs`.
  var commands: [[String]] { get }
  /// Whether it stays when all have ended, to see what is added to them: `tail -f`.
  func follows(afterOpening opened: Int) -> Bool
  /// Bytes were added to a file that it follows; `isNext` if the last ones were another file's.
  mutating func more(_ added: [UInt8], of source: String, isNext: Bool, _ sink: inout Sink)
  /// A file begins, or standard input, whose name is `-`.
  mutating func begin(_ source: String, _ sink: inout Sink)
  mutating func take(_ bytes: [UInt8], _ sink: inout Sink)
  /// The file that began last has ended.
  mutating func endSource(_ sink: inout Sink)
  /// All have ended; the applet's status.
  mutating func finish(_ sink: inout Sink) -> Int
}

extension Filter {
  var isSatisfied: Bool { false }
  var commands: [[String]] { [] }
  func follows(afterOpening opened: Int) -> Bool { false }
  mutating func more(_ added: [UInt8], of source: String, isNext: Bool, _ sink: inout Sink) {}
  mutating func begin(_ source: String, _ sink: inout Sink) {}
  mutating func endSource(_ sink: inout Sink) {}
  mutating func finish(_ sink: inout Sink) -> Int { 0 }
}

/// A filter that works line by line.
protocol LineFilter: Filter {
  /// The beginning of a line whose end has not come yet.
  var rest: [UInt8] { get set }
  /// A line without its end; only the last of a file may lack one.
  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink)
}

extension LineFilter {
  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) {
    var text = rest
    rest = []
    text += bytes
    var start = 0
    while !isSatisfied, let end = text[start...].firstIndex(of: newlineByte) {
      line(text[start..<end], hasEnd: true, &sink)
      start = end + 1
    }
    if !isSatisfied { rest = Array(text[start...]) }
  }

  mutating func endSource(_ sink: inout Sink) {
    if rest.isEmpty { return }
    let last = rest
    rest = []
    line(last[...], hasEnd: false, &sink)
  }
}

/// A filter at work on its sources.
struct FilterRun: Sendable {
  /// The applet's name, for complaints.
  var name: String
  var filter: any Filter
  /// Paths; `-` is standard input.
  var sources: [String]
  var next = 0
  var hasBegun = false
  /// The device under `/dev` that is being read.
  var device: Int?
  var status = 0
  /// How many of the sources could be opened.
  var opened = 0
  /// How much of each file was read, in the order of the sources; nil for what is no file.
  var lengths: [Int?] = []
  /// The source whose bytes were the last to come.
  var last = ""

  init(name: String, _ filter: any Filter, sources: [String]) {
    self.name = name
    self.filter = filter
    self.sources = sources.isEmpty ? ["-"] : sources
  }
}

extension ShellProcess {
  /// Starts an applet; false where there is none of that name.
  mutating func startApplet(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) -> Bool {
    guard let applet = Applet(rawValue: arguments[0]) else { return false }
    var call = Applet.Call(
      name: arguments[0], arguments: Array(arguments.dropFirst()), directory: strand.directory,
      variables: strand.variables, now: turn.now, zeroSeconds: configuration.zeroSeconds, user: configuration.user,
      files: FileTree.none, terminals: configuration.hasTerminal ? terminals(of: strand) : [])
    swap(&call.files, &turn.files)
    let start = applet.start(&call)
    swap(&call.files, &turn.files)
    flush(call.sink, &strand, &turn)
    if case .ended? = strand.wait { return true }
    switch start {
    case .done(let status): complete(&strand, status, &turn)
    case .filter(let filter, let sources):
      strand.filter = FilterRun(name: arguments[0], filter, sources: sources)
      strand.frames.append(.filter)
    case .sleep(let duration):
      strand.frames.append(.status(0))
      strand.wait = .until(duration == .forever ? .distantFuture : turn.now + duration)
    case .yes(let line): strand.frames.append(.yes(line))
    case .run(let command, let variables):
      if let variables {
        let names = Set(strand.variables.all.map(\.name) + variables.all.map(\.name)).sorted()
        let saved = names.map { SavedVariable(name: $0, variable: strand.variables.saved($0)) }
        strand.frames.append(.restoreVariables(saved))
        strand.variables = variables
      }
      strand.frames.append(.dispatch(command))
    }
    return true
  }

  /// Which of a strand's descriptors lead to the terminal that the shell has.
  private func terminals(of strand: Strand) -> Set<Int> {
    Set((0...2).filter { strand.descriptors[$0].map(plumbing.isStandard) ?? false })
  }

  /// Feeds a filter one piece of what it reads, and passes on what it prints.
  mutating func continueFilter(_ strand: inout Strand, _ turn: inout Turn) {
    guard var run = strand.filter else { return }
    strand.filter = nil
    var sink = Sink()
    if run.next == run.sources.count, run.filter.follows(afterOpening: run.opened) {
      follow(&run, strand, turn, &sink)
      let hasFiles = run.lengths.contains { $0 != nil }
      strand.filter = run
      strand.frames.append(.filter)
      strand.wait = .until(hasFiles ? turn.now + .seconds(1) : .distantFuture)
      flush(sink, &strand, &turn)
      return
    }
    if run.filter.isSatisfied || run.next == run.sources.count {
      closeDevice(&run)
      if run.opened == 0, run.name == "tail" { sink.complain("tail: no files") }
      let status = max(run.filter.finish(&sink), run.status)
      flush(sink, &strand, &turn)
      if case .ended? = strand.wait { return }
      if !run.filter.commands.isEmpty {
        strand.frames.append(.xargs(run.filter.commands, next: 0, hasFailed: false))
      } else {
        complete(&strand, status, &turn)
      }
      return
    }
    let source = run.sources[run.next]
    var waitsFor: Int?
    if !run.hasBegun, source.hasPrefix("/dev/") { run.device = openDevice(source, strand) }
    if source == "-" || run.device != nil {
      if !run.hasBegun {
        run.filter.begin(source, &sink)
        run.opened += 1
      }
      run.hasBegun = true
      let file = run.device ?? strand.descriptors[0]
      switch file.map({ plumbing.read($0, files: turn.files, dice: &turn.dice) }) ?? .end {
      case .bytes(let bytes): run.filter.take(bytes, &sink)
      case .nothingYet: waitsFor = file
      case .end:
        run.filter.endSource(&sink)
        run.next += 1
        run.hasBegun = false
        closeDevice(&run)
      }
    } else {
      readWhole(source, &run, strand, turn, &sink)
      run.next += 1
    }
    strand.filter = run
    strand.frames.append(.filter)
    if let waitsFor { strand.wait = .readable(waitsFor) }
    flush(sink, &strand, &turn)
  }

  private mutating func closeDevice(_ run: inout FilterRun) {
    if let device = run.device { plumbing.release(device) }
    run.device = nil
  }

  private func readWhole(
    _ source: String, _ run: inout FilterRun, _ strand: Strand, _ turn: Turn, _ sink: inout Sink
  ) {
    do throws(FileError) {
      let bytes = try turn.files.read(strand.absolute(source))
      run.filter.begin(source, &sink)
      run.filter.take(bytes, &sink)
      run.filter.endSource(&sink)
      run.opened += 1
      run.last = source
    } catch {
      let opens = run.name == "cat" || run.name == "tail"
      let what = opens ? "can't open '\(source)'" : source
      sink.complain("\(run.name): \(error == .isDirectory && opens ? "read error" : what): \(error.sentence)")
      run.status = run.name == "grep" || run.name == "sort" ? 2 : 1
    }
  }

  /// Passes on what was added to the files that a filter follows; one that has become shorter is read anew.
  private func follow(_ run: inout FilterRun, _ strand: Strand, _ turn: Turn, _ sink: inout Sink) {
    let isFirst = run.lengths.isEmpty
    if isFirst { run.lengths = run.sources.map { $0 == "-" || $0.hasPrefix("/dev/") ? nil : 0 } }
    for (place, source) in run.sources.enumerated() {
      guard let known = run.lengths[place] else { continue }
      let bytes = (try? turn.files.read(strand.absolute(source))) ?? []
      run.lengths[place] = bytes.count
      if isFirst || bytes.count == known { continue }
      let added = Array(bytes.count < known ? bytes[...] : bytes[known...])
      run.filter.more(added, of: source, isNext: run.last != source, &sink)
      run.last = source
    }
  }

  private mutating func flush(_ sink: Sink, _ strand: inout Strand, _ turn: inout Turn) {
    for addition in sink.additions {
      if addition.empties {
        try? turn.files.write(addition.path, addition.bytes, at: turn.now)
      } else {
        try? turn.files.append(addition.path, addition.bytes, at: turn.now)
      }
    }
    write(sink.err, to: 2, &strand, &turn)
    write(sink.out, to: 1, &strand, &turn)
  }

  /// Runs the commands of `xargs` one after another; any failure makes its status 123.
  mutating func continueXargs(
    _ commands: [[String]], _ next: Int, _ hasFailed: Bool, _ strand: inout Strand, _ turn: inout Turn
  ) {
    let failed = hasFailed || (next > 0 && strand.status != 0)
    if next > 0 && strand.status == 127 { return complete(&strand, 127, &turn) }
    if next == commands.count { return complete(&strand, failed ? 123 : 0, &turn) }
    strand.frames.append(.xargs(commands, next: next + 1, hasFailed: failed))
    strand.frames.append(.dispatch(commands[next]))
  }
}

extension Duration {
  /// As long as there is time: `sleep infinity`.
  static let forever = Duration(nanoseconds: .max)
}
