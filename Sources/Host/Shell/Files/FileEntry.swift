import SimBase

/// One thing in a file tree: a directory, a file or a symbolic link.
public struct FileEntry: Sendable, Equatable {
  /// What an entry is.
  public enum Content: Sendable, Equatable {
    /// A directory; its children are entries of their own.
    case directory
    /// A file with its bytes.
    case file([UInt8])
    /// A symbolic link with the path that it points to.
    case link(String)

    mutating func append(_ more: [UInt8]) {
      guard case .file(var bytes) = self else { return }
      // The payload is taken out first, so that the bytes grow in place.
      self = .directory
      bytes.append(contentsOf: more)
      self = .file(bytes)
    }
  }

  /// What it is.
  public var content: Content
  /// Permission bits: `0o644`.
  public var mode: UInt16
  /// The number of the user who owns it.
  public var user: UInt32 = 0
  /// The number of the group that owns it.
  public var group: UInt32 = 0
  /// When it last changed.
  public var modified: Instant

  /// An entry.
  public init(_ content: Content, mode: UInt16, modified: Instant) {
    self.content = content
    self.mode = mode
    self.modified = modified
  }

  /// Whether it is a directory.
  public var isDirectory: Bool { content == .directory }

  /// Whether it is a symbolic link.
  public var isLink: Bool { if case .link = content { true } else { false } }

  /// How many bytes a file has; a directory counts as one block, a link as its target's text.
  public var size: Int {
    switch content {
    case .directory: 4096
    case .file(let bytes): bytes.count
    case .link(let target): target.utf8.count
    }
  }

  mutating func archive(_ a: inout Archive) {
    var kind: UInt16 = 0
    var bytes: [UInt8] = []
    switch content {
    case .directory: kind = 0
    case .file(let content): (kind, bytes) = (1, content)
    case .link(let target): (kind, bytes) = (2, Array(target.utf8))
    }
    a.field(&kind)
    a.field(&bytes)
    a.field(&mode)
    a.field(&user)
    a.field(&group)
    a.field(&modified)
    switch kind {
    case 0: content = .directory
    case 1: content = .file(bytes)
    case 2: content = .link(String(decoding: bytes, as: UTF8.self))
    default: a.markBroken()
    }
  }
}

/// Why a file tree refused.
public enum FileError: Error, Sendable, Equatable {
  /// Nothing is there, or a directory on the way is missing.
  case notFound
  /// A part of the path that must be a directory is none.
  case notDirectory
  /// A directory stands where a file is wanted.
  case isDirectory
  /// Something is there already.
  case exists
  /// The directory has something in it.
  case notEmpty
  /// The root cannot be taken away.
  case notPermitted
  /// A directory cannot move into itself.
  case invalid
  /// Links that lead to each other.
  case linkLoop
  /// It is mounted for reading only.
  case readOnly
  /// Something is mounted on it.
  case busy

  /// The C library's sentence for it.
  public var sentence: String {
    switch self {
    case .notFound: "No such file or directory"
    case .notDirectory: "Not a directory"
    case .isDirectory: "Is a directory"
    case .exists: "File exists"
    case .notEmpty: "Directory not empty"
    case .notPermitted: "Operation not permitted"
    case .invalid: "Invalid argument"
    case .linkLoop: "Symbolic link loop"
    case .readOnly: "Read-only file system"
    case .busy: "Device or resource busy"
    }
  }
}
