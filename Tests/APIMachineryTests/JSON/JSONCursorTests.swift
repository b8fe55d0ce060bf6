import APIMachinery
import Testing

@Suite struct JSONCursorTests {
  private func members(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var (found, cursor) = ([String](), JSONCursor(at: 0))
    while let (name, value) = cursor.member(of: bytes.span) {
      let end = JSONScanner.valueEnd(bytes.span, value) ?? bytes.count
      let (name, value) = (bytes[name], bytes[value..<end])
      found.append(String(decoding: name, as: UTF8.self) + "=" + String(decoding: value, as: UTF8.self))
      cursor.pass(to: end)
    }
    return found + ["end \(cursor.end)"]
  }

  private func elements(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var (found, cursor) = ([String](), JSONCursor(at: 0))
    while let value = cursor.element(of: bytes.span) {
      let end = JSONScanner.valueEnd(bytes.span, value) ?? bytes.count
      found.append(String(decoding: bytes[value..<end], as: UTF8.self))
      cursor.pass(to: end)
    }
    return found + ["end \(cursor.end)"]
  }

  @Test func membersOneAfterTheOther() {
    #expect(members("{}x") == ["end 2"])
    #expect(members(#"{"a":1,"b":{"c":[1,{}]},"d\"":"}"}x"#) == ["a=1", #"b={"c":[1,{}]}"#, #"d\"="}""#, "end 34"])
    #expect(members(" { \"a\" : 1 ,\n\t\"b\" : null } ".dropFirst().description) == ["a=1", "b=null", "end 25"])
  }

  @Test func elementsOneAfterTheOther() {
    #expect(elements("[]x") == ["end 2"])
    #expect(elements("[ 1, \"]\" ,[2],{\"a\":[]} ]x") == ["1", "\"]\"", "[2]", "{\"a\":[]}", "end 24"])
  }

  /// What is no JSON ends the steps at the text's end, wherever it is cut off.
  @Test func whatIsCutOffEnds() {
    let text = #"{"a":[1,{"b":"c"}],"d":{"e":null}}"#
    for count in 1..<text.utf8.count {
      let cut = String(text.utf8.prefix(count)) ?? ""
      #expect(members(cut).last == "end \(count)", "\(cut)")
    }
    #expect(members(#"{"a":1 "b":2}"#) == ["a=1", "end 13"])
    #expect(members(#"{"a"=1}"#) == ["end 7"])
    #expect(elements("[1 2]") == ["1", "end 5"])
  }
}
