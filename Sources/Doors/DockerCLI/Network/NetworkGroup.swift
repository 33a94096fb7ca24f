extension CommandTree {
  static let network = Command.group(
    "network", "Manage networks",
    [
      NetworkAttach.connect, NetworkCreate.command, NetworkAttach.disconnect, NetworkInspect.command,
      NetworkList.command, NetworkPrune.command, NetworkRemove.command,
    ])
}
