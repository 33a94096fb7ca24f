import Foundation
import Testing

@Suite struct RepositoryTests {
  static let everything =
    Repository.files(["Sources", "Tests", "docs", "labs", "scripts", ".ci"], [""])
    + ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "Package.swift", "swarmlab"]
    .compactMap { path in Repository.text(path).map { SourceFile(path, $0) } }

  @Test("no file names a place outside of the repository that only one machine has")
  func outsidePaths() {
    // Put together here, so that this file does not name them.
    let places = ["/" + "work/", ".." + "/shared"]
    for file in RepositoryTests.everything where !file.path.contains("/Fixtures/") && !file.path.contains("/Testdata/")
    {
      for (number, line) in file.lines.enumerated() {
        for place in places where line.contains(place) {
          // `~/work/x` in a transcript is somebody's own folder.
          let before = line.components(separatedBy: place).dropLast().map(\.last)
          if before.allSatisfy({ $0.map { $0.isLetter || $0.isNumber || "~/+=.".contains($0) } ?? false }) { continue }
          Issue.record("\(file):\(number + 1): \(line.trimmed)")
        }
      }
    }
    #expect(RepositoryTests.everything.count > 20, "the files were not found")
  }

  @Test("links between the documents lead somewhere")
  func links() {
    for file in RepositoryTests.everything where file.path.hasSuffix(".md") {
      let folder = (file.path as NSString).deletingLastPathComponent
      for match in file.lines.joined(separator: "\n").matches(of: /\]\(([^)#\s]+)[^)]*\)/) {
        let target = String(match.1)
        if target.contains("://") { continue }
        let path = Repository.root + "/" + (folder.isEmpty ? target : folder + "/" + target)
        #expect(FileManager.default.fileExists(atPath: path), "\(file): \(target)")
      }
    }
  }

  @Test("every decision of docs/adr is in its list, and says what was chosen, refused and what it costs")
  func decisions() throws {
    let list = try #require(Repository.text("docs/adr/README.md"))
    for file in Repository.files(["docs/adr"], [".md"]) where !file.path.hasSuffix("README.md") {
      #expect(list.contains((file.path as NSString).lastPathComponent))
      for heading in ["**Choice.**", "**Why.**", "**Refused.**", "**Costs.**"] {
        #expect(file.lines.contains { $0.hasPrefix(heading) }, "\(file) lacks \(heading)")
      }
    }
  }

  @Test("the changelog opens with what is unreleased")
  func changelog() throws {
    let headings = try #require(Repository.text("CHANGELOG.md")).split(separator: "\n").filter { $0.hasPrefix("## ") }
    #expect(headings.first == "## Unreleased")
  }

  @Test("a file over 600 lines is a place to ask whether it is one idea")
  func lengths() {
    for file in Repository.swift where file.lines.count > 600 {
      Issue.record("\(file) has \(file.lines.count) lines", severity: .warning)
    }
  }
}
