/// What a text is to a shell, for those who collect one line by line.
public enum ShellText {
  /// Whether a script is whole: no quote, here-document, parenthesis or compound command is still open, and no backslash
  /// ends it. One that is wrong in another way is whole.
  public static func isWhole(_ script: String) -> Bool {
    let backslashes = script.reversed().prefix { $0 == "\\" }.count
    if backslashes % 2 == 1 { return false }
    if let error = ShellParser.script(script).error { return !error.isIncomplete }
    return !ShellParser.endsInHereDocument(script)
  }

  /// The names of the commands that a shell runs itself, in the order of their bytes.
  public static let ownCommands: [String] =
    (Applet.names + Builtin.allCases.map(\.rawValue)).sorted()
}
