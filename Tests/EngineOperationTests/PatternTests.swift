import Testing

@testable import EngineAPI

@Suite struct PatternTests {
  @Test(
    "a pattern is found where a regular expression would be",
    arguments: [
      ("web", "my-web-1", true), ("^web", "my-web", false), ("^web$", "web", true), ("w.b", "wob", true),
      ("w[a-e]+b", "wadb", true), ("w[^a-e]b", "wab", false), ("a*b", "b", true), ("(ab)+c", "ababc", true),
      ("a|b", "xb", true), ("a?b$", "ab", true), ("\\.", "ab", false), ("(a*)*b", "aaaa", false), ("[", "x[", true),
      ("a**", "a**b", true), ("x{2}", "x{2}", true),
    ])
  func patterns(pattern: String, text: String, isFound: Bool) {
    #expect(Pattern(pattern).isFound(in: text) == isFound)
  }

  @Test(
    "sizes are told in four digits at most",
    arguments: [
      (UInt64(0), "0B"), (999, "999B"), (1_000, "1kB"), (332_032, "332kB"), (327_680, "327.7kB"),
      (31_460_290, "31.46MB"), (5_120, "5.12kB"), (2_000_000_000, "2GB"),
    ])
  func sizes(bytes: UInt64, text: String) { #expect(ProgressLine.size(bytes) == text) }
}
