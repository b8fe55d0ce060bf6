/// Names that the server makes from `generateName` (`k8s.io/apiserver`, names.SimpleNameGenerator): five letters and
/// digits without vowels and without those that are easily taken for each other.
enum GeneratedName {
  private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
  private static let suffixLength = 5
  /// A name may be a DNS label.
  private static let longest = 63

  static func make(_ base: String) -> String {
    var name = String(base.prefix(longest - suffixLength))
    for _ in 0..<suffixLength { name.append(alphabet[Int.random(in: 0..<alphabet.count)]) }
    return name
  }
}

/// Random identifiers of objects (RFC 9562, section 5.4: UUID version 4).
enum UniqueIdentifier {
  static func make() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
