import EngineTypes
import SimBase

/// `docker secret create`: a secret from a file or the standard input.
///
/// Source: docker/cli `cli/command/secret/create.go`.
enum SecretCreate {
  static let command = Command(
    use: "create [OPTIONS] SECRET [file|-]", short: "Create a secret from a file or STDIN as content",
    arity: .between(1, 2),
    options: [
      Option("label", "l", .labels, "Secret labels"), Option("driver", "d", "Secret driver"),
      Option("template-driver", nil, "Template driver"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    var spec = GoValue.zero("swarm.SecretSpec")
    spec["Name"] = .string(call.arguments[0])
    spec["Labels"] = .strings(call.flags.map("label"))
    let driver = call.flags.text("driver")
    if !driver.isEmpty {
      if call.arguments.count > 1 { throw Failure("When using secret driver secret data must be empty") }
      spec["Driver"]["Name"] = .string(driver)
    } else {
      guard call.arguments.count > 1 else { throw Failure("secret file is required") }
      spec["Data"] = .bytes(try StoredObjects.contents(of: call.arguments[1], in: call.session))
    }
    if call.flags.isSet("template-driver") { spec["Templating"]["Name"] = .string(call.flags.text("template-driver")) }
    call.session.print(try call.session.engine().post("/secrets/create", body: spec.json)["ID"].string ?? "")
  }
}
