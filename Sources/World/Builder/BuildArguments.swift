import SimBase

/// The variables of a build: what its client gives, which of them have been declared, and with what defaults.
///
/// Source: moby/moby `daemon/builder/dockerfile/buildargs.go`.
public struct BuildArguments: Sendable {
  private let given: Table<String, String>
  /// Declared before the first stage.
  private var global = Table<String, String?>()
  /// Declared in this stage.
  private var local = Table<String, String?>()
  /// Asked for somewhere.
  private var used: Set<String> = []

  /// What a client gives.
  public init(_ given: Table<String, String>) { self.given = given }

  /// Variables that need no declaration: how to reach the outside.
  private static let predeclared: Set<String> = Set(
    ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap { [$0, $0.lowercased()] })

  /// A stage begins: what the one before has declared is forgotten.
  public mutating func beginStage() { local = [:] }

  /// Declares a variable, with a default if it has one.
  public mutating func declare(_ name: String, _ value: String?, isGlobal: Bool) {
    used.insert(name)
    if isGlobal { global[name] = .some(value) } else { local[name] = .some(value ?? global[name] ?? nil) }
  }

  /// The values of what was declared before the first stage.
  public var globals: [Instruction.Pair] { pairs(global) }

  /// The values of what this stage may use.
  public var locals: [Instruction.Pair] {
    var table = local
    for (name, _) in given where BuildArguments.predeclared.contains(name) && table[name] == nil {
      table[name] = .some(nil)
    }
    return pairs(table)
  }

  /// Those of a list that make a difference to a build's result: what leads to the outside does not by itself.
  public func counted(_ pairs: [Instruction.Pair]) -> [Instruction.Pair] {
    pairs.filter { !BuildArguments.predeclared.contains($0.name) || used.contains($0.name) }
  }

  /// What was given and never declared, by name.
  public var unused: [String] {
    given.keys.filter { !used.contains($0) && !BuildArguments.predeclared.contains($0) }
  }

  private func pairs(_ table: Table<String, String?>) -> [Instruction.Pair] {
    table.compactMap { name, value in
      guard let value = given[name] ?? value else { return nil }
      return Instruction.Pair(name: name, value: value)
    }
  }
}
