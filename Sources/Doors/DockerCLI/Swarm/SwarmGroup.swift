extension CommandTree {
  static let swarm = Command.group(
    "swarm", "Manage Swarm",
    [
      SwarmCA.command, SwarmInit.command, SwarmJoin.command, SwarmJoinToken.command, SwarmLeave.command,
      SwarmUnlock.command, SwarmUnlockKey.command, SwarmUpdate.command,
    ])
}
