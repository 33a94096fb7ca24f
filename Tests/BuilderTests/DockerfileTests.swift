import SimBase
import Testing

@testable import Builder

@Suite struct DockerfileTests {
  /// Words of a real 28.5.2 engine.
  static let refused: [(file: String, sentence: String)] = [
    ("", "the Dockerfile (DX) cannot be empty"),
    ("# only\n", "failed to parse DX: file with no instructions"),
    ("RUN ls\n", "no build stage in current context"),
    ("FROM\n", "dockerfile parse error on line 1: FROM requires either one or three arguments"),
    ("FROM b\nFOO x\n", "dockerfile parse error on line 2: unknown instruction: FOO (did you mean FROM?)"),
    ("FROM b\nENV a\n", "failed to parse DX: ENV must have two arguments"),
    ("FROM b\nENV\n", "dockerfile parse error on line 2: ENV requires at least one argument"),
    (
      "FROM b\nENV a=b c\n",
      "failed to parse DX: Syntax error - can't find = in \"c\". Must be of the form: name=value"
    ),
    (
      "FROM b\nCOPY a\n",
      "dockerfile parse error on line 2: COPY requires at least two arguments, but only one was provided. "
        + "Destination could not be determined"
    ),
    ("FROM b\nWORKDIR\n", "dockerfile parse error on line 2: WORKDIR requires exactly one argument"),
    ("FROM b\nHEALTHCHECK FOO\n", "dockerfile parse error on line 2: Unknown type \"FOO\" in HEALTHCHECK (try CMD)"),
    ("FROM b\nHEALTHCHECK CMD\n", "dockerfile parse error on line 2: Missing command after HEALTHCHECK CMD"),
    (
      "FROM b\nHEALTHCHECK --interval=1x CMD x\n",
      "dockerfile parse error on line 2: time: unknown unit \"x\" in duration \"1x\""
    ),
    ("FROM b\nVOLUME []\n", "dockerfile parse error on line 2: VOLUME requires at least one argument"),
    ("FROM b\nONBUILD FROM x\n", "dockerfile parse error on line 2: FROM isn't allowed as an ONBUILD trigger"),
    (
      "FROM b\nONBUILD ONBUILD RUN x\n",
      "dockerfile parse error on line 2: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
    ),
    ("FROM b\nSHELL ls\n", "dockerfile parse error on line 2: SHELL requires the arguments to be in JSON form"),
    (
      "FROM b AS 1x\n",
      "dockerfile parse error on line 1: invalid name for build stage: \"1x\", name can't start with a number or "
        + "contain symbols"
    ),
    ("FROM b\nCOPY --foo=0 a /b\n", "dockerfile parse error on line 2: unknown flag: --foo (did you mean from?)"),
  ]

  @Test("a file that is wrong is refused in Docker's words", arguments: refused)
  func refusals(_ one: (file: String, sentence: String)) {
    #expect(throws: BuildPlan.Fault(sentence: one.sentence)) {
      try BuildPlan(one.file, named: "DX", target: "", labels: [])
    }
  }

  @Test("a target cuts off the stages after it, and labels become steps of the last one") func target() throws {
    let file = "ARG v=1\nFROM b:$v AS one\nRUN a\nFROM one\nRUN b\n"
    let plan = try BuildPlan(file, named: "D", target: "ONE", labels: [("z", "1"), ("a", "2")])
    #expect(plan.steps.map(\.text) == ["ARG v=1", "FROM b:$v AS one", "RUN a", "LABEL a=2", "LABEL z=1"])
    #expect(throws: BuildPlan.Fault(sentence: "target stage \"foo\" could not be found")) {
      try BuildPlan(file, named: "D", target: "foo", labels: [])
    }
  }

  @Test("lines go on after an escape, comments among them fall out, and an empty one is warned of") func lines() throws
  {
    let plain = try Dockerfile("FROM b\nRUN one \\\n  # no\n  two\n")
    #expect(plain.lines.map(\.text) == ["FROM b", "RUN one   two"] && plain.warnings.isEmpty)
    let other = try Dockerfile("# escape=`\nFROM b\nRUN a `\n\n b\n")
    #expect(other.lines.map(\.text) == ["FROM b", "RUN a  b"])
    #expect(other.warnings.first == "[WARNING]: Empty continuation line found in: RUN a  b\n")
    let heredoc = try Dockerfile("FROM b\nRUN <<EOF\nnot an instruction\nEOF\nCMD x\n")
    #expect(heredoc.lines.map(\.text) == ["FROM b", "RUN <<EOF", "CMD x"])
  }

  @Test(
    "words become what they stand for",
    arguments: [
      ("$a", "1"), ("${a}b", "1b"), ("\"$a b\"", "1 b"), ("'$a'", "$a"), ("\\$a", "$a"), ("${no:-x$a}", "x1"),
      ("${empty:-x}", "x"), ("${empty-x}", ""), ("${a:+y}", "y"), ("${no:+y}", ""), ("$no.", "."), ("$", "$"),
    ])
  func expansion(_ word: String, _ meaning: String) throws {
    let variables = Table([("a", "1"), ("empty", "")])
    #expect(try WordExpansion.text(word, variables, escape: "\\") == meaning)
  }

  @Test("a variable that must be set is asked for in Docker's words") func required() {
    let fault = #expect(throws: WordExpansion.Fault.self) {
      try WordExpansion.text("${b:?oops}", [:], escape: "\\")
    }
    #expect(fault?.sentence == "failed to process \"${b:?oops}\": b: oops")
  }
}
