/// Names and identifiers that the server makes up.
public enum Identifiers {
  /// A random UUID (RFC 4122, version 4) as objects carry it in `metadata.uid`.
  public static func uid() -> String {
    var random = SystemRandomNumberGenerator()
    return uid(using: &random)
  }

  /// The same with another source of numbers, for identifiers that are no secret.
  public static func uid(using random: inout some RandomNumberGenerator) -> String {
    let high = (random.next() & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
    let low = (random.next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for place in 0..<32 {
      if place == 8 || place == 12 || place == 16 || place == 20 { text.append(UInt8(ascii: "-")) }
      let word = place < 16 ? high : low
      let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (place % 16))) & 15
      text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Letters and digits that spell no words and are not mistaken for each other.
  static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
  /// The longest base that a suffix is put to: a generated name is at most 63 bytes long.
  public static let longestBase = 58
  public static let suffixLength = 5

  /// A name for an object with `metadata.generateName`: the base, cut so that the name fits, and a random suffix.
  public static func name(from base: String) -> String {
    var random = SystemRandomNumberGenerator()
    return name(from: base, using: &random)
  }

  static func name(from base: String, using random: inout some RandomNumberGenerator) -> String {
    var cut = base
    // The base is cut between characters, so that it stays text.
    while cut.utf8.count > longestBase { cut.removeLast() }
    return cut + suffix(suffixLength, using: &random)
  }

  /// Random characters of the alphabet that Kubernetes uses for names.
  public static func suffix(_ length: Int) -> String {
    var random = SystemRandomNumberGenerator()
    return suffix(length, using: &random)
  }

  static func suffix(_ length: Int, using random: inout some RandomNumberGenerator) -> String {
    String((0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] })
  }
}
