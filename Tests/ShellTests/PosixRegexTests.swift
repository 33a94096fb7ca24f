import Testing

@testable import Shell

@Suite struct PosixRegexTests {
  @Test(
    "an extended expression finds the leftmost, longest match",
    arguments: [
      ("a+", "caaat", "aaa"), ("(foo|foobar)", "foobar", "foobar"), ("a{2,3}", "aaaa", "aaa"), ("^b|c$", "abc", "c"),
      ("[^a-c]+", "abcxyzab", "xyz"), ("x*", "abc", ""), ("(a|ab)(c|bcd)", "abcd", "abcd"), ("\\.", "a.b", "."),
      ("[[:digit:]]+", "ab12c", "12"), ("\\bcat\\b", "a cat sat", "cat"), ("[]x]+", "a]x]b", "]x]"), ("a|", "b", ""),
      ("(ab)*c", "ababc", "ababc"), ("a{2}", "aaa", "aa"), ("(.)\\1", "abccd", "cc"), (".", "…x", "…"),
      ("[^x]", "…x", "…"), ("\\w+@\\w+", "to me@home now", "me@home"), ("(a*)*b", "aaab", "aaab"),
    ])
  func extended(pattern: String, text: String, found: String) throws {
    let regex = try PosixRegex(pattern, isExtended: true)
    let match = try #require(regex.firstMatch(in: Array(text.utf8)))
    #expect(String(decoding: Array(text.utf8)[match.range], as: UTF8.self) == found)
  }

  @Test(
    "a basic expression keeps its operators behind backslashes",
    arguments: [
      ("a\\+", "caaat", "aaa"), ("a+", "aa+", "a+"), ("\\(a\\)\\1", "baa", "aa"), ("*a", "x*a", "*a"),
      ("a\\{2\\}", "aaa", "aa"),
      ("a^b", "a^b", "a^b"), ("^a$", "a", "a"), ("a\\|b", "cb", "b"), ("(x)", "(x)", "(x)"),
      ("\\.[a-z0-9]\\{3\\}", "w.abc", ".abc"),
    ])
  func basic(pattern: String, text: String, found: String) throws {
    let regex = try PosixRegex(pattern, isExtended: false)
    let match = try #require(regex.firstMatch(in: Array(text.utf8)))
    #expect(String(decoding: Array(text.utf8)[match.range], as: UTF8.self) == found)
  }

  @Test("an expression that is none is refused", arguments: ["(", "[a", "\\"])
  func refused(pattern: String) {
    #expect(throws: PosixRegex.Failure.self) { try PosixRegex(pattern, isExtended: true) }
  }

  @Test("an unlucky expression ends")
  func bounded() throws {
    let regex = try PosixRegex("(a|aa)+$", isExtended: true)
    _ = regex.firstMatch(in: Array(String(repeating: "a", count: 60).utf8) + [98])
    #expect(
      try PosixRegex("(x+x+)+y", isExtended: true).firstMatch(in: Array(String(repeating: "x", count: 40).utf8)) == nil)
  }
}
