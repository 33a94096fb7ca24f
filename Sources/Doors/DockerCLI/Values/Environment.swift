import EngineTypes
import SimBase

/// The variables that `--env-file` and `--env` give a container.
///
/// Source: docker/cli `opts/env.go`, `opts/file.go`, `opts/parse.go`.
enum Environment {
  /// Files first, then flags, each in the order given; a name without a value takes the caller's.
  static func variables(files: [String], flags: [String], in host: any CLIHost) throws(Failure) -> [String] {
    var result: [String] = []
    for path in files { result += try read(path, in: host) }
    for text in flags {
      if text.contains("=") {
        result.append(text)
      } else {
        result.append(host.environment(text).map { text + "=" + $0 } ?? text)
      }
    }
    return result
  }

  /// The lines of a file: `K=V`, or `K` for the caller's own value; `#` begins a comment.
  static func read(_ path: String, in host: any CLIHost) throws(Failure) -> [String] {
    let bytes: [UInt8]
    do throws(FileTrouble) {
      bytes = try host.readFile(host.absolute(path))
    } catch {
      throw Failure("open \(path): \(error.reason)")
    }
    var result: [String] = []
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let text = String(line.drop { $0.isWhitespace })
      if text.isEmpty || text.hasPrefix("#") { continue }
      let (name, value) = text.cut("=").map { ($0.before, Optional($0.after)) } ?? (text, nil)
      if name.isEmpty { throw Failure("invalid env file (\(path)): no variable name on line '\(text)'") }
      if name.contains(where: \.isWhitespace) {
        throw Failure("invalid env file (\(path)): variable '\(name)' contains whitespaces")
      }
      if let value {
        result.append(name + "=" + value)
      } else if let own = host.environment(name) {
        result.append(name + "=" + own)
      }
    }
    return result
  }
}

/// Capabilities in the kernel's spelling, sorted, each once: `net_admin` is `CAP_NET_ADMIN`.
///
/// Source: docker/cli `opts/capabilities.go`.
func normalizedCapabilities(_ names: [String]) -> [String] {
  let full = names.map { name in
    let upper = name.trimmed().uppercased()
    return upper == "ALL" || upper == "RESET" || upper.hasPrefix("CAP_") ? upper : "CAP_" + upper
  }
  return Set(full).sorted()
}

/// What is added and what is dropped once both lists are settled: `ALL` swallows the rest, an added one is not dropped.
func settledCapabilities(add: [String], drop: [String]) -> (add: [String], drop: [String]) {
  var (adds, drops) = (normalizedCapabilities(add), normalizedCapabilities(drop))
  if drops.contains("ALL") { drops = ["ALL"] }
  if adds.contains("ALL") {
    adds = ["ALL"]
    if drops == ["ALL"] { drops = [] }
  }
  drops.removeAll { adds.contains($0) && $0 != "ALL" }
  return (adds, drops)
}
