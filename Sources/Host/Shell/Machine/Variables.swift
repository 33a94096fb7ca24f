import SimBase

/// A shell's variables: values, and which of them are exported or read-only.
struct Variables: Sendable {
  struct Variable: Sendable {
    /// Nil for a name that is exported or read-only but not set.
    var value: String?
    var isExported = false
    var isReadOnly = false
  }

  private var table = Table<String, Variable>()
  /// The size in bytes of the largest value that was ever set.
  private(set) var largest = 0

  init() {}

  /// Variables that are all exported: what a program is started with.
  init(exported: Table<String, String>) {
    for (name, value) in exported { table[name] = Variable(value: value, isExported: true) }
  }

  /// The value of a variable; nil if it is not set.
  subscript(name: String) -> String? { table[name]?.value }

  func isReadOnly(_ name: String) -> Bool { table[name]?.isReadOnly ?? false }

  mutating func set(_ name: String, _ value: String) {
    largest = max(largest, value.utf8.count)
    table[name, default: Variable()].value = value
  }
  mutating func unset(_ name: String) { table[name] = nil }
  mutating func export(_ name: String) { table[name, default: Variable()].isExported = true }
  mutating func unexport(_ name: String) { table.update(name) { $0.isExported = false } }
  mutating func makeReadOnly(_ name: String) { table[name, default: Variable()].isReadOnly = true }

  /// What is known of a name, for putting it back as it was.
  func saved(_ name: String) -> Variable? { table[name] }
  mutating func restore(_ name: String, _ variable: Variable?) { table[name] = variable }

  /// What a program that is started now finds in its environment.
  var environment: Table<String, String> {
    Table(table.compactMap { entry in entry.value.isExported ? entry.value.value.map { (entry.key, $0) } : nil })
  }

  /// The names that are set, with their values, in the order of names.
  var all: [(name: String, value: String)] {
    table.compactMap { entry in entry.value.value.map { (entry.key, $0) } }
  }

  var readOnlyNames: [String] { table.compactMap { $0.value.isReadOnly ? $0.key : nil } }
}
