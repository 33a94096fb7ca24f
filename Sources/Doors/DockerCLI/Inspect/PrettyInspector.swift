/// `inspect` of what has a form for people, too: nodes, services, secrets and configs.
///
/// Source: docker/cli `cli/command/node/inspect.go`, `cli/command/service/inspect.go`.
enum PrettyInspector {
  /// Prints the objects that the arguments name: in that form, one after the other and nothing if one cannot be found,
  /// where `format` is `pretty`; else as any `inspect` does.
  static func run(
    _ call: Invocation, format: String, find: (String) throws(Failure) -> Inspector.Element,
    pretty: (GoValue) throws(Failure) -> String
  ) throws(Failure) {
    guard format == "pretty" else {
      return try Inspector.run(call.arguments, format: format, in: call.session, find: find)
    }
    var output = ""
    for name in call.arguments { output += try pretty(try find(name).typed ?? .none) + "\n" }
    call.session.write(output)
  }
}

extension Invocation {
  /// `--format`, or `pretty` where that flag is given, which goes before it.
  func prettyOrFormat() throws(Failure) -> String {
    if flags.isOn("pretty") { return "pretty" }
    let format = flags.text("format")
    if format.hasPrefix("pretty"), format != "pretty" {
      throw Failure("cannot supply extra formatting options to the pretty template")
    }
    return format
  }
}
