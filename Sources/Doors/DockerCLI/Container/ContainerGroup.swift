extension CommandTree {
  static let container = Command.group("container", "Manage containers", containerCommands)

  /// The commands about containers by their short names; most are also had at the top, some under another name there.
  private static let containerCommands: [Command] = [
    ContainerAttach.command, ContainerCommit.command, ContainerCopy.command, ContainerRun.create,
    ContainerDiff.command, ContainerExec.command, ContainerExport.command, ContainerInspect.command,
    ContainerControl.kill, ContainerLogs.command, ContainerList.command,
    ContainerControl.pause, ContainerPort.command, ContainerPrune.command, ContainerControl.rename,
    ContainerControl.restart, ContainerRemove.command, ContainerRun.run, ContainerStart.command,
    ContainerStats.command, ContainerControl.stop, ContainerTop.command, ContainerControl.unpause,
    ContainerUpdate.command,
    ContainerControl.wait,
  ]
}

extension Command {
  /// The same command under another name: `docker ps` for `docker container ls`.
  func renamed(_ name: String) -> Command {
    var command = self
    command.use = useLine(name)
    command.otherNames = []
    return command
  }
}
