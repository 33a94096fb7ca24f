import SimBase

/// The commands of `docker`.
enum CommandTree {
  /// Docker itself: the global flags and every command.
  static let root = Command(
    use: "docker [OPTIONS] COMMAND [ARG...]", short: "A self-sufficient runtime for containers", options: globalOptions,
    children: common + management + swarmGroups + others)

  private static let settings = "/root/.docker"

  /// The global flags, whose defaults tell where this user's settings are.
  static func globalOptions(in host: any CLIHost) -> [Option] {
    let folder = Session(host: host, globals: GlobalOptions()).configFolder
    return globalOptions.map { option in
      var option = option
      if option.initial.hasPrefix(settings) { option.initial = folder + option.initial.dropFirst(settings.count) }
      return option
    }
  }

  private static let globalOptions = [
    Option("config", nil, default: settings, "Location of client config files"),
    Option(
      "context", "c",
      "Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context set"
        + " with \"docker context use\")"),
    Option("debug", "D", .bool, "Enable debug mode"),
    Option("host", "H", .list, "Daemon socket to connect to"),
    Option(
      "log-level", "l", default: "info", "Set the logging level (\"debug\", \"info\", \"warn\", \"error\", \"fatal\")"),
    Option("tls", nil, .bool, "Use TLS; implied by --tlsverify"),
    Option("tlscacert", nil, default: settings + "/ca.pem", "Trust certs signed only by this CA"),
    Option("tlscert", nil, default: settings + "/cert.pem", "Path to TLS certificate file"),
    Option("tlskey", nil, default: settings + "/key.pem", "Path to TLS key file"),
    Option("tlsverify", nil, .bool, "Use TLS and verify the remote"),
    Option("version", "v", .bool, "Print version information and quit"),
  ]

  private static let common = [
    ContainerRun.run, ContainerExec.command, ContainerList.command.renamed("ps"),
    ImageBuild.command, ImagePull.command, ImagePush.command,
    ImageList.command.renamed("images"), RegistryCommands.login,
    RegistryCommands.logout, ImageSearch.command, SystemVersion.command, SystemInfo.command,
  ]
  private static let management = [
    builder, checkpoint, container, context, image, manifest, network, plugin, system, trust, volume,
  ]
  private static let swarmGroups = [config, node, secret, service, stack, swarm]
  private static let others = [
    ContainerAttach.command, ContainerCommit.command, ContainerCopy.command, ContainerRun.create,
    ContainerDiff.command, SystemEvents.command, ContainerExport.command, ImageHistory.command, ImageArchives.import,
    InspectAny.command, ContainerControl.kill, ImageArchives.load, ContainerLogs.command, ContainerControl.pause,
    ContainerPort.command,
    ContainerControl.rename, ContainerControl.restart, ContainerRemove.command,
    ImageRemove.command.renamed("rmi"), ImageArchives.save, ContainerStart.command, ContainerStats.command,
    ContainerControl.stop,
    ImageTag.command, ContainerTop.command, ContainerControl.unpause, ContainerUpdate.command,
    ContainerControl.wait,
  ]

  /// Containers as they are at an instant, frozen to be gone on with: for engines with experimental features.
  private static let checkpoint = Command(
    use: "checkpoint COMMAND", short: "Manage checkpoints", isHidden: true, needsExperimentalEngine: true,
    children: ["create", "ls", "rm"].map { Command(use: $0, short: "") })

  /// `docker --help`: the commands in their sections.
  static func rootHelp(in session: Session) -> String {
    let standing = session.engine().standing
    let column = max(11, root.children.map { $0.name.count + 1 }.max() ?? 0)
    func section(_ title: String, _ all: [Command]) -> String {
      let commands = all.filter { $0.isShown(to: standing) }
      return commands.isEmpty
        ? "" : "\n\(title):\n" + commands.map { "  \($0.name.padded(to: column)) \($0.short)\n" }.joined()
    }
    return "Usage:  docker [OPTIONS] COMMAND\n\n\(root.short)\n"
      + section("Common Commands", common) + section("Management Commands", management)
      + section("Swarm Commands", swarmGroups) + section("Commands", others)
      + "\nGlobal Options:\n" + HelpText.list(globalOptions(in: session.host), width: session.helpWidth) + "\n"
      + "\nRun 'docker COMMAND --help' for more information on a command.\n\n"
      + "For more help on how to use Docker, head to https://docs.docker.com/go/guides/\n"
  }
}
