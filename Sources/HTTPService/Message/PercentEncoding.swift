/// Percent-encoding (RFC 3986, section 2.1).
public enum PercentEncoding {
  /// Decodes `%XX`; in a query `+` stands for a space as well. Nil where a `%` has no two digits after it or the
  /// result is not UTF-8: the caller refuses the request instead of guessing.
  public static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
    let utf8 = text.utf8
    guard utf8.contains(where: { $0 == 0x25 || (plusIsSpace && $0 == 0x2B) }) else { return String(text) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(utf8.count)
    var iterator = utf8.makeIterator()
    while let byte = iterator.next() {
      switch byte {
      case 0x25:
        guard let high = iterator.next()?.hexValue, let low = iterator.next()?.hexValue else { return nil }
        bytes.append(high << 4 | low)
      case 0x2B where plusIsSpace: bytes.append(0x20)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Encodes all but the unreserved characters, so that the result is one path segment or one query value.
  public static func encode(_ text: String) -> String { encode(text) { isUnreserved($0) } }

  /// The same for a form (application/x-www-form-urlencoded), where `+` stands for a space: Go's `url.QueryEscape`.
  public static func encodeForm(_ text: String) -> String {
    encode(text) { isUnreserved($0) || $0 == 0x20 }.replacing(" ", with: "+")
  }

  /// Encodes all but what is plain where the result stands.
  public static func encode(_ text: String, except isPlain: (UInt8) -> Bool) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if isPlain(byte) {
        bytes.append(byte)
      } else {
        bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Of RFC 3986, section 2.3.
  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
    default: false
    }
  }
}
