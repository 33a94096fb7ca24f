import SimBase
import Testing

@Suite struct TimestampTests {
  @Test(
    "dates are written and read back",
    arguments: [
      ("1970-01-01T00:00:00Z", Int64(0)), ("2026-11-21T03:06:55.18226918Z", 1_795_230_415_182_269_180),
      ("2024-02-29T23:59:59.000000001Z", 1_709_251_199_000_000_001), ("1969-12-31T23:59:59.5Z", -500_000_000),
    ])
  func roundTrip(text: String, nanoseconds: Int64) {
    #expect(Timestamp(unixNanoseconds: nanoseconds).rfc3339 == text)
    #expect(Timestamp(rfc3339: text)?.unixNanoseconds == nanoseconds)
  }

  @Test("an offset is taken off") func offset() {
    #expect(Timestamp(rfc3339: "2026-01-01T09:00:00+09:00") == Epoch.fixed.zero)
  }
}
