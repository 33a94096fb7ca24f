extension CommandTree {
  static let image = Command.group(
    "image", "Manage images",
    [
      ImageHistory.command, ImageInspect.command, ImageList.command, ImagePrune.command, ImagePull.command,
      ImagePush.command, ImageRemove.command, ImageTag.command,
    ])
}
