import SimBase

/// Where a shell's words go.
public enum ShellStream: Sendable, Hashable {
  /// Standard output.
  case output
  /// Standard error.
  case error
}

/// Names a program that the shell has asked its host to run. Numbers never repeat within a shell.
public struct ExternalID: Hashable, Comparable, Sendable {
  /// The number.
  public let number: Int

  /// Earlier programs come first.
  public static func < (a: ExternalID, b: ExternalID) -> Bool { a.number < b.number }
}

/// A program that is neither the shell's nor among its applets: the host runs it, or says that there is none.
public struct ExternalCommand: Sendable, Equatable {
  /// Its name and arguments.
  public var arguments: [String]
  /// What it finds in its environment.
  public var environment: Table<String, String>
  /// The directory in which it starts.
  public var directory: String

  /// A program to run.
  public init(arguments: [String], environment: Table<String, String> = [:], directory: String = "/") {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }
}

/// What a shell is told.
public enum ShellInput: Sendable {
  /// It is to begin.
  case start
  /// Its `nextDeadline` has come.
  case wake
  /// Bytes on its standard input.
  case bytes([UInt8])
  /// Its standard input has ended.
  case endOfInput
  /// A signal by its number: 15 is TERM.
  case signal(Int)
  /// A program that runs for it has written something.
  case wrote(ExternalID, ShellStream, [UInt8])
  /// A program that runs for it would read from its standard input. Asked for, because most never do: a shell's next command
  /// finds what this one left.
  case wantsInput(ExternalID)
  /// A program that ran for it has ended with this status.
  case ended(ExternalID, status: Int)
  /// There is no program of that name.
  case notFound(ExternalID)
}

/// What a shell wants done.
public enum ShellOrder: Sendable, Equatable {
  /// Bytes go out on its standard output or standard error.
  case write(ShellStream, [UInt8])
  /// A program is to be run; what it prints and how it ends come back as inputs.
  case run(ExternalID, ExternalCommand)
  /// Bytes for a program that asked for input.
  case feed(ExternalID, [UInt8])
  /// A program that asked for input has had all of it.
  case endFeed(ExternalID)
  /// A program is sent a signal.
  case signal(ExternalID, Int)
  /// The shell has ended with this status. Commands that it left in the background may still run.
  case exit(Int)
}
