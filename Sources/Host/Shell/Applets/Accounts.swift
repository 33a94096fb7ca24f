import SimBase

/// The names and numbers of users and groups, as `/etc/passwd` and `/etc/group` have them.
enum Accounts {
  /// The name of a number; the number itself where it has none.
  static func name(of number: UInt32, in path: String, _ files: FileTree) -> String {
    let lines = (files.text(path) ?? "").split(separator: "\n")
    let known = lines.lazy.map { $0.split(separator: ":", omittingEmptySubsequences: false) }
      .first { $0.count > 2 && $0[2] == String(number) }?.first
    return known.map(String.init) ?? (number == 0 ? "root" : String(number))
  }

  /// The number of a name or of a number written out; nil where there is no such name.
  static func number(of name: String, in path: String, _ files: FileTree) -> UInt32? {
    if let number = UInt32(name) { return number }
    let lines = (files.text(path) ?? "").split(separator: "\n")
    let known = lines.lazy.map { $0.split(separator: ":", omittingEmptySubsequences: false) }
      .first { $0.count > 2 && $0[0] == name }
    return known.flatMap { UInt32($0[2]) } ?? (name == "root" ? 0 : nil)
  }
}
