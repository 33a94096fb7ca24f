import FoundationEssentials
import SimBase
import Testing

@testable import Shell

/// The shell against `Tests/Sentences/shell.txt`: each sentence with what a POSIX `sh` and the GNU tools print for it.
@Suite struct SentenceTests {
  struct Sentence: Sendable {
    var script: String
    var output: String
    var status: Int
  }

  static let all: [Sentence] = {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let text = (try? String(contentsOfFile: "/\(folder)/Sentences/shell.txt", encoding: .utf8)) ?? ""
    return text.split(separator: "====\n").compactMap { entry in
      let body = entry.drop { $0 == "\n" }
      guard let cut = body.firstRange(of: "\n----\n") else { return nil }
      let script = body[..<cut.lowerBound].split(separator: "\n").drop { $0.hasPrefix("# ") }.joined(separator: "\n")
      var lines = body[cut.upperBound...].split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      var status = 0
      if lines.count > 1, lines[lines.count - 2].hasPrefix("[exit ") {
        status = Int(lines[lines.count - 2].dropFirst(6).dropLast()) ?? 0
        lines.remove(at: lines.count - 2)
      }
      var output = lines.joined(separator: "\n")
      if output.hasSuffix("\\\n") { output.removeLast(2) }
      return Sentence(script: script, output: output, status: status)
    }
  }()

  @Test("the sentences are there") func present() { #expect(SentenceTests.all.count > 200) }

  @Test("a sentence prints what a real shell prints")
  func sentences() {
    for sentence in SentenceTests.all {
      let run = ShellRunner.run(sentence.script)
      #expect(run.out == sentence.output, "\(sentence.script)\n\(run.err)")
      #expect(run.status == sentence.status, "\(sentence.script)\n\(run.err)")
    }
  }
}
