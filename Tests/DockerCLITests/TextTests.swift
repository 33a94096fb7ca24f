import EngineTypes
import GoTemplate
import SimBase
import Testing

@testable import DockerCLI

@Suite("Words, numbers and columns")
struct TextTests {
  @Test(
    "a span reads as docker words it",
    arguments: [
      (-5_000, "Less than a second"), (0, "Less than a second"), (999, "Less than a second"), (1_000, "1 second"),
      (59_999, "59 seconds"), (60_000, "About a minute"), (119_999, "About a minute"), (120_000, "2 minutes"),
      (3_599_000, "59 minutes"), (3_600_000, "About an hour"), (5_399_999, "About an hour"), (5_400_000, "2 hours"),
      (47 * 3_600_000, "47 hours"), (48 * 3_600_000, "2 days"), (335 * 3_600_000, "13 days"),
      (336 * 3_600_000, "2 weeks"), (1_439 * 3_600_000, "8 weeks"), (1_440 * 3_600_000, "2 months"),
      (17_519 * 3_600_000, "24 months"), (17_520 * 3_600_000, "2 years"),
    ] as [(Int64, String)])
  func spans(milliseconds: Int64, words: String) { #expect(Duration.milliseconds(milliseconds).humanText == words) }

  @Test(
    "a size to the base 1000 has four digits, or three",
    arguments: [
      (0, "0B", "0B"), (999, "999B", "999B"), (1_000, "1kB", "1kB"), (2_063_409, "2.063MB", "2.06MB"),
      (999_950, "1000kB", "1e+03kB"), (18_587_473, "18.59MB", "18.6MB"), (1_234_567_890, "1.235GB", "1.23GB"),
    ] as [(Double, String, String)])
  func decimalSizes(bytes: Double, four: String, three: String) {
    #expect(humanSize(bytes) == four)
    #expect(humanSize(bytes, digits: 3) == three)
  }

  @Test(
    "a size to the base 1024 has four digits",
    arguments: [(25_276_510_208, "23.54GiB"), (67_108_864, "64MiB"), (0, "0B"), (1_023, "1023B"), (340_000, "332KiB")]
      as [(Double, String)])
  func binarySizes(bytes: Double, text: String) { #expect(bytesSize(bytes) == text) }

  @Test(
    "sizes are read with any unit, and refused in docker's words",
    arguments: [
      ("64M", "67108864"), ("1g", "1073741824"), ("1.5k", "1536"), ("10 kb", "10240"), ("7", "7"), ("3b", "3"),
      ("2GiB", "2147483648"), ("x", "invalid size: 'x'"), ("5x", "invalid suffix: 'x'"), ("", "invalid size: ''"),
    ])
  func readSizes(text: String, result: String) {
    do throws(FlagTrouble) { #expect(String(try parsedSize(text)) == result) } catch { #expect(error.reason == result) }
  }

  @Test("numbers that no machine has are refused, not computed with")
  func absurdNumbers() {
    #expect(humanAge(nil, now: Timestamp(unixNanoseconds: 0)) == "292 years")
    #expect(throws: FlagTrouble("invalid size: '99999999999999999999g'")) { try parsedSize("99999999999999999999g") }
    for text in ["99999999999999", "99999999999999/2", "1/0"] {
      #expect(throws: FlagTrouble("failed to parse \(text) as a rational number")) { try parsedCPUs(text) }
    }
    #expect((try? parsedCPUs("1/4")) == 250_000_000)
    #expect((try? parsedCPUs("0.5")) == 500_000_000)
  }

  @Test("natural order takes digits as numbers, fewer zeros first, digits before letters")
  func naturalOrder() {
    let sorted = ["web", "web10", "web.1", "web.2", "web.02", "web.10", "web.a", "weba"]
    #expect(sorted.reversed().sorted(naturallyBy: { $0 }) == sorted)
    for name in sorted { #expect(!naturallyPrecedes(name, name)) }
  }

  @Test("a column is as wide as its widest cell among consecutive lines that have it; last cells are not padded")
  func tabStops() {
    let text = TabWriter().aligned("ID\tNAME\tX\nabcdefghijkl\tb\t\nplain line\n1\t2\n")
    #expect(text == "ID             NAME      X\nabcdefghijkl   b         \nplain line\n1         2\n")
  }

  @Test("wide characters take two columns, in tables and in cut texts")
  func wideCharacters() {
    #expect(TabWriter().aligned("日本語日本語\tx\n") == "日本語日本語   x\n")
    #expect(ellipsis("日本語", 5) == "日本…")
    #expect(ellipsis("sh -c 'echo out; echo err'", 20) == "sh -c 'echo out; ec…")
  }

  @Test(
    "image names are read and written as people know them",
    arguments: [
      ("nginx", "docker.io/library/nginx", "nginx"), ("a/b:1", "docker.io/a/b:1", "a/b:1"),
      ("localhost/x", "localhost/x", "localhost/x"), ("h:5000/x/y:t", "h:5000/x/y:t", "h:5000/x/y:t"),
      ("docker.io/library/x:1", "docker.io/library/x:1", "x:1"), ("index.docker.io/x", "docker.io/library/x", "x"),
    ])
  func imageNames(text: String, full: String, familiar: String) throws {
    let reference = try ImageReference(text)
    #expect(reference.canonical == full)
    #expect(reference.familiar == familiar)
  }

  @Test("a command line in one word is split as a shell would")
  func words() throws {
    #expect(try shellWords("sh -c \"echo 'a b'\" x\\ y ''") == ["sh", "-c", "echo 'a b'", "x y", ""])
    #expect(throws: FlagTrouble("EOF found when expecting closing quote")) { try shellWords("'a") }
  }

  @Test("base 64 reads back what it wrote")
  func base64() {
    for count in 0..<9 {
      let bytes = (0..<count).map { UInt8(($0 * 89 + 200) % 256) }
      #expect(decodedBase64(base64Text(bytes)) == bytes)
    }
    #expect(base64Text(Array("{}".utf8), urlSafe: true) == "e30=")
  }
}

@Suite("Templates")
struct TemplateTests {
  private func run(_ text: String, _ json: JSON = [:]) -> String {
    do throws(TemplateError) {
      return try Template(text).run(on: GoValue(untyped: json))
    } catch {
      return error.message
    }
  }

  @Test(
    "actions print what Go's would",
    arguments: [
      ("{{range .l}}{{.}},{{else}}none{{end}}", "1,2,3,"),
      ("{{range $i, $e := .l}}{{$i}}={{$e}} {{end}}", "0=1 1=2 2=3 "),
      ("{{range .l}}{{if eq . 2}}{{continue}}{{end}}{{.}}{{end}}", "13"),
      ("{{range .l}}{{if eq . 2}}{{break}}{{end}}{{.}}{{end}}", "1"), ("{{range .none}}x{{else}}none{{end}}", "none"),
      ("{{with .m}}{{.a}}{{end}}{{with .none}}x{{else}}y{{end}}", "by"),
      ("{{$x := 1}}{{range .l}}{{$x = .}}{{end}}{{$x}}", "3"), ("{{if .none}}a{{else if .m}}b{{else}}c{{end}}", "b"),
      ("a  {{- .m.a -}}  c", "abc"), ("{{/* nothing */}}x", "x"),
      ("{{.m}} {{.l}} {{.none}}", "map[a:b] [1 2 3] <no value>"),
      ("{{index .m \"a\"}}{{index .l 2}}", "b3"), ("{{len .l | printf \"%03d\"}}", "003"),
      ("{{join (split \"a.b.c\" \".\") \"-\"}}", "a-b-c"), ("{{json .}}", "{\"l\":[1,2,3],\"m\":{\"a\":\"b\"}}"),
      ("{{title \"hello world\"}} {{upper \"a\"}} {{lower \"B\"}}", "Hello World A b"),
      ("{{print 1 2 \"x\" 3}}|{{println \"a\" 1}}", "1 2x3|a 1\n"), ("{{slice \"abcdef\" 1 3}}", "bc"),
      ("{{and 1 0}} {{or 0 \"\" 5}} {{not 0}}", "0 5 true"),
      ("{{printf \"%q %x %5.1f\" \"a\" 255 1.25}}", "\"a\" ff   1.2"),
      ("{{(index .l 0)}}{{html \"<a&b>\"}}", "1&lt;a&amp;b&gt;"),
    ])
  func actions(text: String, printed: String) {
    #expect(run(text, ["l": [1, 2, 3], "m": ["a": "b"]]) == printed)
  }

  @Test(
    "what is wrong is told as Go tells it",
    arguments: [
      ("{{", "template: :1: unclosed action"), ("{{end}}", "template: :1: unexpected {{end}}"),
      ("{{if .a}}", "template: :1: unexpected EOF"), ("{{nope}}", "template: :1: function \"nope\" not defined"),
      ("\n{{$x}}", "template: :2: undefined variable \"$x\""),
      ("{{break}}", "template: :1: {{break}} outside {{range}}"),
      ("{{index .l 9}}", "template: :1:2: executing \"\" at <index .l 9>: error calling index: index out of range: 9"),
      ("{{.l.x}}", "template: :1:4: executing \"\" at <.l.x>: can't evaluate field x in type []interface {}"),
      ("x\n {{upper 3}}", "template: :2:9: executing \"\" at <3>: expected string; found 3"),
    ])
  func troubles(text: String, message: String) { #expect(run(text, ["l": [1]]) == message) }
}

@Suite("YAML")
struct YAMLTests {
  private func read(_ text: String) -> String {
    do throws(YAMLTrouble) { return try YAML.parse(text).text } catch { return error.message }
  }

  @Test(
    "collections and scalars read as go-yaml reads them",
    arguments: [
      ("a: 1\nb: [x, 'y z', \"q\\n\"]\n", "{\"a\":1,\"b\":[\"x\",\"y z\",\"q\\n\"]}"),
      ("a:\n- 1\n- b: c\n  d: e\n-\n  - f\n", "{\"a\":[1,{\"b\":\"c\",\"d\":\"e\"},[\"f\"]]}"),
      ("a: {b: 1, c: [2, 3]}  # why\n", "{\"a\":{\"b\":1,\"c\":[2,3]}}"), ("", "null"), ("# only\n", "null"),
      ("a: |\n  x\n   y\n\n  z\nb: >-\n  p\n  q\n\n  r\n", "{\"a\":\"x\\n y\\n\\nz\\n\",\"b\":\"p q\\nr\"}"),
      (
        "m: 0440\nn: 0x10\nt: true\ny: yes\nf: 1.5\nz: ~\ne:\ns: '1'\n",
        "{\"m\":288,\"n\":16,\"t\":true,\"y\":\"yes\",\"f\":1.5,\"z\":null,\"e\":null,\"s\":\"1\"}"
      ),
      ("x: &a\n  p: 1\n  q: 2\ny:\n  <<: *a\n  q: 3\n", "{\"x\":{\"p\":1,\"q\":2},\"y\":{\"q\":3,\"p\":1}}"),
      ("x: &a {p: 1, q: 2}\ny: {<<: *a, q: 3}\n", "{\"x\":{\"p\":1,\"q\":2},\"y\":{\"q\":3,\"p\":1}}"),
      ("a: b\n   c\n  d\nk: http://x:80/y\n", "{\"a\":\"b c d\",\"k\":\"http://x:80/y\"}"),
      ("\"q k\": 'it''s'\n'r': a#b\n", "{\"q k\":\"it's\",\"r\":\"a#b\"}"),
      ("a: [1,\n  2,\n  3]\n", "{\"a\":[1,2,3]}"), ("---\na: 8000:80\n", "{\"a\":\"8000:80\"}"),
    ])
  func reading(text: String, json: String) { #expect(read(text) == json) }

  @Test(
    "what is not YAML is refused with its line",
    arguments: [
      ("a: b\n\tc: d\n", "yaml: line 2: found a tab character that violates indentation"),
      ("a: b: c\n", "yaml: mapping values are not allowed in this context"),
      ("a: *nope\n", "yaml: line 1: unknown anchor 'nope' referenced"),
      ("a: 1\na: 2\n", "yaml: line 2: mapping key \"a\" already defined"),
    ])
  func refusing(text: String, message: String) { #expect(read(text) == message) }

  @Test("what is written reads back the same")
  func roundTrip() throws {
    let document: JSON = [
      "a": ["x", "1", "", "true", "b: c", "- d", "it's", "#e", "two\nlines\n", "tail\nless"],
      "n": [1, .double(2.5), true, .null],
      "m": ["k": [["p": "q", "r": ["s"]], [:], []]],
    ]
    #expect(try YAML.parse(YAMLWriter.text(document)) == document)
  }
}
