import APIMachinery
import Testing

@Suite struct GoDurationTests {
  @Test(arguments: [
    ("0", 0), ("0s", 0), ("1s", 1_000_000_000), ("1m30s", 90_000_000_000), ("1.5h", 5_400_000_000_000),
    ("200ms", 200_000_000), ("3us", 3000), ("3µs", 3000), (".5s", 500_000_000), ("2.s", 2_000_000_000),
    ("-2s", -2_000_000_000), ("+1ns", 1), ("9999999999999h", Int64.max),
  ])
  func durations(_ text: String, _ nanoseconds: Int64) { #expect(GoDuration.nanoseconds(text) == nanoseconds) }

  @Test(arguments: ["", "1", "soon", "1x", "s", "1s2", "1 s"])
  func others(_ text: String) {
    #expect(GoDuration.nanoseconds(text) == nil)
    #expect(GoDuration.problem(text) != nil)
  }
}
