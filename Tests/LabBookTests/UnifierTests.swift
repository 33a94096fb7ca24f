import Testing

@testable import LabBook

/// A unifier that an expectation may change.
private final class Unification {
  var unifier = Unifier()

  func agrees(expected: [String], actual: [String], isUnordered: Bool = false) -> Bool {
    unifier.agrees(expected: expected, actual: actual, isUnordered: isUnordered)
  }

  func substituted(_ text: String) -> String { unifier.substituted(text) }
}

@Suite struct UnifierTests {
  /// Whether one line agrees with another, with nothing bound before.
  private func agree(_ expected: String, _ actual: String) -> Bool {
    let unifier = Unification()
    return unifier.agrees(expected: [expected], actual: [actual])
  }

  static let variables: [(line: String, found: [String])] = [
    ("jigr3jrh19vidpiylgiu2pxs7 *   node1", ["jigr3jrh19vidpiylgiu2pxs7"]),
    ("vlh5q7zud1ia   test_swarm", ["vlh5q7zud1ia"]),
    // Twelve letters without a digit are an ID only at a line's start with a gap behind.
    ("abcdefghijkl   web", ["abcdefghijkl"]), ("see accountservice and abcdefghijkl too", []),
    ("talk.1.d906vtyizxy9@node3    | hello", ["d906vtyizxy9"]),
    ("web.2.w2fywrfp4tdijrg3lxe5kpvv5", ["w2fywrfp4tdijrg3lxe5kpvv5"]),
    (
      "nginx@sha256:e14d87cddeb3f84cfdb5e9e5d1db58e9a0f462d98c8220826a603db7e7bc038e",
      ["e14d87cddeb3f84cfdb5e9e5d1db58e9a0f462d98c8220826a603db7e7bc038e"]
    ),
    (
      "--token SWMTKN-1-41s1jjv4vp4lo7dsy5ght923qxo0y5xd7ed53ff7aixesfts2a-2419g5elp9o7livng8xgl54te 10.99.0.11:2377",
      ["SWMTKN-1-41s1jjv4vp4lo7dsy5ght923qxo0y5xd7ed53ff7aixesfts2a-2419g5elp9o7livng8xgl54te"]
    ),
    ("SWMKEY-1-7c37Cc8654o6p38HnroywCi19pllOnGtbdZEgtKxZu8", ["SWMKEY-1-7c37Cc8654o6p38HnroywCi19pllOnGtbdZEgtKxZu8"]),
    ("network r0lbxy5vuqqxi0o1m5hrrv1x7 is in use", ["r0lbxy5vuqqxi0o1m5hrrv1x7"]),
    ("docker.io/library/a1b2c3d4e5f6 a1b2c3d4e5f6-x a1b2c3d4e5f6.x", []), ("(a1b2c3d4e5f6)", ["a1b2c3d4e5f6"]),
  ]

  @Test("drawn names are found, and nothing else", arguments: variables)
  func finds(line: String, found: [String]) {
    let names = Variables.pieces(of: line).compactMap { if case .variable(let name) = $0 { name } else { nil } }
    #expect(names == found)
  }

  @Test("ages, times and gaps are equal to any others")
  func tidy() {
    #expect(agree("Running 5 seconds ago", "Running about a minute ago"))
    #expect(agree("Less than a second ago", "2 hours ago"))
    #expect(agree("at 2026-11-21 03:40:53.726339361 +0000 utc", "at 2026-01-01 00:00:02 +0000 utc"))
    #expect(agree("at 2026-11-21T03:40:53.7Z end", "at 2026-01-01T00:00:00Z end"))
    #expect(agree("a    b  ", "a  b"))
    #expect(!agree("a b", "a  b"))
    #expect(!agree("Running 5 seconds ago", "Running 5 seconds"[...] + " or so"))
    #expect(agree("Server 28.5.2+dfsg4", "Server 28.5.2"))
  }

  @Test("progress lines and empty lines do not count")
  func progress() {
    let unifier = Unification()
    let actual = [
      "overall progress: 1 out of 3 tasks", "1/3: running", "w9jbv1owdt78: preparing", "", "verify: Waiting 5 seconds",
      "image x could not be accessed on a registry to record", "done",
    ]
    #expect(unifier.agrees(expected: ["done"], actual: actual))
    #expect(!unifier.agrees(expected: [], actual: ["w9jbv1owdt78: error of some kind"]))
    #expect(!unifier.agrees(expected: [], actual: ["verify: Service web converged"]))
  }

  @Test("a name is bound at its first meeting, and every later one must agree")
  func binds() {
    let unifier = Unification()
    let (one, other) = ("jigr3jrh19vidpiylgiu2pxs7", "aaaaabbbbbcccccdddddeeee1")
    #expect(unifier.agrees(expected: ["node (\(one))"], actual: ["node (\(other))"]))
    #expect(
      unifier.substituted("docker node inspect \(one) jigr3jrh19vi") == "docker node inspect \(other) aaaaabbbbbcc")
    #expect(unifier.agrees(expected: ["\(one) again"], actual: ["\(other) again"]))
    #expect(!unifier.agrees(expected: ["\(one) again"], actual: ["zzzzzbbbbbcccccdddddeeee1 again"]))
    // Two names of the transcript may not be one name here.
    #expect(!unifier.agrees(expected: ["o4nwwid3bimbnqtiptxo35dte too"], actual: ["\(other) too"]))
  }

  @Test("a long ID must fit the short one that was met first")
  func shortThenLong() {
    let unifier = Unification()
    #expect(unifier.agrees(expected: ["qklgop7xeefv   web"], actual: ["aaaaabbbbbc1   web"]))
    #expect(!unifier.agrees(expected: ["id: qklgop7xeefvxf1an2fcustcq"], actual: ["id: zzzzzbbbbbc1xf1an2fcustcq"]))
    #expect(unifier.agrees(expected: ["id: qklgop7xeefvxf1an2fcustcq"], actual: ["id: aaaaabbbbbc1xf1an2fcustcz"]))
  }

  @Test("a line that does not agree binds nothing")
  func noHalfBinding() {
    let unifier = Unification()
    #expect(!unifier.agrees(expected: ["jigr3jrh19vidpiylgiu2pxs7 a"], actual: ["aaaaabbbbbcccccdddddeeee1 b"]))
    #expect(unifier.substituted("jigr3jrh19vidpiylgiu2pxs7") == "jigr3jrh19vidpiylgiu2pxs7")
  }

  @Test("lines in any order are compared as a set, each used once")
  func unordered() {
    let unifier = Unification()
    #expect(unifier.agrees(expected: ["a", "b", "b"], actual: ["b", "a", "b"], isUnordered: true))
    #expect(!unifier.agrees(expected: ["a", "b", "b"], actual: ["b", "a", "a"], isUnordered: true))
    #expect(!unifier.agrees(expected: ["a"], actual: ["a", "c"], isUnordered: true))
    #expect(!unifier.agrees(expected: ["a", "b"], actual: ["b", "a"]))
  }

  @Test("dots stand for anything in a line, and alone for any lines")
  func dots() {
    #expect(agree("ID ... node1 ... Ready", "ID 7 node1 in Ready"))
    #expect(agree("...end", "the end"))
    #expect(agree("start...", "start"))
    #expect(!agree("start...end", "start of it"))
    #expect(
      agree("id ... jigr3jrh19vidpiylgiu2pxs7 up", "id aaaaabbbbbcccccdddddeeee2 and aaaaabbbbbcccccdddddeeee1 up"))
    let unifier = Unification()
    #expect(unifier.agrees(expected: ["a", "...", "z"], actual: ["a", "b", "c", "z"]))
    #expect(unifier.agrees(expected: ["a", "...", "z"], actual: ["a", "z"]))
    #expect(!unifier.agrees(expected: ["a", "...", "z"], actual: ["a", "b"]))
    #expect(unifier.agrees(expected: ["z", "..."], actual: ["x", "z"], isUnordered: true))
  }
}
