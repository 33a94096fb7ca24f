#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The few calls on files that the door needs, with errors that name the file.
public enum Files {
  /// The whole file.
  public static func read(_ path: String) throws(DoorError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    if file < 0 { throw .system(doing: "read", path, errno) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glue.read(file, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(doing: "read", path, errno)
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// Replaces the file as one step: a reader, or a crash, meets the old bytes or the new ones.
  public static func write(_ bytes: [UInt8], to path: String, synced: Bool = true) throws(DoorError) {
    let draft = path + ".new"
    let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    if file < 0 { throw .system(doing: "write", path, errno) }
    let written = writeAll(file, bytes)
    let isWhole = written && (!synced || fsync(file) == 0)
    let failure = errno
    close(file)
    if !isWhole {
      unlink(draft)
      throw .system(doing: "write", path, failure)
    }
    if rename(draft, path) != 0 { throw .system(doing: "write", path, errno) }
  }

  /// Waits until the file's bytes are on the disk.
  static func sync(_ path: String) throws(DoorError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    if file < 0 { throw .system(doing: "sync", path, errno) }
    defer { close(file) }
    if fsync(file) != 0 { throw .system(doing: "sync", path, errno) }
  }

  /// Writes all the bytes; false, with `errno` set, where that fails.
  static func writeAll(_ file: Int32, _ bytes: [UInt8]) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glue.write(file, $0.baseAddress?.advanced(by: done), bytes.count - done) }
      if count < 0 {
        if errno == EINTR { continue }
        return false
      }
      done += count
    }
    return true
  }

  /// Makes the folder and those above it, for this user alone. One that is there already stays as it is.
  public static func makeFolder(_ path: String) throws(DoorError) {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    let failure = errno
    guard failure == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw .system(doing: "make the folder", path, failure)
    }
    try makeFolder(String(path[..<slash]))
    if mkdir(path, 0o700) != 0 && errno != EEXIST { throw .system(doing: "make the folder", path, errno) }
  }

  /// The names in a folder, sorted, without those that begin with a dot; none where there is no such folder.
  public static func names(in folder: String) -> [String] {
    allNames(in: folder).filter { !$0.hasPrefix(".") }.sorted()
  }

  /// Whether there is anything at this path.
  public static func exists(_ path: String) -> Bool {
    var facts = stat()
    return lstat(path, &facts) == 0
  }

  /// Whether there is a folder at this path.
  public static func isFolder(_ path: String) -> Bool {
    var facts = stat()
    return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
  }

  /// Removes a file, or a folder with all that is in it. Nothing at the path is no error.
  public static func remove(_ path: String) throws(DoorError) {
    var facts = stat()
    if lstat(path, &facts) != 0 { return }
    if facts.st_mode & S_IFMT == S_IFDIR {
      for name in allNames(in: path) { try remove(path + "/" + name) }
      if rmdir(path) != 0 && errno != ENOENT { throw .system(doing: "remove", path, errno) }
    } else if unlink(path) != 0 && errno != ENOENT {
      throw .system(doing: "remove", path, errno)
    }
  }

  private static func allNames(in folder: String) -> [String] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}

/// Names that Swift's own members would hide.
enum Glue {
  static func read(_ file: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    #if canImport(Darwin)
      Darwin.read(file, buffer, count)
    #else
      Glibc.read(file, buffer, count)
    #endif
  }

  static func write(_ file: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Darwin)
      Darwin.write(file, buffer, count)
    #else
      Glibc.write(file, buffer, count)
    #endif
  }
}

/// A lock on a file, held by this process until it ends or lets go: the kernel drops it with a killed process, so a lab
/// whose server was killed is never taken for a running one.
public final class FileLock {
  private let file: Int32

  /// Takes the lock, waiting for it if asked; nil while another process has it.
  public init?(_ path: String, waiting: Bool) throws(DoorError) {
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    if file < 0 { throw .system(doing: "lock", path, errno) }
    // Leaving early runs `deinit`, which closes the file: to close it here would close it twice, and by then its number
    // may be another thread's.
    while flock(file, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      if errno == EWOULDBLOCK { return nil }
      throw .system(doing: "lock", path, errno)
    }
  }

  /// Whether a process holds the lock. A shared lock asks, so that two who ask at once do not see each other.
  public static func isHeld(_ path: String) -> Bool {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    if file < 0 { return false }
    defer { close(file) }
    return flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// Takes the lock although somebody may be asking `isHeld` at this moment; nil where it stays held.
  public static func take(_ path: String) throws(DoorError) -> FileLock? {
    for _ in 0..<20 {
      if let lock = try FileLock(path, waiting: false) { return lock }
      usleep(5_000)
    }
    return nil
  }

  /// Writes who holds the lock into its file.
  public func note(_ text: String) {
    ftruncate(file, 0)
    pwrite(file, text, text.utf8.count, 0)
  }

  deinit { close(file) }
}
