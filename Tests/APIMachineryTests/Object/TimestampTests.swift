import APIMachinery
import Testing

@Suite("Timestamps")
struct TimestampTests {
  @Test(
    "times are read and printed",
    arguments: [
      ("1970-01-01T00:00:00Z", 0, 0), ("2026-01-02T03:04:05Z", 1_767_323_045, 0),
      ("2024-02-29T23:59:59Z", 1_709_251_199, 0), ("1969-12-31T23:59:59Z", -1, 0),
      ("0001-01-01T00:00:00Z", -62_135_596_800, 0), ("9999-12-31T23:59:59Z", 253_402_300_799, 0),
      ("2000-03-01T00:00:00Z", 951_868_800, 0),
    ] as [(String, Int64, Int32)])
  func plain(text: String, seconds: Int64, nanoseconds: Int32) {
    let time = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    #expect(Timestamp(text) == time)
    #expect(time.description == text)
  }

  @Test("any number of seconds is written, and what is added to them stays within their range")
  func extremes() {
    #expect(Timestamp(seconds: .max).description == "292277026596-12-04T15:30:07Z")
    #expect(Timestamp(seconds: .min).description == "-292277022657-01-27T08:29:52Z")
    #expect(Timestamp(seconds: 5).adding(seconds: .max).seconds == .max)
    #expect(Timestamp(seconds: -5).adding(seconds: .min).seconds == .min)
    #expect(Timestamp.latest.description == "9999-12-31T23:59:59Z")
  }

  @Test(
    "offsets and digits of a second",
    arguments: [
      ("2026-01-02T05:04:05+02:00", "2026-01-02T03:04:05.000000Z"),
      ("2026-01-01T21:34:05.5-05:30", "2026-01-02T03:04:05.500000Z"),
      ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456Z"),
      ("2026-01-02T03:04:05.1234567891234Z", "2026-01-02T03:04:05.123456Z"),
    ])
  func offsets(text: String, microseconds: String) {
    #expect(Timestamp(text)?.inMicroseconds == microseconds)
  }

  @Test(
    "what is no time is refused",
    arguments: [
      "", "2026-01-02", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05", "2026-13-02T03:04:05Z", "2026-02-29T03:04:05Z",
      "2026-01-02T24:04:05Z", "2026-01-02T03:60:05Z", "2026-01-02T03:04:60Z", "2026-01-02T03:04:05.Z",
      "2026-01-02T03:04:05Zx", "2026-01-02T03:04:05+2:00", "26-01-02T03:04:05Z", "2026-1-2T03:04:05Z",
      "2026-01-00T03:04:05Z",
    ])
  func refused(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test("each day of four centuries comes back")
  func days() {
    for day in stride(from: Int64(-80_000), to: 80_000, by: 13) {
      let time = Timestamp(seconds: day * 86_400 + 43_210)
      #expect(Timestamp(time.description) == time)
    }
  }

  @Test("order and distance")
  func order() {
    let a = Timestamp(seconds: 10, nanoseconds: 500_000_000)
    let b = Timestamp(seconds: 12)
    #expect(a < b)
    #expect(b.seconds(since: a) == 1.5)
    #expect(a.inWholeSeconds == Timestamp(seconds: 10))
    #expect(a.adding(seconds: 2) > b)
    #expect(Timestamp.now > Timestamp("2025-01-01T00:00:00Z")!)
  }
}
