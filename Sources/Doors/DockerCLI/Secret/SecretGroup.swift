extension CommandTree {
  static let secret = Command.group(
    "secret", "Manage Swarm secrets",
    [SecretCreate.command, StoredObjects.secrets.inspect, StoredObjects.secrets.list, StoredObjects.secrets.remove])
}
