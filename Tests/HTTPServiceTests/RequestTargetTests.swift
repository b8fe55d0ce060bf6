import Testing

@testable import HTTPService

@Suite struct RequestTargetTests {
  @Test func splitsBeforeItDecodes() throws {
    #expect(try RequestTarget("/images/a%2Fb/json").segments == ["images", "a/b", "json"])
    #expect(try RequestTarget("/").segments == [""])
    #expect(try RequestTarget("/a/").segments == ["a", ""])
    #expect(try RequestTarget("/a%20b?x=1#").segments == ["a b"])
    #expect(try RequestTarget("http://host:80/a?b=1").segments == ["a"])
    #expect(try RequestTarget("http://host").segments == [""])
    #expect(try RequestTarget("*").segments == ["*"])
  }

  @Test func namesOfFieldsCompareWithoutRegardToCase() {
    let headers: Headers = ["Content-Type": "a", "Accept": "b", "X-Ä": "c", "X-[": "d"]
    #expect(headers["content-type"] == "a" && headers["ACCEPT"] == "b" && headers["Accep"] == nil)
    // Only letters of ASCII have another case: `[` and `{` differ by the same bit.
    #expect(headers["x-ä"] == nil && headers["x-Ä"] == "c" && headers["x-{"] == nil && headers["X-["] == "d")
    #expect("Host".isToken && !"Ho st".isToken && !"".isToken && !"Hö".isToken && "!#$%&'*+-.^_`|~09azAZ".isToken)
    for byte in UInt8.min ... .max {
      let expected =
        "!#$%&'*+-.^_`|~".utf8.contains(byte) || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte)
      #expect(byte.isTokenCharacter == expected)
    }
  }

  @Test(arguments: ["a", "", "/%", "/%4", "/%zz", "/%ff", "/%00", "/?a=%", "ftp://x/"])
  func refusesWhatDoesNotDecode(raw: String) {
    #expect(throws: HTTPServiceError.self) { try RequestTarget(raw) }
  }

  @Test func readsAQuery() throws {
    let query = try RequestTarget("/?a=1&b=x+y%2B&a=2&flag&e=&&=z").query
    #expect(query["a"] == "1" && query.all("a") == ["1", "2"])
    #expect(query["b"] == "x y+")
    #expect(query["flag"] == "" && query["e"] == "" && query["none"] == nil)
  }

  @Test func readsFlagsAsDockerDoes() throws {
    for on in ["1", "true", "True", "yes", "x"] { #expect(try RequestTarget("/?f=\(on)").query.flag("f")) }
    for off in ["0", "false", "False", "no", "none", "", "+0+"] {
      #expect(try !RequestTarget("/?f=\(off)").query.flag("f", default: true))
    }
    #expect(try RequestTarget("/").query.flag("f", default: true))
  }

  @Test func encodesAForm() {
    #expect(PercentEncoding.encodeForm("a b+c/é~%") == "a+b%2Bc%2F%C3%A9~%25")
    #expect(PercentEncoding.encode("a b%", except: { $0 == 0x20 }) == "%61 %62%25")
  }

  @Test func encodesOneSegment() throws {
    let text = "a/b c:é~"
    let encoded = PercentEncoding.encode(text)
    #expect(encoded == "a%2Fb%20c%3A%C3%A9~")
    #expect(try RequestTarget("/" + encoded).segments == [text])
  }

  @Test func writesDates() {
    #expect(HTTPDate.format(seconds: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.format(seconds: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    #expect(HTTPDate.format(seconds: 951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
    #expect(HTTPDate.format(seconds: 4_107_542_400) == "Mon, 01 Mar 2100 00:00:00 GMT")
  }
}
