extension CommandTree {
  static let image = Command.group(
    "image", "Manage images",
    [
      ImageBuild.command, ImageArchives.import, ImageArchives.load, ImageArchives.save, ImageHistory.command,
      ImageInspect.command, ImageList.command, ImagePrune.command, ImagePull.command,
      ImagePush.command, ImageRemove.command, ImageTag.command,
    ])
}
