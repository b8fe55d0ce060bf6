import Testing

@testable import APIMachinery

@Suite("Time zones")
struct TimeZoneTests {
  private func offset(_ rule: TimeZoneRule, _ text: String) throws -> Int64 {
    rule.offset(at: try #require(Timestamp(text)).seconds)
  }

  // MARK: Rules

  @Test(
    "rules",
    arguments: [
      ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T06:59:59Z", -18_000),
      ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", -14_400),
      ("EST5EDT,M3.2.0,M11.1.0", "2026-11-01T05:59:59Z", -14_400),
      ("EST5EDT,M3.2.0,M11.1.0", "2026-11-01T06:00:00Z", -18_000),
      // The year begins in summer.
      ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", 39_600),
      ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-04-04T15:59:59Z", 39_600),
      ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-04-04T16:00:00Z", 36_000),
      ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-10-03T16:00:00Z", 39_600),
      // The last week of a month, names in brackets, times of other days.
      ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7_200),
      ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 3_600),
      ("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2026-03-29T00:59:59Z", -10_800),
      ("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2026-03-29T01:00:00Z", -7_200),
      ("<+0545>-5:45", "2026-06-01T00:00:00Z", 20_700),
      ("UTC0", "2026-06-01T00:00:00Z", 0),
      // Days of the year, with the leap day and without it.
      ("AAA0BBB,J60,J300", "2024-03-01T02:00:00Z", 3_600), ("AAA0BBB,J60,J300", "2024-02-29T02:00:00Z", 0),
      ("AAA0BBB,59,300", "2024-02-29T02:00:00Z", 3_600),
    ])
  func rules(text: String, time: String, expected: Int64) throws {
    let rule = try #require(TimeZoneRule(text))
    #expect(try offset(rule, time) == expected)
  }

  @Test(
    "texts that are no rules",
    arguments: [
      "", "E5", "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST25", "<>5",
      "EST5EDT,M3.2.0,M11.1.0,x",
    ])
  func noRules(text: String) { #expect(TimeZoneRule(text) == nil) }

  // MARK: Files

  /// A file of version 2 with 64-bit times.
  private func file(_ transitions: [(Int64, UInt8)], offsets: [Int32], rule: String) -> [UInt8] {
    func big<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
      (0..<Number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: number >> Number($0 * 8)) }
    }
    func header(_ times: Int, _ types: Int, _ names: Int) -> [UInt8] {
      Array("TZif2".utf8) + Array(repeating: 0, count: 15) + [0, 0, 0, times, types, names].flatMap { big(Int32($0)) }
    }
    var bytes = header(0, 1, 1) + big(Int32(0)) + [0, 0, 0]
    bytes += header(transitions.count, offsets.count, 4)
    for (time, _) in transitions { bytes += big(time) }
    for (_, kind) in transitions { bytes.append(kind) }
    for offset in offsets { bytes += big(offset) + [0, 0] }
    return bytes + Array("LMT\0\n\(rule)\n".utf8)
  }

  @Test("times before, between and after the transitions")
  func transitions() throws {
    let zone = try TimeZoneFile(file([(-100, 1), (100, 2)], offsets: [-1234, 3600, 7200], rule: "EST5"))
    #expect([-101, -100, 99].map(zone.offset) == [-1234, 3600, 3600])
    #expect(zone.offset(at: 100) == -18_000, "from the last on the rule holds")
    #expect(try TimeZoneFile(file([(100, 1)], offsets: [0, 60], rule: "")).offset(at: 1_000) == 60)
    #expect(try TimeZoneFile(file([], offsets: [0], rule: "<+03>-3")).offset(at: 0) == 10_800)
  }

  @Test("files that are none")
  func malformed() throws {
    let good = file([(-100, 1), (100, 0)], offsets: [0, 3600], rule: "EST5")
    for count in 0..<good.count {
      #expect(throws: TimeZoneFile.Malformed.self) { try TimeZoneFile(Array(good.prefix(count))) }
    }
    #expect(throws: TimeZoneFile.Malformed.self) { try TimeZoneFile(file([(1, 7)], offsets: [0], rule: "EST5")) }
    #expect(throws: TimeZoneFile.Malformed.self) { try TimeZoneFile(file([(1, 0), (0, 0)], offsets: [0], rule: "")) }
    #expect(throws: TimeZoneFile.Malformed.self) { try TimeZoneFile(file([], offsets: [0], rule: "EST")) }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      var bytes = good
      for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255) }
      // It is refused or read, and answers for any time.
      if let zone = try? TimeZoneFile(bytes) { for time in [Int64.min / 2, 0, 1 << 40] { _ = zone.offset(at: time) } }
    }
  }

  @Test("names")
  func names() throws {
    #expect(try TimeZones.zone("") == nil && TimeZones.zone("UTC") == nil)
    for name in ["../etc/passwd", "/etc/localtime", "Europe/../UTC", "a\\b"] {
      #expect(throws: TimeZones.Failure(message: "time: invalid location name")) { try TimeZones.zone(name) }
    }
    #expect(throws: TimeZones.Failure(message: "unknown time zone Mars/Olympus")) { try TimeZones.zone("Mars/Olympus") }
  }

  private static var hasDatabase: Bool { (try? TimeZones.zone("America/New_York")) != nil }

  @Test(
    "zones of the host's database", .enabled(if: TimeZoneTests.hasDatabase),
    arguments: [
      ("2026-07-04T12:00:00Z", "America/New_York", -14_400), ("2026-01-04T12:00:00Z", "America/New_York", -18_000),
      ("2100-07-04T12:00:00Z", "America/New_York", -14_400), ("1800-01-01T00:00:00Z", "America/New_York", -17_762),
      ("1996-01-01T00:00:00Z", "Asia/Kathmandu", 20_700), ("2026-01-01T00:00:00Z", "Australia/Sydney", 39_600),
      ("2026-07-01T00:00:00Z", "Australia/Lord_Howe", 37_800), ("2026-07-01T00:00:00Z", "Etc/GMT+5", -18_000),
    ])
  func database(time: String, name: String, expected: Int64) throws {
    let zone = try #require(try TimeZones.zone(name))
    #expect(zone.offset(at: try #require(Timestamp(time)).seconds) == expected)
  }
}
