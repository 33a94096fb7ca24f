import SimBase
import Testing

@Suite struct PathPatternTests {
  @Test(
    "a pattern names paths as Docker's matcher does",
    arguments: [
      ("*.txt", "a.txt", true), ("*.txt", "d/a.txt", false), ("**/*.txt", "d/e/a.txt", true),
      ("**/*.txt", "a.txt", true),
      ("d/**", "d/e/f", true), ("d/?", "d/e", true), ("d/?", "d/ef", false), ("[a-c]x", "bx", true),
      ("[^a-c]x", "bx", false),
      ("\\*", "*", true), ("\\*", "x", false), ("a*b", "a/b", false),
    ])
  func matching(_ pattern: String, _ path: String, _ fits: Bool) {
    #expect(PathPattern(pattern).matches(path) == fits)
  }

  @Test("an ignore file leaves out what its last matching line says") func ignoring() {
    let file = IgnoreFile("# no\nignored\n ./spaced \n!ignored/sub/kept\n*.md\n!README.md\n")
    #expect(file.excludes("ignored") && file.excludes("ignored/sub/other") && file.excludes("spaced"))
    #expect(!file.excludes("ignored/sub/kept") && !file.excludes("other"))
    #expect(file.excludes("NOTES.md") && !file.excludes("README.md") && !file.excludes("d/NOTES.md"))
    #expect(file.hasExceptions && !IgnoreFile("a\n").hasExceptions && IgnoreFile("#\n\n").isEmpty)
  }
}
