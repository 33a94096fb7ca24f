extension CommandTree {
  static let service = Command.group(
    "service", "Manage Swarm services", needs: .manager,
    [
      ServiceList.command, ServiceTasks.command, ServiceRemove.command, ServiceScale.command, ServiceRollback.command,
      ServiceInspect.command, ServiceLogs.command, ServiceCreate.command,
      ServiceUpdate.command,
    ])
}
