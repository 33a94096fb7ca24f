import SimBase

/// A running shell as a value: parsed once, stepped through time, copied in mid-run.
///
/// It decides what the commands of a script do: it expands words, opens files in the tree it is handed, moves bytes
/// through pipes, runs its builtins and applets itself, and orders from its host whatever else a command names. It is
/// small machine on small machine. A `Strand` is one process: the shell, a subshell, a stage of a pipeline. A strand's
/// state is its stack of frames; each turn takes the top one, does its work and perhaps puts others in its place.
/// Strands run one after another in the order of their numbers, each until it must wait: for bytes, for room, for a
/// child, for a program of the host, for a moment. When all wait, the step ends, and `nextDeadline` says when time
/// alone would change something.
///
/// A script that never waits (`while true; do :; done`) is cut after a bounded number of turns at one instant and goes on
/// a virtual millisecond later, so a busy loop burns time as it would burn a processor's; one that goes on like that is
/// cut for longer, so that it does not burn the laptop's.
///
/// **Differs from Docker:** one shell serves everywhere, in containers and on nodes: busybox's `ash` by its language and
/// its complaints, with the GNU tools' layout where the two differ in blanks only. Applets and pipes take no time. A
/// signal that ends the shell ends what it has started too, as ^C at a terminal does; one that it traps or ignores
/// reaches nobody else.
public struct ShellProcess: Sendable {
  /// How a shell is started.
  public struct Configuration: Sendable {
    /// Its environment.
    public var environment: Table<String, String>
    /// Where it starts.
    public var directory: String
    /// `$$`.
    public var processID: Int
    /// Whether signals that it does not trap leave it alone, as the kernel does for a container's first process.
    public var isFirstProcess: Bool
    /// Whether it is done only when told: it then keeps its variables for the next script. See `run(_:)`.
    public var isSession: Bool
    /// Whether it is bash rather than a plain shell: it then makes `{1..3}` three words.
    public var isBash: Bool
    /// Whether a person types at it: it then prompts.
    public var isTerminal: Bool
    /// Whether its standard descriptors are a terminal's: for `test -t` and `tty`.
    public var hasTerminal: Bool
    /// The world's zero as seconds since 1970, for `date`.
    public var zeroSeconds: Int64
    /// Whose it is.
    public var user: UserIdentity
    /// Names of programs that the host offers; they go before applets of the same name, and `which` finds them.
    public var programs: [String]
    /// Whether its `timeout` is busybox's, which ends as the signal ended its command; GNU's has a status of its own.
    public var hasBusybox = false
    /// How many bytes one variable may hold before there is no memory left: the container's share, or the machine's.
    public var memory = 64 << 20
    /// Those of them that any fatal signal ends, even as their container's first process, for they handle it.
    public var mortalPrograms: [String]

    /// A shell with these settings.
    public init(
      environment: Table<String, String> = [:], directory: String = "/", processID: Int = 1,
      isFirstProcess: Bool = false, isSession: Bool = false, isBash: Bool = false, isTerminal: Bool = false,
      hasTerminal: Bool = false, zeroSeconds: Int64 = 1_767_225_600, user: UserIdentity = UserIdentity(),
      programs: [String] = [], mortalPrograms: [String] = []
    ) {
      self.environment = environment
      self.directory = directory
      self.processID = processID
      self.isFirstProcess = isFirstProcess
      self.isSession = isSession
      self.isBash = isBash
      self.isTerminal = isTerminal
      self.hasTerminal = hasTerminal
      self.zeroSeconds = zeroSeconds
      self.user = user
      self.programs = programs
      self.mortalPrograms = mortalPrograms
    }
  }

  struct External: Sendable {
    var strand: Int
    /// Whether it has asked for input and not had all of it.
    var isHungry = false
  }

  /// How it was started.
  public let configuration: Configuration
  /// The status with which it has ended; nil while it runs.
  public internal(set) var exitStatus: Int?
  /// When it next does something by itself; nil while it only waits for others.
  public internal(set) var nextDeadline: Instant?

  /// Whether one of its processes was killed for want of memory, and nobody has asked yet.
  var isOutOfMemory = false

  /// Whether one of its processes was killed for want of memory since this was last asked.
  public mutating func takeOutOfMemory() -> Bool {
    defer { isOutOfMemory = false }
    return isOutOfMemory
  }

  var strands = Table<Int, Strand>()
  var plumbing = Plumbing()
  var externals = Table<Int, External>()
  var lastProcessID: Int
  var lastExternal = 0
  /// How often in a row it was cut because it would not wait.
  var cutsInARow = 0
  /// The instant of the last step, and how many frames it has taken at it.
  var pace: (at: Instant, frames: Int) = (.zero, 0)
  /// Signals that one strand sends to another, delivered when neither runs.
  var signals: [(strand: Int, signal: Int)] = []

  /// A shell that will run a script.
  public init(script: String, arguments: [String] = [], name: String = "sh", _ configuration: Configuration = .init()) {
    self.init(name: name, title: "\(name) -c \(script)", configuration)
    let (commands, error) = ShellParser.script(script)
    changeMain { main in
      main.positional = arguments
      main.frames = [.script(commands, next: 0, error: error)]
    }
  }

  /// A process that is started with these words, as a container's command is: `sh -c …`, an applet, or a program of the
  /// host.
  public init(command: [String], _ configuration: Configuration = .init()) {
    let title = command.joined(separator: " ")
    self.init(name: "sh", title: title, configuration)
    changeMain { $0.frames = [.leave, .dispatch(command)] }
  }

  private init(name: String, title: String, _ configuration: Configuration) {
    self.configuration = configuration
    lastProcessID = configuration.processID
    var variables = Variables(exported: configuration.environment)
    variables.set("PWD", configuration.directory)
    var main = Strand(
      processID: configuration.processID, parent: nil, name: name, title: title, variables: variables,
      directory: configuration.directory)
    main.options.expandsBraces = configuration.isBash
    main.descriptors[0] = plumbing.add(.input)
    main.descriptors[1] = plumbing.add(.output(.output))
    main.descriptors[2] = plumbing.add(.output(.error))
    strands[configuration.processID] = main
  }

  private mutating func changeMain(_ change: (inout Strand) -> Void) {
    strands.update(configuration.processID, change)
  }

  /// Gives a session its next script, in the variables, functions and directory that the last one left. The session
  /// must have ended its last script; the next `step` begins the new one.
  public mutating func run(_ script: String) {
    precondition(configuration.isSession, "only a session takes another script")
    let (commands, error) = ShellParser.script(script)
    exitStatus = nil
    changeMain { main in
      main.wait = nil
      main.pendingSignals = []
      main.frames = [.script(commands, next: 0, error: error)]
    }
  }

  /// Whether nothing is left to do: it has ended, and so have all that it started.
  public var isFinished: Bool {
    exitStatus != nil && strands.allSatisfy { if case .ended? = $0.value.wait { true } else { false } }
  }

  /// Its processes with their command lines, the shell first: for `ps` and `docker top`.
  public var processes: [(processID: Int, command: String)] {
    strands.compactMap { entry in
      if case .ended? = entry.value.wait { return nil }
      return (entry.key, entry.value.title)
    }
  }

  /// Where a session is: the directory that its next command starts in.
  public var directory: String { strands[configuration.processID]?.directory ?? configuration.directory }

  /// Tells it something, and lets it do all that it can do now.
  ///
  /// The dice are for `$RANDOM` and `/dev/urandom` alone.
  public mutating func step(
    _ input: ShellInput, at now: Instant, files: inout FileTree, dice: inout Dice, into out: inout Outbox<ShellOrder>
  ) {
    // The tree, the dice and the outbox move into the turn and back: one thing to hand down instead of four.
    var turn = Turn(now: now, files: FileTree.none, dice: dice, out: Outbox())
    swap(&turn.files, &files)
    swap(&turn.out, &out)
    take(input, &turn)
    runAll(&turn)
    swap(&turn.files, &files)
    swap(&turn.out, &out)
    dice = turn.dice
  }
}

/// What a step works with besides the shell itself.
struct Turn {
  let now: Instant
  var files: FileTree
  var dice: Dice
  var out: Outbox<ShellOrder>
}
