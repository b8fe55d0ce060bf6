import APIMachinery
import Testing

@Suite("JSON scanner")
struct JSONScannerTests {
  private func text(_ bytes: [UInt8], _ range: Range<Int>?) -> String? {
    range.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  private func find(_ name: StaticString, _ bytes: [UInt8]) -> String? {
    text(bytes, JSONScanner.value(of: name, in: bytes.span))
  }

  @Test("finds members and their values, with any space")
  func members() {
    let bytes = Array(
      #" { "a" : "x\"}" , "b":[1,{"c":"]"}], "n": -1.5e3 ,"e":{}, "t":true } "#.utf8)
    var found: [String] = []
    let end = JSONScanner.members(of: bytes.span) { member in
      found.append("\(text(bytes, member.name)!)=\(text(bytes, member.value)!)")
      return true
    }
    #expect(found == [#"a="x\"}""#, #"b=[1,{"c":"]"}]"#, "n=-1.5e3", "e={}", "t=true"])
    #expect(end == bytes.count - 1)
    #expect(find("n", bytes) == "-1.5e3")
    #expect(find("c", bytes) == nil)
    let b = JSONScanner.value(of: "b", in: bytes.span)!
    var elements: [String] = []
    let elementsEnd = JSONScanner.elements(of: bytes.span, at: b.lowerBound) {
      elements.append(text(bytes, $0)!)
      return true
    }
    #expect(elementsEnd == b.upperBound)
    #expect(elements == ["1", #"{"c":"]"}"#])
  }

  @Test("of two members of one name the last is found, and a visit can stop")
  func lastAndStop() {
    let bytes = Array(#"{"a":1,"a":2}"#.utf8)
    #expect(find("a", bytes) == "2")
    var visits = 0
    let end = JSONScanner.members(of: bytes.span) { _ in
      visits += 1
      return false
    }
    #expect(end == nil)
    #expect(visits == 1)
  }

  @Test("finds in any text what the reader finds")
  func agreesWithReader() throws {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<300 {
      let value = JSONValue.object(JSONValue.randomObject(using: &generator, depth: 4))
      let bytes = value.jsonBytes()
      var rebuilt = JSONObject()
      var end: Int?
      try withScanned(bytes, &rebuilt, &end)
      #expect(.object(rebuilt) == value)
      #expect(end == bytes.count)
    }
  }

  private func withScanned(_ bytes: [UInt8], _ object: inout JSONObject, _ end: inout Int?) throws {
    var members: [JSONScanner.Member] = []
    end = JSONScanner.members(of: bytes.span) {
      members.append($0)
      return true
    }
    for member in members {
      let quoted = member.name.lowerBound - 1..<member.name.upperBound + 1
      let found = JSONScanner.string(bytes.span, quoted)
      let name = try #require(found)
      object[name] = try JSONValue(json: Array(bytes[member.value]))
    }
  }
}
