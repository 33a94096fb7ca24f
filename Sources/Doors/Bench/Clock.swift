#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Wall and processor time, and memory, of this process.
enum Clock {
  /// Seconds since some moment.
  static var wall: Double { read(CLOCK_MONOTONIC) }
  /// Seconds of processor time.
  static var cpu: Double { read(CLOCK_PROCESS_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Bytes of memory that this process has resident; nil where the system does not say.
  static var resident: Int? {
    guard let file = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 128)
    guard fgets(&buffer, 128, file) != nil else { return nil }
    let words = buffer.map { UInt8(bitPattern: $0) }.split(separator: UInt8(ascii: " "))
    return words.count > 1 ? Int(String(decoding: words[1], as: UTF8.self)).map { $0 * Int(getpagesize()) } : nil
  }

  /// Wall and processor seconds that a piece of work took.
  static func time<Result>(_ body: () throws -> Result) rethrows -> (result: Result, wall: Double, cpu: Double) {
    let (wall, cpu) = (Clock.wall, Clock.cpu)
    let result = try body()
    return (result, Clock.wall - wall, Clock.cpu - cpu)
  }
}
