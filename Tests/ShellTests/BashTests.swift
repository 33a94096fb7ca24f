import SimBase
import Testing

@testable import Shell

/// What people type who have bash: braces, double brackets, loops that count.
@Suite struct BashTests {
  @Test(
    "braces make several words of one, in bash",
    arguments: [
      ("echo {1..3}", "1 2 3"), ("echo a{b,c}d", "abd acd"), ("echo {a..e..2}", "a c e"),
      ("echo {08..11}", "08 09 10 11"),
      ("echo {3..1}x", "3x 2x 1x"), ("echo {a,b{1,2}}", "a b1 b2"), ("echo {a} {} {,x}.", "{a} {} . x."),
      ("echo '{1..3}' \"{a,b}\" \\{a,b}", "{1..3} {a,b} {a,b}"), ("x=2; echo {$x,3}-{a,b}", "2-a 2-b 3-a 3-b"),
      ("echo ${x:-{a,b}}", "{a,b}"), ("for i in node{1..2}; do echo -n $i,; done", "node1,node2,"),
    ])
  func braces(script: String, words: String) {
    #expect(ShellRunner.run("bash -c '\(script.replacing("'", with: "'\\''"))'").out.trimmed() == words)
  }

  @Test("a plain shell leaves braces alone")
  func plainBraces() { #expect(ShellRunner.run("echo {1..3} a{b,c}").out == "{1..3} a{b,c}\n") }

  @Test(
    "a condition in double brackets holds as in bash",
    arguments: [
      ("[[ abc == a* ]]", true), ("[[ abc == \"a*\" ]]", false), ("[[ abc != b* ]]", true), ("[[ 10 -gt 9 ]]", true),
      ("x='a b'; [[ $x == 'a b' ]]", true), ("[[ -z $none ]]", true), ("[[ $none ]]", false), ("[[ word ]]", true),
      ("[[ -n a && -n '' ]]", false), ("[[ -n '' || b == b ]]", true), ("[[ ! a == b ]]", true),
      ("[[ (a == b || b == b) && c == c ]]", true), ("[[ 3/3 =~ ^([0-9]+)/([0-9]+)$ ]]", true),
      ("r='^a.c$'; [[ abd =~ $r ]]", false), ("[[ a < b ]]", true), ("[[ a > b ]]", false), ("[[ -d /tmp ]]", true),
      ("[[ $(echo 3) -eq 3 ]]", true), ("((1 + 1 == 2))", true), ("((0))", false), ("x=3; (( x > 2 && x < 5 ))", true),
    ])
  func condition(script: String, holds: Bool) {
    #expect(ShellRunner.run("mkdir -p /tmp; \(script)").status == (holds ? 0 : 1))
  }

  @Test("a loop that counts goes on after continue and ends at break")
  func counting() {
    let script =
      "for ((i = 1; i <= 9; i++)); do ((i == 2)) && continue; [[ $i == 5 ]] && break; echo -n $i; done; echo .$i"
    #expect(ShellRunner.run(script).out == "134.5\n")
  }

  @Test("an if with double brackets, a loop until one holds, and two subshells side by side are read")
  func inStatements() {
    let script =
      "n=0; until [[ $n -ge 2 ]]; do n=$((n+1)); done; if [[ $n == 2 ]]; then echo two; fi; ( (echo a); echo b )"
    #expect(ShellRunner.run(script).out == "two\na\nb\n")
  }
}
