extension CommandTree {
  static let volume = Command.group(
    "volume", "Manage volumes",
    [
      VolumeCreate.command, VolumeInspect.command, VolumeList.command, VolumePrune.command, VolumeRemove.command,
      VolumeUpdate.command,
    ])
}
