import APIMachinery
import Testing

@Suite struct GoDurationTests {
  @Test(arguments: [
    ("0", 0), ("0s", 0), ("1s", 1_000_000_000), ("1m30s", 90_000_000_000), ("1.5h", 5_400_000_000_000),
    ("200ms", 200_000_000), ("3us", 3000), ("3µs", 3000), (".5s", 500_000_000), ("2.s", 2_000_000_000),
    ("-2s", -2_000_000_000), ("+1ns", 1), ("1.123456789s", 1_123_456_789),
    ("-9223372036854775808ns", .min), ("0000000000000000000000001s", 1_000_000_000),
  ])
  func durations(_ text: String, _ nanoseconds: Int64) { #expect(GoDuration.nanoseconds(text) == nanoseconds) }

  @Test(arguments: ["", "1", "soon", "1x", "s", "1s2", "1 s", "9999999999999h", "9223372036854775808ns"])
  func others(_ text: String) {
    #expect(GoDuration.nanoseconds(text) == nil)
    #expect(GoDuration.problem(text) != nil)
  }

  @Test(arguments: [
    (0, "0s"), (1, "1ns"), (1_500, "1.5µs"), (-2_000_000, "-2ms"), (61_500_000_000, "1m1.5s"),
    (3_600_000_000_000, "1h0m0s"), (Int64.min, "-2562047h47m16.854775808s"),
  ])
  func writing(_ nanoseconds: Int64, _ text: String) { #expect(GoDuration.text(nanoseconds: nanoseconds) == text) }
}
