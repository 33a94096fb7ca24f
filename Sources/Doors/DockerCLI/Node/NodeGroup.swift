import EngineTypes

extension CommandTree {
  static let node = Command.group(
    "node", "Manage Swarm nodes", needs: .manager,
    [
      NodeRole.demote, NodeInspect.command, NodeList.command, NodeRole.promote, NodeTasks.command, NodeRemove.command,
      NodeUpdate.command,
    ])
}

/// The ID that a node's name stands for: `self` is the node that answers.
func nodeReference(_ name: String, _ engine: Engine) throws(Failure) -> String {
  guard name == "self" else { return name }
  let swarm = try engine.get("/info")["Swarm"]
  if let id = swarm["NodeID"].string, !id.isEmpty { return id }
  // Listing makes the engine say why there is no such node.
  _ = try engine.get("/nodes")
  throw Failure("node ID not found in /info")
}
