import Linux
import Testing

@testable import ContainerEngine

@Suite struct PathRulesTests {
  @Test(arguments: [
    ("/a/b", "/a/b"), ("/a//b/", "/a/b"), ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/..", "/"), ("/../../x", "/x"),
    ("/", "/"), ("", "."), ("a/..", "."), ("../a", "../a"), ("a/../../b", "../b"), ("..", ".."), ("../..", "../.."),
  ])
  func clean(_ path: String, _ expected: String) { #expect(PathRules.clean(path) == expected) }
}

@Suite struct SignalNamesTests {
  @Test(
    arguments: [
      ("TERM", 15), ("SIGTERM", 15), ("sigterm", 15), ("15", 15), ("KILL", 9), ("RTMIN", 34), ("SIGRTMIN+3", 37),
      ("RTMAX-1", 63), ("64", 64), ("WINCH", 28),
    ] as [(String, Int32)])
  func known(_ text: String, _ number: Int32) throws { #expect(try SignalNames.number(text) == number) }

  @Test(arguments: ["", "0", "-1", "65", "SIG", "NOPE", "RTMIN+31", "RTMAX-31", "SIGSIGTERM", "9999999999"])
  func unknown(_ text: String) {
    #expect(refusal { () throws(EngineError) in _ = try SignalNames.number(text) } == "invalid signal: \(text)")
  }
}

@Suite struct LogLimitsTests {
  @Test(
    arguments: [
      ("100", 100), ("1k", 1024), ("10m", 10 << 20), ("1.5g", 3 << 29), ("512KB", 512 << 10), ("2MiB", 2 << 20),
      ("0", 0),
    ] as [(String, Int64)])
  func sizes(_ text: String, _ expected: Int64) { #expect(LogLimits.bytes(text) == expected) }

  @Test(arguments: ["", "-1", "-5m", "m", "ten", "1x", "1e300", "nan", "inf"])
  func noSizes(_ text: String) { #expect(LogLimits.bytes(text) == nil) }

  @Test func jsonFileGrowsWithoutLimitByDefault() {
    let limits = LogLimits(LoggingChoice(), defaults: LoggingChoice())
    #expect(limits.maximumSize == nil)
    #expect(limits.maximumFiles == 1)
  }

  @Test func localRotatesByDefault() {
    var choice = LoggingChoice()
    choice.driver = "local"
    let limits = LogLimits(choice, defaults: LoggingChoice())
    #expect(limits.maximumSize == 20 << 20)
    #expect(limits.maximumFiles == 5)
  }

  @Test func engineOptionsCountForTheEnginesDriverOnly() {
    var defaults = LoggingChoice()
    defaults.driver = "json-file"
    defaults.options = ["max-size": "1m", "max-file": "3"]
    var own = LoggingChoice()
    own.options = ["max-size": "2m"]
    let same = LogLimits(own, defaults: defaults)
    #expect(same.maximumSize == 2 << 20)
    #expect(same.maximumFiles == 3)
    own.driver = "local"
    own.options = [:]
    let other = LogLimits(own, defaults: defaults)
    #expect(other.maximumSize == 20 << 20)
    #expect(other.maximumFiles == 5)
  }
}

@Suite struct TimestampTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (1_000_000_000, "1970-01-01T00:00:01Z"), (1_500_000_000, "1970-01-01T00:00:01.5Z"),
      (1, "1970-01-01T00:00:00.000000001Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
      (951_782_400_000_000_000, "2000-02-29T00:00:00Z"), (4_107_542_399_000_000_000, "2100-02-28T23:59:59Z"),
      (4_107_542_400_000_000_000, "2100-03-01T00:00:00Z"),
      (1_767_322_984_678_901_234, "2026-01-02T03:03:04.678901234Z"),
    ] as [(Int64, String)])
  func rfc3339(_ time: Int64, _ text: String) { #expect(Timestamp.rfc3339(time) == text) }
}

@Suite struct MountOptionsTests {
  @Test func flagsAndRest() {
    let (flags, rest) = MountOptions.parse("ro,nosuid,size=64m,mode=1777,rbind,defaults")
    #expect(flags == [.readOnly, .noSetID, .bind, .recursive])
    #expect(rest == "size=64m,mode=1777")
  }

  @Test func laterWordsTakeEarlierOnesBack() {
    #expect(MountOptions.parse("ro,noexec,nodev,rw,exec,dev").flags == [])
    #expect(MountOptions.parse("").rest == "")
  }
}

@Suite struct IdentifierTests {
  @Test func randomOnesAreLongAndNeverLookLikeNumbers() {
    for _ in 0..<200 {
      let id = Identifier.random()
      #expect(id.utf8.count == 64)
      #expect(id.allSatisfy { $0.isHexDigit && !$0.isUppercase })
      #expect(id.prefix(12).contains { !$0.isNumber })
    }
  }

  @Test(arguments: ["ab", "a_b", "web-1", "0a", "a.b"])
  func goodNames(_ name: String) { #expect(Identifier.isValidName(name)) }

  @Test(arguments: ["", "a", "-a", ".a", "_a", "a b", "a/b", "ä1", "a\n"])
  func badNames(_ name: String) { #expect(!Identifier.isValidName(name)) }

  @Test func generatedNamesAreValid() {
    for attempt in 0..<20 { #expect(Identifier.isValidName(NameGenerator.name(attempt: attempt))) }
  }
}
