import APIMachinery
import Testing

@Suite("JSON objects")
struct JSONObjectTests {
  @Test("set, replace and remove, with few members and with many", arguments: [3, 12, 13, 14, 100])
  func members(count: Int) {
    var object = JSONObject()
    for number in 0..<count { object["k\(number)"] = .integer(Int64(number)) }
    #expect(object.count == count)
    #expect(object.keys == (0..<count).map { "k\($0)" })
    object["k1"] = "changed"
    #expect(object["k1"] == "changed")
    #expect(object.index(of: "k1") == 1)
    #expect(object.remove("k0") == 0)
    #expect(object.remove("k0") == nil)
    #expect(object["k0"] == nil)
    object["k2"] = nil
    #expect(object.count == count - 2)
    #expect(object.keys == ["k1"] + (3..<count).map { "k\($0)" })
    for number in 3..<count { #expect(object["k\(number)"] == .integer(Int64(number))) }
    object["new"] = true
    #expect(object.keys.last == "new")
  }

  @Test("a copy does not see later changes", arguments: [2, 40])
  func value(count: Int) {
    var object = JSONObject((0..<count).map { ("k\($0)", JSONValue.integer(Int64($0))) })
    let copy = object
    object["k0"] = "x"
    object["y"] = 1
    object.remove("k1")
    #expect(copy.count == count)
    #expect(copy["k0"] == 0)
    #expect(copy["k1"] == 1)
    #expect(copy["y"] == nil)
  }

  @Test("equality and hash know no order of members")
  func equality() {
    let a: JSONValue = ["a": 1, "b": [1, 2]]
    let b: JSONValue = ["b": [1, 2], "a": 1]
    #expect(a == b)
    #expect(a.hashValue == b.hashValue)
    #expect(a != ["a": 1])
    #expect(a != ["a": 1, "b": [2, 1]])
    #expect(JSONValue.string("\u{e9}") != JSONValue.string("e\u{301}"))
    // One of them is ASCII alone.
    #expect(JSONValue.string("K") != JSONValue.string("\u{212a}"))
    #expect(JSONValue.string("\u{212a}") != JSONValue.string("K"))
    #expect(JSONValue.integer(1) != JSONValue.double(1))
  }

  @Test("a filter keeps order, and change in place works in both forms", arguments: [4, 30])
  func filter(count: Int) {
    var object = JSONObject((0..<count).map { ("k\($0)", JSONValue.integer(Int64($0))) })
    object.filter { $1.integerValue! % 2 == 0 }
    #expect(object.count == count / 2)
    #expect(object["k2"] == 2)
    #expect(object["k3"] == nil)
    let old = object.update("k2") { value in
      defer { value = "new" }
      return value
    }
    #expect(old == 2)
    #expect(object["k2"] == "new")
    #expect(object.update("none") { _ in 1 } == nil)
  }
}
