import EngineTypes
import SimBase

extension CommandTree {
  static let config = Command.group(
    "config", "Manage Swarm configs", needs: .manager,
    [ConfigCreate.command, StoredObjects.configs.inspect, StoredObjects.configs.list, StoredObjects.configs.remove])
}

/// `docker config create`: a config from a file or the standard input.
///
/// Source: docker/cli `cli/command/config/create.go`.
enum ConfigCreate {
  static let command = Command(
    use: "create [OPTIONS] CONFIG file|-", short: "Create a config from a file or STDIN", arity: .exactly(2),
    options: [
      Option("label", "l", .labels, "Config labels"), Option("template-driver", nil, "Template driver"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    var spec = GoValue.zero("swarm.ConfigSpec")
    spec["Name"] = .string(call.arguments[0])
    spec["Labels"] = .strings(call.flags.map("label"))
    let path = call.arguments[1]
    do throws(Failure) {
      spec["Data"] = .bytes(try StoredObjects.contents(of: path, in: call.session))
    } catch {
      throw Failure("Error reading content from \(path.goQuoted): \(error.message)")
    }
    if call.flags.isSet("template-driver") { spec["Templating"]["Name"] = .string(call.flags.text("template-driver")) }
    call.session.print(try call.session.engine().post("/configs/create", body: spec.json)["ID"].string ?? "")
  }
}
