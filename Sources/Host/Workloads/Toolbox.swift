// Which everyday commands an image has. The shell brings most of them along; what it lacks is asked of its host.

extension Persona.Toolbox {
  static let everywhere: Set<String> = [
    "[", "awk", "base64", "basename", "cat", "chmod", "chown", "cp", "cut", "date", "dd", "df", "dirname", "du", "echo",
    "egrep", "env", "expr", "false", "fgrep", "find", "grep", "gzip", "head", "hostname", "id", "kill", "ln", "ls",
    "md5sum", "mkdir", "mktemp", "mount", "mv", "nl", "nohup", "nproc", "paste", "printenv", "printf", "pwd",
    "readlink",
    "realpath", "rev", "rm", "rmdir", "sed", "seq", "sh", "sha256sum", "sleep", "sort", "stat", "sync", "tac", "tail",
    "tar", "tee", "test", "timeout", "touch", "tr", "true", "tty", "uname", "uniq", "wc", "which", "whoami", "xargs",
    "yes",
  ]
  static let busyboxOnly: Set<String> = [
    "arp", "ash", "busybox", "clear", "crond", "free", "httpd", "ifconfig", "ip", "less", "more", "nc", "netstat",
    "nslookup", "pgrep", "ping", "pkill", "ps", "route", "strings", "telnet", "time", "top", "traceroute", "uptime",
    "usleep", "vi", "watch", "wget",
  ]
  static let debianOnly: Set<String> = ["bash", "dash", "getent"]

  /// Tools that are neither the shell's nor among its applets: whoever holds the process runs them.
  static let hosted: [String] = [
    "arp", "clear", "curl", "df", "dig", "docker", "free", "getent", "hostname", "httpd", "ifconfig", "ip", "mount",
    "mysqladmin", "nc", "netstat", "nslookup", "pg_isready", "pgrep", "ping", "pkill", "ps", "redis-cli", "route",
    "telnet",
    "top", "traceroute", "uptime", "wget",
  ]

  /// Tools that handle signals to put the terminal right, and then die of them, even as a container's first process.
  /// Source: busybox `procps/top.c` (`sig_catcher`).
  static let mortal: [String] = ["top"]
}

extension Persona {
  /// Whether the image has a tool of this name.
  public func has(tool name: String) -> Bool {
    if extraTools.contains(name) { return true }
    switch toolbox {
    case .none: return false
    case .busybox: return Toolbox.everywhere.contains(name) || Toolbox.busyboxOnly.contains(name)
    case .debian: return Toolbox.everywhere.contains(name) || Toolbox.debianOnly.contains(name)
    }
  }

  /// The tools and programs of the image that a shell in it must leave to its host.
  var hostedTools: [String] {
    Toolbox.hosted.filter { has(tool: $0) } + binaries.flatMap { $0.arguments == nil ? $0.names : [] }
  }
}
