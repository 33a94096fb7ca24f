import EngineTypes
import SimBase

/// `docker login` and `logout`: the credentials for a registry, kept in the user's settings.
///
/// Source: docker/cli `cli/command/registry/login.go`, `logout.go`. **Differs from Docker:** no credential helpers, no
/// login by a web browser.
enum RegistryCommands {
  static let login = Command(
    use: "login [OPTIONS] [SERVER]", short: "Authenticate to a registry",
    long: "Authenticate to a registry.\nDefaults to Docker Hub if no server is specified.", arity: .atMost(1),
    options: [
      Option("username", "u", "Username"), Option("password", "p", "Password or Personal Access Token (PAT)"),
      Option("password-stdin", nil, .bool, "Take the Password or Personal Access Token (PAT) from stdin"),
    ], run: runLogin)

  static let logout = Command(
    use: "logout [SERVER]", short: "Log out from a registry",
    long: "Log out from a registry.\nIf no server is specified, the default is defined by the daemon.",
    arity: .atMost(1), run: runLogout)

  private static let hub = "https://index.docker.io/v1/"

  private static func server(_ call: Invocation) -> String {
    let given = call.arguments.first ?? ""
    if given.isEmpty || given == "docker.io" { return hub }
    let bare = given.replacing("https://", with: "").replacing("http://", with: "")
    return bare.cut("/")?.before ?? bare
  }

  private static func runLogin(_ call: Invocation) throws(Failure) {
    let (flags, session) = (call.flags, call.session)
    var password = flags.text("password")
    if flags.isOn("password-stdin") {
      if flags.isSet("password") {
        throw Failure(
          "conflicting options: cannot specify both --password and --password-stdin")
      }
      if flags.text("username").isEmpty {
        throw Failure(
          "the --password-stdin option requires --username to be set")
      }
      password = String(decoding: session.readAllInput(), as: UTF8.self)
      while let last = password.last, last.isNewline { password.removeLast() }
    } else if flags.isSet("password") {
      session.warn("WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
    }
    var user = flags.text("username")
    if user.isEmpty {
      guard session.host.isTerminal(.input) else {
        throw Failure("Error: Cannot perform an interactive login from a non TTY device")
      }
      session.write("Username: ")
      user = session.readLine().trimmed()
    }
    if password.isEmpty {
      guard session.host.isTerminal(.input) else {
        throw Failure("Error: Cannot perform an interactive login from a non TTY device")
      }
      session.write("Password: ")
      password = session.readLine()
      session.write("\n")
    }
    let server = server(call)
    let answer = try session.engine().post(
      "/auth",
      body: ["username": .string(user), "password": .string(password), "serveraddress": .string(server)])
    let token = base64Text(Array("\(user):\(password)".utf8))
    try save(server, ["auth": .string(token)], in: session)
    session.warn(
      "\nWARNING! Your credentials are stored unencrypted in '\(session.configFolder)/config.json'.\n"
        + "Configure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n")
    if let status = answer["Status"].string, !status.isEmpty { session.print(status) }
  }

  private static func runLogout(_ call: Invocation) throws(Failure) {
    let server = server(call)
    call.session.print("Removing login credentials for \(server)")
    try save(server, nil, in: call.session)
  }

  /// Puts one registry's credentials into the settings, or takes them out.
  private static func save(_ server: String, _ entry: JSON?, in session: Session) throws(Failure) {
    var entries = (session.settings["auths"].fields ?? []).filter { $0.key != server }
    if let entry { entries.append(.init(server, entry)) }
    let others = (session.settings.fields ?? []).filter { $0.key != "auths" }
    let settings = JSON.object([.init("auths", .object(entries.sorted { $0.key < $1.key }))] + others)
    do throws(FileTrouble) {
      let text = indentedJSON(Array(settings.text.utf8), by: "\t")
      try session.host.writeFile(session.configFolder + "/config.json", Array(text.utf8))
    } catch {
      throw Failure("Error saving credentials: \(error.reason)")
    }
    session.settings = settings
  }
}
