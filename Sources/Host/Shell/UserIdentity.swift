import SimBase

/// Whose a process is, as the kernel knows it: by numbers.
public struct UserIdentity: Sendable, Equatable {
  /// The user's number.
  public var userID = 0
  /// The number of its group.
  public var groupID = 0
  /// Further groups, in the order in which they were given.
  public var groups: [Int] = []
  /// Its home.
  public var home = "/root"

  /// The superuser.
  public init() {}

  /// A user and perhaps a group, by name or number, `web:www-data`, as an image's account files have them; a number
  /// need not be in them.
  ///
  /// Source: moby/sys `user/user.go` (`GetExecUser`).
  public init(_ text: String, in files: FileTree) throws(Unknown) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = parts.first ?? ""
    home = "/"
    if let entry = AccountFile.users(files).entry(name) {
      (userID, groupID) = (entry.number(2), entry.number(3))
      home = entry.field(5).isEmpty ? "/" : entry.field(5)
    } else if let number = Int(name) {
      userID = number
    } else if !name.isEmpty {
      throw .user(name)
    }
    if parts.count > 1, !parts[1].isEmpty { groupID = try UserIdentity.group(parts[1], in: files) }
  }

  /// A group's number, by name or number.
  public static func group(_ text: String, in files: FileTree) throws(Unknown) -> Int {
    if let entry = AccountFile.groups(files).entry(text) { return entry.number(2) }
    guard let number = Int(text) else { throw .group(text) }
    return number
  }

  /// Names that the account files do not have.
  public enum Unknown: Error, Sendable, Equatable {
    /// A user.
    case user(String)
    /// A group.
    case group(String)
  }
}

/// `/etc/passwd` or `/etc/group`: a line per name, fields between colons.
struct AccountFile {
  struct Entry {
    let fields: [String]

    var name: String { field(0) }
    func field(_ place: Int) -> String { place < fields.count ? fields[place] : "" }
    func number(_ place: Int) -> Int { Int(field(place)) ?? 0 }
  }

  let entries: [Entry]

  static func users(_ files: FileTree) -> AccountFile { AccountFile(files.text("/etc/passwd") ?? "") }
  static func groups(_ files: FileTree) -> AccountFile { AccountFile(files.text("/etc/group") ?? "") }

  private init(_ text: String) {
    entries = text.split(separator: "\n").map { line in
      Entry(fields: line.split(separator: ":", omittingEmptySubsequences: false).map(String.init))
    }
  }

  /// The entry of this name, or of this number where no name is the same.
  func entry(_ text: String) -> Entry? {
    entries.first { $0.name == text } ?? Int(text).flatMap { number in name(of: number) }
  }

  /// The entry of a number. A machine without account files has its superuser all the same.
  func name(of number: Int) -> Entry? {
    entries.first { $0.field(2) == String(number) }
      ?? (number == 0 ? Entry(fields: ["root", "x", "0", "0", "root", "/root"]) : nil)
  }
}
