/// A parsed template: what `--format` prints, as a tree.
///
/// Source: Go `text/template/parse`.
indirect enum TemplateNode: Sendable {
  case text(String)
  case action(Pipeline)
  case branch(Pipeline, then: [TemplateNode], otherwise: [TemplateNode])
  case with(Pipeline, then: [TemplateNode], otherwise: [TemplateNode])
  case range(Pipeline, body: [TemplateNode], otherwise: [TemplateNode])
  case breakLoop
  case continueLoop
  /// `{{template "name" pipeline}}`, and what `block` leaves in its place.
  case call(String, Pipeline?, offset: Int)

  /// Commands joined by `|`, and the variables that their value goes to.
  struct Pipeline: Sendable {
    var variables: [String] = []
    /// Whether the variables exist already: `=`, not `:=`.
    var assigns = false
    var commands: [Command] = []
    var offset = 0

    var text: String {
      let names = variables.isEmpty ? "" : variables.joined(separator: ", ") + (assigns ? " = " : " := ")
      return names + commands.map(\.text).joined(separator: " | ")
    }
  }

  /// A word and its arguments.
  struct Command: Sendable {
    var words: [Word]
    var offset = 0
    var text: String { words.map(\.text).joined(separator: " ") }
  }

  /// One operand of a command, and where it stands in bytes: errors say so.
  indirect enum Word: Sendable {
    case dot(offset: Int)
    case null(offset: Int)
    case field([String], offset: Int)
    case variable([String], offset: Int)
    case function(String, offset: Int)
    case constant(GoValue, text: String, offset: Int)
    case nested(Pipeline, fields: [String], offset: Int)

    /// Where it stands.
    var offset: Int {
      switch self {
      case .dot(let offset), .null(let offset), .field(_, let offset), .variable(_, let offset),
        .function(_, let offset), .constant(_, _, let offset), .nested(_, _, let offset):
        offset
      }
    }

    /// Whether it may stand behind a pipe.
    var isCallable: Bool {
      switch self {
      case .dot, .null, .constant: false
      case .field, .variable, .function, .nested: true
      }
    }

    /// The operand as errors quote it.
    var text: String {
      switch self {
      case .dot: "."
      case .null: "nil"
      case .field(let names, _): names.map { "." + $0 }.joined()
      case .variable(let names, _): names.joined(separator: ".")
      case .function(let name, _): name
      case .constant(_, let text, _): text
      case .nested(let pipeline, let fields, _): "(\(pipeline.text))" + fields.map { "." + $0 }.joined()
      }
    }
  }
}

/// Why a template cannot be read or run: `template: :1:2: executing "" at <.Nope>: can't evaluate field Nope in …`.
public struct TemplateError: Error, Equatable {
  /// Go's words.
  public var message: String

  /// An error in these words.
  public init(message: String) { self.message = message }
}
