import SimBase

extension CommandTree {
  static let trust = Command.group(
    "trust", "Manage trust on Docker images",
    [
      .group("key", "Manage keys for signing Docker images", [TrustCommands.generateKey, TrustCommands.loadKey]),
      .group(
        "signer", "Manage entities who can sign Docker images",
        [TrustCommands.addSigner, TrustCommands.removeSigner]),
      TrustCommands.inspect, TrustCommands.revoke, TrustCommands.sign,
    ])
}

/// `docker trust`: signatures of images.
///
/// **Differs from Docker:** there is no notary server that would hold signatures: no image is signed, and nothing can be.
/// Source: docker/cli `cli/command/trust`.
enum TrustCommands {
  static let inspect = Command(
    use: "inspect IMAGE[:TAG] [IMAGE[:TAG]...]", short: "Return low-level information about keys and signatures",
    arity: .atLeast(1), options: [SharedOptions.pretty],
    run: { (call: Invocation) throws(Failure) in
      let isPretty = call.flags.isOn("pretty")
      if !isPretty { call.session.print("[]") }
      let names = isPretty ? Array(call.arguments.prefix(1)) : call.arguments
      throw Failure(names.map { "no signatures or cannot access \($0)" }.joined(separator: "\n"))
    })

  static let revoke = refusing(
    "revoke [OPTIONS] IMAGE[:TAG]", "Remove trust for an image", .exactly(1),
    [Option("yes", "y", .bool, "Do not prompt for confirmation")])
  static let sign = refusing(
    "sign IMAGE:TAG", "Sign an image", .exactly(1), [Option("local", nil, .bool, "Sign a locally tagged image")])
  static let generateKey = refusing(
    "generate NAME", "Generate and load a signing key-pair", .exactly(1),
    [Option("dir", nil, "Directory to generate key in, defaults to current directory")])
  static let loadKey = refusing(
    "load [OPTIONS] KEYFILE", "Load a private key file for signing", .exactly(1),
    [Option("name", nil, default: "signer", "Name for the loaded key")])
  static let addSigner = refusing(
    "add OPTIONS NAME REPOSITORY [REPOSITORY...] ", "Add a signer", .atLeast(2),
    [Option("key", nil, .list, "Path to the signer's public key file")])
  static let removeSigner = refusing(
    "remove [OPTIONS] NAME REPOSITORY [REPOSITORY...]", "Remove a signer", .atLeast(2),
    [Option("force", "f", .bool, "Do not prompt for confirmation before removing the most recent signer")])

  private static func refusing(_ use: String, _ short: String, _ arity: Command.Arity, _ options: [Option]) -> Command {
    Command(
      use: use, short: short, arity: arity, options: options,
      run: { (call: Invocation) throws(Failure) in
        throw Failure("\(call.path): the lab has no notary server, so that images cannot be signed there")
      })
  }
}
