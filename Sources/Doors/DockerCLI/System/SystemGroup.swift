extension CommandTree {
  static let system = Command.group(
    "system", "Manage Docker", [SystemDiskUsage.command, SystemEvents.command, SystemInfo.command, SystemPrune.command])
}
