extension CommandTree {
  static let secret = Command.group(
    "secret", "Manage Swarm secrets", needs: .manager,
    [SecretCreate.command, StoredObjects.secrets.inspect, StoredObjects.secrets.list, StoredObjects.secrets.remove])
}
