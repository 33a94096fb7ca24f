import EngineTypes

/// `docker container prune`: removes the containers that have stopped.
enum ContainerPrune {
  static let command = Command(
    use: "prune [OPTIONS]", short: "Remove all stopped containers",
    options: [
      SharedOptions.force, Option("filter", nil, .filter, "Provide filter values (e.g. \"until=<timestamp>\")"),
    ],
    run: { (call: Invocation) throws(Failure) in
      let question = "WARNING! This will remove all stopped containers.\nAre you sure you want to continue?"
      if !call.flags.isOn("force"), !call.session.confirms(question) { return }
      let answer = try call.session.engine().post("/containers/prune", call.flags.filters().query)
      call.session.write(Pruned.list("Deleted Containers:", answer["ContainersDeleted"]))
      call.session.print(Pruned.total(answer["SpaceReclaimed"].int ?? 0))
    })
}
