import APIMachinery

/// Random numbers that are the same in each run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// The bytes with one to four small changes: flipped, removed, doubled, or replaced by bytes that mean something.
  mutating func mutated(
    _ bytes: [UInt8], alphabet: String = "{}[]\",:\\u0-1eE.tfn \n/&*!|>%@`'#=~()"
  ) -> [UInt8] {
    var bytes = bytes
    let telling = Array(alphabet.utf8)
    for _ in 0..<Int.random(in: 1...4, using: &self) {
      guard !bytes.isEmpty else { return [telling.randomElement(using: &self)!] }
      let place = Int.random(in: 0..<bytes.count, using: &self)
      switch Int.random(in: 0..<6, using: &self) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(telling.randomElement(using: &self)!, at: place)
      case 3: bytes[place] = telling.randomElement(using: &self)!
      case 4: bytes.removeSubrange(place...)
      default:
        let end = min(bytes.count, place + Int.random(in: 1...12, using: &self))
        bytes.insert(contentsOf: bytes[place..<end], at: place)
      }
    }
    return bytes
  }

  /// The text with a few small changes.
  mutating func mutated(_ text: String, alphabet: String) -> String {
    String(decoding: mutated(Array(text.utf8), alphabet: alphabet), as: UTF8.self)
  }
}

extension JSONValue {
  private static let words = [
    "", "a", "name", "metadata", "é€", "with \"quotes\"", "a\nline", "<b>&", "😀", "true", "1",
    "- x", "a: b", "\u{0}\u{1F}",
  ]

  /// A tree of at most `depth` levels.
  static func random(using generator: inout SeededGenerator, depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &generator) {
    case 0: .null
    case 1: .bool(Bool.random(using: &generator))
    case 2: .integer(Int64(truncatingIfNeeded: generator.next()))
    case 3: .integer(Int64.random(in: -100...100, using: &generator))
    case 4: .double(Double(Int.random(in: -9_999...9_999, using: &generator)) / 64 + 1 / 128)
    case 5: .string(words.randomElement(using: &generator)!)
    case 6:
      .array(
        (0..<Int.random(in: 0..<5, using: &generator)).map { _ in
          random(using: &generator, depth: depth - 1)
        })
    default: .object(randomObject(using: &generator, depth: depth - 1))
    }
  }

  static func randomObject(using generator: inout SeededGenerator, depth: Int) -> JSONObject {
    var object = JSONObject()
    for _ in 0..<Int.random(in: 0..<18, using: &generator) / 2 {
      object[words.randomElement(using: &generator)!] = random(using: &generator, depth: depth - 1)
    }
    return object
  }
}
