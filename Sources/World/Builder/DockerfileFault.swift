import EngineTypes
import SimBase

/// Why a Dockerfile, or a change in its language, is refused before anything is done.
public struct DockerfileFault: Error, Hashable, Sendable {
  /// What is wrong, without the file's name or the line.
  public var reason: String
  /// The line of the file whose instruction is wrong; nil where its words could not even be told apart.
  public var line: Int?

  /// A fault in an instruction's words.
  init(_ reason: String, line: Int? = nil) {
    self.reason = reason
    self.line = line
  }

  /// The sentence about it, in a file of this name.
  public func sentence(of file: String) -> String {
    if let line { return "dockerfile parse error on line \(line): \(reason)" }
    return "failed to parse \(file): \(reason)"
  }

  /// ` (did you mean FROM?)` where a known word is at most two letters away.
  ///
  /// Source: moby/buildkit `util/suggest/error.go`.
  static func suggestion(for word: String, among known: [String]) -> String {
    let near = known.map { (distance: distance($0.lowercased(), word.lowercased()), word: $0) }
    guard let best = near.min(by: { $0.distance < $1.distance }), best.distance < 3 else { return "" }
    return " (did you mean \(best.word)?)"
  }

  /// Levenshtein's.
  private static func distance(_ a: String, _ b: String) -> Int {
    let other = Array(b.utf8)
    var row = Array(0...other.count)
    for (i, byte) in a.utf8.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, there) in other.enumerated() {
        let cost = diagonal + (byte == there ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(cost, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[other.count]
  }
}
