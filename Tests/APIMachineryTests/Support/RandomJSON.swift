@testable import APIMachinery

extension JSONValue {
  /// A tree made of a few words, as names and as strings.
  static func random(words: [String], depth: Int, using generator: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &generator) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &generator))
    case 2: return .integer(Int64.random(in: -3...300, using: &generator))
    case 3: return .double(1.5)
    case 4, 5: return .string(words.randomElement(using: &generator) ?? "")
    case 6, 7:
      return .array(
        (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
          random(words: words, depth: depth - 1, using: &generator)
        })
    default:
      var object = JSONObject()
      for _ in 0..<Int.random(in: 0..<5, using: &generator) {
        object[words.randomElement(using: &generator) ?? ""] = random(
          words: words, depth: depth - 1, using: &generator)
      }
      return .object(object)
    }
  }
}
