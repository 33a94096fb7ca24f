import EngineTypes
import SimBase

extension CommandTree {
  static let stack = Command(
    use: "stack COMMAND", short: "Manage Swarm stacks",
    options: [Option("orchestrator", nil, hidden: true, "Orchestrator to use (swarm|all)")], need: .manager,
    children: [
      StackConfig.command, StackDeploy.command, StackList.command, StackTasks.command, StackRemove.command,
      StackServices.command,
    ])
}

/// The objects of one stack: they carry its name as a label, and in their own names.
struct StackNamespace {
  var name: String

  static let label = "com.docker.stack.namespace"
  static let imageLabel = "com.docker.stack.image"

  /// Refuses a name of blanks and quotes only.
  init(_ name: String) throws(Failure) {
    if name.trimmed().allSatisfy({ "'\" ".contains($0) }) { throw Failure("invalid stack name: \(name.goQuoted)") }
    self.name = name
  }

  /// An object's full name.
  func scoped(_ short: String) -> String { name + "_" + short }

  /// A full name without the stack's.
  func descoped(_ full: String) -> String { full.hasPrefix(name + "_") ? String(full.dropFirst(name.count + 1)) : full }

  /// Filters for what belongs to the stack.
  var filters: Filters { Filters(("label", "\(Self.label)=\(name)")) }

  /// Labels and the stack's own.
  func labels(_ json: JSON) -> Table<String, String> {
    var labels = ComposeForms.map(json)
    labels[Self.label] = name
    return labels
  }
}
