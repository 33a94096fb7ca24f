import Testing

@Suite("What the real docker prints and asks over a recorded swarm, the built-in one does too")
struct GoldenTests {
  @Test(
    "byte for byte, request for request",
    arguments: [
      "help-service", "service-create", "service-update", "help-swarm", "errors", "node", "service-read", "swarm",
      "network", "objects", "container", "image", "system", "stack", "help-more", "help-rest", "login",
    ])
  func agrees(file: String) {
    let (now, cases) = Golden.cases(file)
    #expect(!cases.isEmpty)
    for golden in cases {
      let actual = Golden.run(golden, now: now)
      if actual.text != golden.text {
        Issue.record("\(file):\n\(golden.text)--- but here\n\(actual.text)")
      }
    }
  }
}
