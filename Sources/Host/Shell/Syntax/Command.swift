/// A command of the shell's language, parsed.
indirect enum Command: Sendable {
  case simple(SimpleCommand)
  case pipeline([Command], isNegated: Bool)
  case and(Command, Command)
  case or(Command, Command)
  case sequence([Command])
  case background(Command)
  case subshell(Command)
  case conditional([Clause], otherwise: Command?)
  case loop(Loop)
  case forEach(ForEach)
  case choice(Word, [Case])
  case function(name: String, body: Command)
  case redirected(Command, [Redirection])
}

/// Assignments, words and redirections: what most commands are.
struct SimpleCommand: Sendable {
  var assignments: [Assignment] = []
  var words: [Word] = []
  var redirections: [Redirection] = []
}

/// `name=word` before a command.
struct Assignment: Sendable {
  var name: String
  var value: Word
}

/// `if` or `elif` with what follows its `then`.
struct Clause: Sendable {
  var condition: Command
  var body: Command
}

/// `while` or `until`.
struct Loop: Sendable {
  var condition: Command
  var body: Command
  var isUntil: Bool
}

/// `for name in words`; without words, over the positional parameters.
struct ForEach: Sendable {
  var name: String
  var words: [Word]?
  var body: Command
}

/// One branch of a `case`.
struct Case: Sendable {
  var patterns: [Word]
  var body: Command?
}

/// Where a descriptor of a command leads.
struct Redirection: Sendable {
  enum Kind: Sendable {
    case read, write, append, readWrite
    case duplicate
    /// `&>` and `&>>`: standard output and standard error together.
    case both(append: Bool)
    case here, hereString
  }
  var descriptor: Int
  var kind: Kind
  /// A path, a descriptor's number, or the text of a here-document.
  var target: Word
}

/// A word before expansion.
struct Word: Sendable {
  var parts: [WordPart] = []

  /// The text of a word that has nothing to expand and no quotes: reserved words, names.
  var bareText: String? {
    var text = ""
    for part in parts {
      guard case .text(let piece, isQuoted: false) = part else { return nil }
      text += piece
    }
    return text
  }
}

/// A piece of a word.
indirect enum WordPart: Sendable {
  case text(String, isQuoted: Bool)
  case parameter(Parameter, isQuoted: Bool)
  case command(Command, isQuoted: Bool)
  case arithmetic(Word, isQuoted: Bool)
  /// `~` or `~user` at a word's start.
  case tilde(String)
}

/// `$name` or `${name…}`.
struct Parameter: Sendable {
  enum Operation: Sendable {
    case plain
    case length
    /// `${x:-w}`; without the colon an empty value counts as one.
    case orElse(Word, colon: Bool)
    case orAssign(Word, colon: Bool)
    case orFail(Word, colon: Bool)
    case ifSet(Word, colon: Bool)
    case removePrefix(Word, longest: Bool)
    case removeSuffix(Word, longest: Bool)
    case slice(offset: Word, length: Word?)
    case replace(Word, with: Word, all: Bool)
  }
  var name: String
  var operation: Operation
}

/// Why a text is no command.
struct SyntaxError: Error, Sendable {
  /// What the shell says after `syntax error: `.
  var message: String
  /// Whether more text could mend it: an interactive shell then asks for another line.
  var isIncomplete = false
}
