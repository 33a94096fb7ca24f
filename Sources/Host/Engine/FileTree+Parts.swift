import Shell
import SimBase

extension FileTree {
  /// The name under which a subtree that is a single file keeps it.
  private static var lone: String { "/\u{1}" }

  /// What is at a path as a tree of its own; an empty one if nothing is.
  func subtree(at path: String) -> FileTree {
    var tree = FileTree()
    if let entry = entry(path), case .file(let bytes) = entry.content {
      try? tree.write(FileTree.lone, bytes, mode: entry.mode, at: entry.modified)
    } else {
      copy(from: path, into: &tree, at: "/")
    }
    return tree
  }

  /// Puts a tree at a path, in place of what is there.
  mutating func graft(_ tree: FileTree, at path: String, at now: Instant) {
    if let entry = tree.entry(FileTree.lone), case .file(let bytes) = entry.content {
      makeParent(of: path, at: now)
      try? write(path, bytes, mode: entry.mode, at: entry.modified)
      return
    }
    if path != "/" { try? remove(path, recursive: true) }
    try? makeDirectory(path, parents: true, at: now)
    tree.copy(from: "/", into: &self, at: path)
  }

  /// All paths but the root's, parents before children.
  var paths: [String] {
    var found: [String] = []
    var open = ["/"]
    while let directory = open.popLast() {
      for name in (try? list(directory)) ?? [] {
        let path = directory == "/" ? "/" + name : directory + "/" + name
        found.append(path)
        if linkEntry(path)?.isDirectory ?? false { open.append(path) }
      }
    }
    return found
  }

  private mutating func makeParent(of path: String, at now: Instant) {
    try? makeDirectory("/" + path.split(separator: "/").dropLast().joined(separator: "/"), parents: true, at: now)
  }

  private func copy(from source: String, into tree: inout FileTree, at target: String) {
    for name in (try? list(source)) ?? [] {
      let (from, to) = (
        source == "/" ? "/" + name : source + "/" + name, target == "/" ? "/" + name : target + "/" + name
      )
      guard let entry = linkEntry(from) else { continue }
      switch entry.content {
      case .file(let bytes): try? tree.write(to, bytes, mode: entry.mode, at: entry.modified)
      case .link(let goal): try? tree.link(to, to: goal, at: entry.modified)
      case .directory:
        try? tree.makeDirectory(to, mode: entry.mode, at: entry.modified)
        copy(from: from, into: &tree, at: to)
      }
      if entry.user != 0 || entry.group != 0 { try? tree.setOwner(to, user: entry.user, group: entry.group) }
    }
  }
}
