import EngineTypes

/// `docker network prune`: removes the networks that nothing uses.
enum NetworkPrune {
  static let command = Command(
    use: "prune [OPTIONS]", short: "Remove all unused networks",
    options: [
      SharedOptions.force, Option("filter", nil, .filter, "Provide filter values (e.g. \"until=<timestamp>\")"),
    ],
    run: { (call: Invocation) throws(Failure) in
      let question =
        "WARNING! This will remove all custom networks not used by at least one container.\n"
        + "Are you sure you want to continue?"
      if !call.flags.isOn("force"), !call.session.confirms(question) { return }
      let answer = try call.session.engine().post("/networks/prune", call.flags.filters().query)
      call.session.write(Pruned.list("Deleted Networks:", answer["NetworksDeleted"]))
    })
}

/// What pruning says it removed.
enum Pruned {
  /// A title, the names and an empty line; nothing where nothing was removed.
  static func list(_ title: String, _ names: JSON) -> String {
    let names = (names.array ?? []).compactMap(\.string)
    return names.isEmpty ? "" : title + "\n" + names.map { $0 + "\n" }.joined() + "\n"
  }

  static func total(_ bytes: Int64) -> String { "Total reclaimed space: \(humanSize(Double(bytes)))" }
}
