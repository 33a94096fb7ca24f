import Foundation
import Testing

/// A step of ARCHITECTURE.md's walk through the sources: what it says is where.
struct WalkStep: Sendable, CustomStringConvertible {
  let title: String
  /// Paths below `Sources/`.
  let files: [String]
  /// What is said to be in one of them: names of types, functions, cases.
  let names: [String]

  var description: String { title }

  /// The numbered steps of the section that follows one request.
  static let all: [WalkStep] = {
    let map = Repository.text("ARCHITECTURE.md") ?? ""
    guard let start = map.range(of: "## One request:"),
      let end = map.range(of: "\n## ", range: start.upperBound..<map.endIndex)
    else { return [] }
    let section = map[start.upperBound..<end.lowerBound]
    return section.split(separator: /\n(?=\d+\. )/).dropFirst().map { step in
      let quoted = step.matches(of: /`([^`]+)`/).map { String($0.1) }
      let title = step.firstMatch(of: /\*\*(.+?)\*\*/).map { String($0.1) } ?? ""
      return WalkStep(
        title: title, files: quoted.filter { $0.hasSuffix(".swift") },
        names: quoted.filter { $0.wholeMatch(of: /[A-Za-z]\w*(\.\w+)*/) != nil && !$0.hasSuffix(".swift") })
    }
  }()
}

@Suite struct MapTests {
  @Test("the walk through the sources has its steps, and each names files")
  func steps() {
    #expect(WalkStep.all.count > 10, "the section was not found")
    for step in WalkStep.all { #expect(!step.files.isEmpty && !step.names.isEmpty, "\(step)") }
  }

  @Test("what a step of the walk names is in the files that it names", arguments: WalkStep.all)
  func names(step: WalkStep) {
    var code = ""
    for file in step.files {
      guard let text = Repository.text("Sources/" + file) else {
        Issue.record("\(step): there is no Sources/\(file)")
        continue
      }
      code += text
    }
    let words = Set(code.split { !$0.isLetter && !$0.isNumber && $0 != "_" })
    for name in step.names {
      for part in name.split(separator: ".") {
        #expect(words.contains(part), "\(step): \(name) is in none of \(step.files)")
      }
    }
  }
}
