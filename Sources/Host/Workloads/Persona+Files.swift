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
    if !config.workingDirectory.isEmpty { try? tree.makeDirectory(config.workingDirectory, parents: true, at: .zero) }
    return tree
  }

  private var systemFiles: [(String, String)] {
    var files = [
      ("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"),
      ("/etc/group", "root:x:0:\nnobody:x:65534:\n"),
    ]
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
}
