import DockerAPI
import Testing

@Suite struct QueryTests {
  @Test func bothFormsOfFiltersAreRead() throws {
    let new = try Filters(#"{"label":{"a=b":true,"c":true},"name":{"x":false}}"#)
    let old = try Filters(#"{"label":["a=b","c"],"name":[]}"#)
    #expect(new == old)
    #expect(new("label") == ["a=b", "c"])
    #expect(try Filters("").isEmpty)
    #expect(throws: QueryError("invalid filter")) { try Filters("x") }
    #expect(throws: QueryError("invalid filter")) { try Filters(#"{"a":1}"#) }
    #expect(throws: QueryError("invalid filter 'x'")) { try Filters(#"{"x":["1"]}"#).validate(["y"]) }
  }

  @Test func filtersMatch() throws {
    let filters = try Filters(#"{"label":["a=b"],"name":["web"],"id":["12"],"dangling":["true"],"both":["1","0"]}"#)
    #expect(filters.matchesLabels("label", ["a": "b", "c": "d"]))
    #expect(!filters.matchesLabels("label", ["a": "c"]))
    #expect(filters.matchesPattern("name", "/my-web-1"))
    #expect(filters.matchesPrefix("id", "1234") && !filters.matchesPrefix("id", "4321"))
    #expect(try filters.flag("dangling", default: false))
    #expect(throws: QueryError("invalid filter 'both=[0 1]'")) { try filters.flag("both", default: false) }
  }

  @Test(arguments: [
    ("^/web$", "/web", true), ("^/web$", "/web1", false), ("web", "my-web-1", true), ("w.b", "wxb", true),
    ("a*b", "aaab", true), ("a+b", "b", false), ("[0-9]+$", "x12", true), ("(a|b)c", "bc", true), ("[", "[", false),
    ("^$", "", true), (#"a\.b"#, "axb", false), ("(a*)*b", String(repeating: "a", count: 500), false),
  ])
  func patternsMatch(pattern: String, text: String, expected: Bool) {
    #expect(NamePattern(pattern).isFound(in: text) == expected)
  }

  @Test func boundsAreRead() throws {
    let now = Timestamp(seconds: 1_000_000_000)
    #expect(
      try Timestamp.parseBound("1136073600.000000001", now: now) == Timestamp(seconds: 1_136_073_600, nanoseconds: 1))
    #expect(try Timestamp.parseBound("1h30m", now: now) == Timestamp(seconds: 1_000_000_000 - 5400))
    #expect(
      try Timestamp.parseBound("2006-01-02T15:04:05.999999999+07:00", now: now)
        == Timestamp(seconds: 1_136_189_045, nanoseconds: 999_999_999))
    #expect(try Timestamp.parseBound("2006-01-02", now: now) == Timestamp(seconds: 1_136_160_000))
    #expect(try Timestamp.parseBound("2006-01-02T15:04Z", now: now) == Timestamp(seconds: 1_136_214_240))
    #expect(try Timestamp.parseBound("-2562047h", now: now) == Timestamp(nanosecondsSince1970: .max))
    #expect(try Timestamp.parseBound("-2562047h47m16.854775808s", now: now) == Timestamp(nanosecondsSince1970: .max))
    #expect(throws: QueryError.self) { try Timestamp.parseBound("tomorrow", now: now) }
    #expect(throws: QueryError.self) { try Timestamp.parseBound("2006-02-30", now: now) }
  }

  /// A container can give its files any time, and a client may ask for it.
  @Test func anyMomentIsWritten() {
    #expect(Timestamp(seconds: .max).description == "292277026596-12-04T15:30:07Z")
    #expect(Timestamp(seconds: .min).description == "-292277022657-01-27T08:29:52Z")
    #expect(Timestamp(since1970: .seconds(Int64.max)) == Timestamp(seconds: .max))
    #expect(Timestamp(since1970: .seconds(-1) + .nanoseconds(5)) == Timestamp(seconds: -1, nanoseconds: 5))
    #expect(Timestamp(since1970: .milliseconds(1500)) == Timestamp(seconds: 1, nanoseconds: 500_000_000))
  }

  @Test func credentialsAreRead() throws {
    let header = Base64.encode(Array(#"{"username":"u","password":"p?>","serveraddress":"r"}"#.utf8))
    let auth = try AuthConfig.fromHeader(header)
    #expect(auth.username == "u" && auth.password == "p?>" && auth.serverAddress == "r")
    #expect(try AuthConfig.fromHeader("e30=") == AuthConfig())
    #expect(try AuthConfig.fromHeader("") == AuthConfig())
    #expect(throws: JSONError.self) { try AuthConfig.fromHeader("!") }
  }

  @Test(arguments: 0..<5) func base64ComesBack(count: Int) {
    let bytes = (0..<UInt8(count)).map { $0 &* 83 &+ 250 }
    #expect(Base64.decode(Base64.encode(bytes)) == bytes)
  }

  @Test func statusSaysWhatPsSays() {
    var state = ContainerStatus()
    let now = Timestamp(seconds: 10_000)
    #expect(StatusText.status(state, now: now) == "Created")
    state.startedAt = Timestamp(seconds: 9_700)
    state.running = true
    #expect(StatusText.status(state, now: now) == "Up 5 minutes")
    state.paused = true
    #expect(StatusText.status(state, now: now) == "Up 5 minutes (Paused)")
    state.running = false
    state.exitCode = 137
    state.finishedAt = Timestamp(seconds: 9_999)
    #expect(StatusText.status(state, now: now) == "Exited (137) 1 second ago")
    #expect(StatusText.duration(seconds: 90) == "About a minute")
    #expect(StatusText.duration(seconds: 3600) == "About an hour")
    #expect(StatusText.duration(seconds: 86_400 * 3) == "3 days")
  }
}
