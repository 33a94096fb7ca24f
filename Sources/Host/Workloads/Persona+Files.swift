import Shell
import SimBase

extension Persona {
  /// The files that a fresh container of this image has: a few, which people look at.
  public func freshFiles() -> FileTree {
    var tree = FileTree()
    let directories = [
      "/bin", "/dev", "/etc", "/home", "/proc", "/root", "/run", "/sbin", "/sys", "/tmp", "/usr/bin", "/usr/local/bin",
      "/usr/sbin", "/usr/share", "/var/lib", "/var/log", "/var/tmp",
    ]
    // Paths within a new tree are in nobody's way, so none of these can fail.
    for directory in directories { try? tree.makeDirectory(directory, parents: true, at: .zero) }
    for (path, text) in systemFiles + files.map({ ($0.path, $0.text) }) {
      let parent = path.split(separator: "/").dropLast().joined(separator: "/")
      try? tree.makeDirectory("/" + parent, parents: true, at: .zero)
      try? tree.write(path, Array(text.utf8), at: .zero)
    }
    // One file stands for all tools of this kind; it also tells what an exported file system was.
    if toolbox == .busybox { try? tree.write("/bin/busybox", [], mode: 0o755, at: .zero) }
    if !config.workingDirectory.isEmpty { try? tree.makeDirectory(config.workingDirectory, parents: true, at: .zero) }
    return tree
  }

  private var systemFiles: [(String, String)] {
    var files = [("/etc/passwd", accounts.users), ("/etc/group", accounts.groups)]
    let isAlpine = layers.first == .alpine
    if isAlpine {
      files += [
        ("/etc/alpine-release", "3.22.2\n"),
        (
          "/etc/os-release",
          "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.2\nPRETTY_NAME=\"Alpine Linux v3.22\"\n"
        ),
      ]
    } else if toolbox == .debian {
      files.append(
        (
          "/etc/os-release",
          "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\nID=debian\n"
        ))
    }
    return toolbox == .none ? Array(files.prefix(2)) : files
  }

  /// The image's `/etc/passwd` and `/etc/group`: what its base brings, the server's own account, and whom its config
  /// names.
  private var accounts: (users: String, groups: String) {
    var users = "root:x:0:0:root:/root:/bin/sh\n"
    var groups = "root:x:0:\n"
    func add(_ name: String, _ number: Int, _ home: String) {
      users += "\(name):x:\(number):\(number):\(name):\(home):/sbin/nologin\n"
      groups += "\(name):x:\(number):\n"
    }
    let base = [
      ("bin", 1, "/bin"), ("daemon", 2, "/sbin"), ("adm", 3, "/var/adm"), ("mail", 8, "/var/mail"),
      ("www-data", 33, "/var/www"), ("operator", 37, "/"), ("backup", 34, "/var/backups"), ("games", 60, "/usr/games"),
    ]
    if toolbox != .none { for (name, number, home) in base { add(name, number, home) } }
    let named = config.user.split(separator: ":").map(String.init).filter { Int($0) == nil }
    let own = String(name.split(separator: "/").last ?? "")
    let extra = (["busybox", "alpine", "debian", "ubuntu"].contains(own) ? [] : [own]) + named
    let known = base.map { $0.0 } + ["root", "nobody"]
    for (index, name) in extra.enumerated() where !known.contains(name) && !extra[..<index].contains(name) {
      add(name, 101 + index, "/var/lib/\(name)")
    }
    add("nobody", 65534, "/")
    return (users, groups)
  }
}
