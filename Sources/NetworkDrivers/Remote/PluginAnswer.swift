import FoundationEssentials

/// Reads a plugin's answer.
enum PluginAnswer {
  /// An answer that says nothing.
  struct Nothing: Decodable, Sendable {
    private enum Key: CodingKey {}
    init() {}
    /// It must be an object all the same.
    init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: Key.self) }
  }

  /// What network drivers (`Err`) and IPAM drivers (`Error`) call an error.
  private struct Refusal: Decodable {
    var Err: String?
    var Error: String?
  }

  /// What went wrong on the plugin's side; nil when it says nothing of the kind.
  static func refusal(_ body: [UInt8]) -> String? {
    guard let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(body)) else { return nil }
    return [refusal.Err, refusal.Error].compactMap { $0 }.first { !$0.isEmpty }
  }

  /// `null` is what some languages make of an empty object.
  static func decode<Answer: Decodable>(_ body: [UInt8]) throws -> Answer {
    let text = body.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }.prefix(5)
    return try JSONDecoder().decode(Answer.self, from: text.elementsEqual("null".utf8) ? Data("{}".utf8) : Data(body))
  }

  /// The beginning of an answer that is no JSON, for a message: one line of it, and nothing that a terminal obeys.
  static func excerpt(_ body: [UInt8]) -> String {
    let line = body.prefix { $0 != 0x0A }.prefix(200)
    return String(decoding: line.map { (0x20...0x7E).contains($0) ? $0 : 0x3F }, as: UTF8.self)
  }
}
