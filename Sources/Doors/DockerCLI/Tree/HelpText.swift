import SimBase

/// What `--help` prints.
///
/// Source: docker/cli `cli/cobra.go` (the template); spf13/pflag `flag.go` (`FlagUsagesWrapped`, `wrap`).
struct HelpText {
  /// The command's full name: `docker service create`.
  let path: String
  let command: Command
  /// What the engine says of its part in a swarm; nil if it did not tell.
  var standing: SwarmStanding?
  /// The columns that the flags' texts wrap at.
  var width = 79

  var text: String {
    var sections = ["Usage:  " + command.useLine(path), command.long ?? command.short]
    if command.isExperimental { sections.append(Self.experimental(path)) }
    if !command.aliases.isEmpty { sections.append("Aliases:\n  " + command.aliases.joined(separator: ", ")) }
    let options = command.options.filter { $0.isShown(to: standing) }
    if !options.isEmpty { sections.append("Options:\n" + Self.list(options, width: width)) }
    let children = command.children.filter { $0.isShown(to: standing) }
    if !children.isEmpty {
      let column = max(11, children.map { $0.name.count }.max() ?? 0)
      func section(_ title: String, _ commands: [Command]) {
        if commands.isEmpty { return }
        let lines = commands.sorted { $0.name < $1.name }.map { "  \($0.name.padded(to: column)) \($0.short)" }
        sections.append("\(title):\n" + lines.joined(separator: "\n"))
      }
      section("Management Commands", children.filter { !$0.children.isEmpty })
      section("Commands", children.filter { $0.children.isEmpty })
      sections.append("Run '\(path) COMMAND --help' for more information on a command.")
    }
    return sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  private static func experimental(_ path: String) -> String {
    """
    EXPERIMENTAL:
      \(path) is an experimental feature.
      Experimental features provide early access to product functionality. These
      features may change between releases without warning, or can be removed from a
      future release. Learn more about experimental features in our documentation:
      https://docs.docker.com/go/experimental/
    """
  }

  /// The flags, a line or more each, without the last newline.
  static func list(_ options: [Option], width: Int) -> String {
    let sorted = options.sorted { $0.name < $1.name }
    let heads = sorted.map { option in
      let word = option.word.isEmpty ? "" : " " + option.word
      return (option.short.map { "  -\($0), --" } ?? "      --") + option.name + word
    }
    let column = (heads.map(\.count).max() ?? 0) + 3
    let lines = zip(heads, sorted).map { head, option in
      head.padded(to: column) + wrapped(option.usage + option.defaultNote, column: column, width: width)
    }
    return lines.joined(separator: "\n")
  }

  /// Text in a column, its further lines indented to it.
  private static func wrapped(_ text: String, column: Int, width: Int) -> String {
    var column = column
    var room = width - column
    var result = ""
    if room < 24 {
      // Too narrow a column: the text goes below, at 16.
      column = 16
      room = width - column
      result = "\n" + String(repeating: " ", count: column)
    }
    if room < 24 { return text.replacing("\n", with: result) }
    let indent = "\n" + String(repeating: " ", count: column)
    var (line, rest) = split(text, room: room - 5, slop: 5)
    result += line.replacing("\n", with: indent)
    while !rest.isEmpty {
      (line, rest) = split(rest, room: room - 5, slop: 5)
      result += indent + line.replacing("\n", with: indent)
    }
    return result
  }

  /// A line's worth of text, and the rest; up to `slop` more where all of it then fits.
  private static func split(_ text: String, room: Int, slop: Int) -> (String, String) {
    if room + slop > text.count { return (text, "") }
    let window = text.prefix(room)
    guard let blank = window.lastIndex(where: { " \t\n".contains($0) }), blank > text.startIndex else {
      return (text, "")
    }
    if let newline = window.firstIndex(of: "\n"), newline > text.startIndex, newline < blank {
      return (String(text[..<newline]), String(text[text.index(after: newline)...]))
    }
    return (String(text[..<blank]), String(text[text.index(after: blank)...]))
  }
}
