import SimBase
import Testing

@Suite struct IDTests {
  private enum Thing {}

  @Test("the least ID of a prefix is where its scan begins") func leastWithPrefix() throws {
    let low = try #require(ID<Thing>(leastWithPrefix: "abc"))
    #expect(low.description == "abc0000000000000000000000")
    #expect(try #require(ID<Thing>("abbzzzzzzzzzzzzzzzzzzzzz0")) < low)
    #expect(ID<Thing>(leastWithPrefix: "web!") == nil)
    #expect(ID<Thing>(leastWithPrefix: String(repeating: "0", count: 26)) == nil)
  }
}
