import Testing

@testable import Engine

@Suite("What engines are started with")
struct DaemonFlagsTests {
  @Test("labels and resources are read in both of a flag's forms, and other flags are passed over")
  func forms() throws {
    let line = "dockerd --label disk=ssd --mtu 1400 --label=zone=a --node-generic-resource gpu=2"
    let flags = try DaemonFlags(DaemonFlags.words(line))
    #expect(flags.labels == ["disk=ssd", "zone=a"])
    #expect(flags.resources == [.discrete(kind: "gpu", count: 2)])
  }

  @Test("several values of one kind are its names, and kinds come in order")
  func names() throws {
    let flags = try DaemonFlags([
      "--node-generic-resource", "gpu=UUID2", "--node-generic-resource=gpu=UUID1", "--node-generic-resource", "asic=3",
    ])
    #expect(flags.resources == [.discrete(kind: "asic", count: 3), .named(kind: "gpu", ["UUID2", "UUID1"])])
  }

  @Test("quotes hold words together")
  func quotes() {
    #expect(DaemonFlags.words(#"--label 'a=b c'  --label "x=y""#) == ["--label", "a=b c", "--label", "x=y"])
  }

  @Test(
    "what dockerd refuses is refused in its words",
    arguments: [
      (["--label", "disk"], "bad attribute format: disk"),
      (["--label"], "flag needs an argument: --label"),
      (
        ["--node-generic-resource", "gpu"],
        "invalid node-generic-resource format `gpu` expected `name=value`"
      ),
      (
        ["--node-generic-resource", "gpu=1", "--node-generic-resource", "gpu=2"],
        "could not parse GenericResource: mixed discrete and named resources in expression 'gpu=[1 2]'"
      ),
    ])
  func refusals(words: [String], text: String) {
    #expect(throws: DaemonFlags.Fault(text: text)) { try DaemonFlags(words) }
  }
}
