/// Why a text is not YAML, in the words of Go's parser: `yaml: line 2: …`.
public struct YAMLTrouble: Error {
  /// What is wrong, and in which line.
  public var message: String
  /// Go's parser names no line where it would be the first, counted from zero.
  init(line: Int, _ reason: String) { message = "yaml: \(line > 0 ? "line \(line): " : "")\(reason)" }

  /// What the scanner refuses: the line counts from one, but the very first is not named.
  static func scanner(line: Int, _ reason: String) -> YAMLTrouble { YAMLTrouble(line: line > 1 ? line : 0, reason) }

  /// What does not fit into a collection that began on another line; both count from one, what is said from zero.
  static func parser(start: Int, line: Int, _ reason: String) -> YAMLTrouble {
    YAMLTrouble(line: start > 1 ? start - 1 : line - 1, reason)
  }
}
