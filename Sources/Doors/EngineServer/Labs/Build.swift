#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Which build of swarmlab this is.
public enum Build {
  /// The version that people see.
  public static let version = "0.1.0"

  /// The version and the binary's size and date: what tells one build from another. A journal names the one that wrote it.
  public static let identity: String = {
    var facts = stat()
    if stat(ProcessFacts.executable, &facts) != 0 { return version }
    #if canImport(Darwin)
      let date = facts.st_mtimespec.tv_sec
    #else
      let date = facts.st_mtim.tv_sec
    #endif
    return "\(version)+\(String(facts.st_size, radix: 36)).\(String(date, radix: 36))"
  }()
}

/// Facts about this process.
public enum ProcessFacts {
  /// Its number.
  public static var pid: Int32 { getpid() }

  /// Writes a line into its log, at once.
  public static func log(_ line: String) {
    let text = "swarmlab: \(line)\n"
    write(2, text, text.utf8.count)
  }

  /// The path of its program.
  public static let executable: String = {
    var buffer = [CChar](repeating: 0, count: 4_096)
    #if canImport(Darwin)
      var size = UInt32(buffer.count)
      _NSGetExecutablePath(&buffer, &size)
    #else
      readlink("/proc/self/exe", &buffer, buffer.count - 1)
    #endif
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }()

  /// Lets the process open as many files as its user may: a lab of a thousand nodes listens on two thousand sockets.
  public static func raiseDescriptorLimit() {
    var limit = rlimit()
    #if canImport(Darwin)
      getrlimit(RLIMIT_NOFILE, &limit)
      limit.rlim_cur = min(limit.rlim_max, 10_240)
      setrlimit(RLIMIT_NOFILE, &limit)
    #else
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      limit.rlim_cur = limit.rlim_max
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    #endif
  }
}
