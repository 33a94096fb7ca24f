import SimBase

/// One process of a shell: the shell itself, a subshell, a pipeline's stage or a background job.
///
/// What it still has to do is its stack of frames; its descriptors lead into the plumbing that all of them share.
struct Strand: Sendable {
  /// What a strand waits for.
  enum Wait: Sendable {
    case until(Instant)
    /// An open file has something to read, or never will again.
    case readable(Int)
    /// An open file takes more.
    case room(Int)
    case children([Int])
    /// The same for `wait`, which a trapped signal interrupts.
    case waitBuiltin([Int], isForAll: Bool)
    case external(ExternalID)
    /// A child, but no longer than this.
    case child(Int, until: Instant)
    /// It has ended; only the first strand of a session stays.
    case ended
  }

  struct Options: Sendable {
    var exitsOnError = false
    var failsOnUnset = false
    var traces = false
    var isGlobbing = true
    var failsInPipes = false

    /// `$-`.
    var flags: String {
      (exitsOnError ? "e" : "") + (isGlobbing ? "" : "f") + (failsOnUnset ? "u" : "") + (traces ? "x" : "")
    }
  }

  let processID: Int
  /// `$$`: the shell that it belongs to, which a subshell shares.
  var shellID: Int
  /// The strand that started it; nil for the shell itself.
  var parent: Int?
  /// `$0`, which also opens its complaints.
  var name: String
  /// What `ps` shows of it.
  var title: String
  var frames: [Frame] = []
  /// The filter at work. It stands here and not in its frame, so that what it has read grows in place.
  var filter: FilterRun?
  var wait: Wait?
  var variables: Variables
  var functions = Table<String, Command>()
  var positional: [String] = []
  var directory: String
  var descriptors = Table<Int, Int>()
  var options = Options()
  /// `$?`.
  var status = 0
  var lastBackground: Int?
  /// Background children that `wait` may still ask after, then their statuses.
  var running: [Int] = []
  var ended = Table<Int, Int>()
  /// Commands by signal; 0 is EXIT. An empty command ignores the signal.
  var traps = Table<Int, String>()
  var pendingSignals: [Int] = []
  /// Whether it runs within a condition, so that `set -e` does not apply.
  var isTested = false
  /// The status of the last command substitution, which a bare assignment takes over.
  var substitutionStatus: Int?
  /// How far `getopts` has come within a word.
  var optionPlace = 0

  init(processID: Int, parent: Int?, name: String, title: String, variables: Variables, directory: String) {
    self.processID = processID
    shellID = processID
    self.parent = parent
    self.name = name
    self.title = title
    self.variables = variables
    self.directory = directory
  }

  /// What a subshell starts as: a copy with nothing to do yet, no children and default traps.
  func child(processID child: Int) -> Strand {
    var strand = Strand(
      processID: child, parent: processID, name: name, title: title, variables: variables, directory: directory)
    strand.shellID = shellID
    strand.functions = functions
    strand.positional = positional
    strand.descriptors = descriptors
    strand.options = options
    strand.status = status
    strand.lastBackground = lastBackground
    strand.traps = Table(traps.compactMap { $0.value.isEmpty ? ($0.key, $0.value) : nil })
    strand.isTested = isInCondition
    return strand
  }

  /// Whether a failure now is somebody's condition, so that `set -e` looks away.
  var isInCondition: Bool { isTested || frames.contains(where: \.testsStatus) }

  var surroundings: Expander.Surroundings {
    Expander.Surroundings(
      name: name, positional: positional, status: status, processID: shellID, lastBackground: lastBackground,
      flags: options.flags, directory: directory, isGlobbing: options.isGlobbing, failsOnUnset: options.failsOnUnset)
  }

  func absolute(_ path: String) -> String { FileTree.absolute(path, from: directory) }
}

/// Something a strand has yet to do. The last frame is done first; it may put more above itself.
enum Frame: Sendable {
  case begin(Command)
  /// The commands of a script, then its error if its reading stopped at one.
  case script([Command], next: Int, error: SyntaxError?)
  case sequence([Command], next: Int)
  case expand(Expansion)
  /// A substitution runs; its output is read from here.
  case collect(reader: Int, child: Int, Expansion)
  case negate
  /// The right side of `&&` or `||`.
  case then(Command, onSuccess: Bool)
  /// The first clause's condition is being judged.
  case conditional(ArraySlice<Clause>, otherwise: Command?)
  case loopCondition(Loop, status: Int)
  case loopBody(Loop)
  case forEach(ForEach, values: [String], next: Int)
  case children([Int])
  /// The child of `timeout`.
  case limited(child: Int, until: Instant, signal: Int)
  case call(positional: [String], locals: [SavedVariable])
  /// The end of a file that `.` reads: where `return` goes.
  case sourced(positional: [String]?)
  case restoreDescriptors([SavedDescriptor])
  case restoreVariables([SavedVariable])
  /// The strand's filter reads on.
  case filter
  case yes([UInt8])
  /// A command whose words are settled.
  case dispatch([String])
  case xargs([[String]], next: Int, hasFailed: Bool)
  case read(ReadCommand)
  case interactive(pending: String, hasPrompted: Bool)
  /// Sets `$?`: after a trap, or before the end.
  case status(Int)
  /// Ends the strand with `$?`.
  case leave

  /// Whether what runs above this frame is somebody's condition.
  var testsStatus: Bool {
    switch self {
    case .negate, .then, .conditional, .loopCondition: true
    default: false
    }
  }

  /// Whether nothing is left to do when what runs above this frame is done.
  var isSpent: Bool {
    switch self {
    case .leave: true
    case .script(let commands, let next, let error): next == commands.count && error == nil
    case .sequence(let commands, let next): next == commands.count
    default: false
    }
  }

  var isLoop: Bool {
    switch self {
    case .loopBody, .loopCondition, .forEach: true
    default: false
    }
  }
}

/// Words on their way to becoming fields, with the answers that they have got so far.
struct Expansion: Sendable {
  enum Purpose: Sendable {
    case simple(SimpleCommand)
    case forEach(ForEach)
    case choice(Word, [Case])
    case redirect(Command, [Redirection])
  }
  var purpose: Purpose
  var answers: [String] = []
}

/// A variable as it was before a command's own assignment or `local`.
struct SavedVariable: Sendable {
  var name: String
  var variable: Variables.Variable?
}

/// A descriptor as it was before a redirection: the open file, or nothing.
struct SavedDescriptor: Sendable {
  var descriptor: Int
  var file: Int?
}

/// `read`, while its line is not there yet.
struct ReadCommand: Sendable {
  var names: [String]
  var isRaw = false
  /// The line so far: one that ends in a backslash goes on.
  var text: [UInt8] = []
}
