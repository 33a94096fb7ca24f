import SimBase
import Testing

@testable import EngineTypes

@Suite struct DateRewritingTests {
  let epoch = Epoch(zero: Timestamp(unixNanoseconds: 1_800_000_000_500_000_000))

  func rewritten(_ target: String) -> String { DateRewriting.rewrite(EngineRequest("GET", target), with: epoch).target }

  @Test(
    "dates of a query become seconds since the world's zero",
    arguments: [
      ("/events?since=1800000010&until=1800000012.25", "/events?since=9.500000000&until=11.750000000"),
      (
        "/containers/x/logs?stdout=1&since=1800000001.000000001&tail=all",
        "/containers/x/logs?stdout=1&since=0.500000001&tail=all"
      ),
      // Before the world began: everything for `since`, nothing for `until`.
      ("/events?since=1700000000", "/events?since=0.000000000"),
      ("/events?until=1800000000", "/events?until=-0.500000000"),
    ])
  func query(from: String, to: String) { #expect(rewritten(from) == to) }

  @Test(
    "what is no date stays as it was",
    arguments: [
      "/events?since=0", "/events?since=", "/events?until=soon", "/nodes?x=1800000010", "/sinceandso", "/events?since",
      "/images/prune?filters=%7B%22until%22%3A%7B%2224h%22%3Atrue%7D%7D",
      "/containers/json?filters=%7B%22since%22%3A%7B%22web%22%3Atrue%7D%7D",
    ])
  func untouched(target: String) { #expect(rewritten(target) == target) }

  @Test("the absolute dates of a prune's filter are moved in both encodings of filters, and spans are not")
  func filters() throws {
    for json in [#"{"until":{"1800000010":true}}"#, #"{"until":["1800000010","2h"],"label":["a=b"]}"#] {
      let target = rewritten("/containers/prune?filters=" + DateRewriting.percentEncoded(json))
      let value = try #require(target.split(separator: "=").last)
      let moved = String(decoding: DateRewriting.percentDecoded(String(value)), as: UTF8.self)
      #expect(moved == json.replacing("1800000010", with: "9.500000000"))
    }
  }
}
