/// Bytes as text (RFC 4648): in the standard alphabet, padded, as fields of bytes are written in JSON.
public enum Base64 {
  /// Where Go's decoder stops; nil where the text is well formed. Line breaks are passed over.
  static func invalidByte(_ text: String) -> Int? {
    var quantum = 0
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x0A || byte == 0x0D {
        index += 1
        continue
      }
      if isAlphabet(byte) {
        quantum = (quantum + 1) % 4
        index += 1
        continue
      }
      guard byte == UInt8(ascii: "=") else { return index }
      return invalidPadding(bytes, at: index, quantum)
    }
    return quantum == 0 ? nil : bytes.count - quantum
  }

  /// After two characters of four come two signs, after three one, and then nothing.
  private static func invalidPadding(_ bytes: [UInt8], at start: Int, _ quantum: Int) -> Int? {
    guard quantum >= 2 else { return start }
    var index = start + 1
    func skipBreaks() { while index < bytes.count, bytes[index] == 0x0A || bytes[index] == 0x0D { index += 1 } }
    skipBreaks()
    if quantum == 2 {
      guard index < bytes.count else { return bytes.count }
      guard bytes[index] == UInt8(ascii: "=") else { return index - 1 }
      index += 1
      skipBreaks()
    }
    return index < bytes.count ? index : nil
  }

  private static func isAlphabet(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "/"): true
    default: false
    }
  }
}

extension Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let alphabetOfURLs: [UInt8] = alphabet.dropLast(2) + "-_".utf8

  /// With padding.
  public static func encode(_ bytes: some Collection<UInt8>) -> String {
    encode(Array(bytes), alphabet, padding: UInt8(ascii: "="))
  }

  /// In the alphabet of URLs, without padding (section 5).
  public static func encodeURL(_ bytes: some Collection<UInt8>) -> String {
    encode(Array(bytes), alphabetOfURLs, padding: nil)
  }

  private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8], padding: UInt8?) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let count = min(3, bytes.count - index)
      var group: UInt32 = 0
      for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0) }
      for place in 0...count { text.append(alphabet[Int(group >> UInt32(18 - 6 * place)) & 63]) }
      if let padding { text += repeatElement(padding, count: 3 - count) }
      index += 3
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Text in the alphabet of URLs, without padding (section 5); nil where it is none.
  public static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
    var standard: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "-"): standard.append(UInt8(ascii: "+"))
      case UInt8(ascii: "_"): standard.append(UInt8(ascii: "/"))
      case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="), 0x0A, 0x0D: return nil
      default: standard.append(byte)
      }
    }
    while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
    return decode(String(decoding: standard, as: UTF8.self))
  }

  /// Nil where the text is malformed; line breaks do not count.
  public static func decode(_ text: String) -> [UInt8]? {
    guard invalidByte(text) == nil else { return nil }
    var bytes: [UInt8] = []
    var group: UInt32 = 0
    var count = 0
    for byte in text.utf8 {
      guard let value = value(byte) else { continue }
      group = group << 6 | value
      count += 1
      if count == 4 {
        bytes += [UInt8(truncatingIfNeeded: group >> 16), UInt8(truncatingIfNeeded: group >> 8), UInt8(group & 255)]
        (group, count) = (0, 0)
      }
    }
    if count == 2 { bytes.append(UInt8(truncatingIfNeeded: group >> 4)) }
    if count == 3 { bytes += [UInt8(truncatingIfNeeded: group >> 10), UInt8(truncatingIfNeeded: group >> 2)] }
    return bytes
  }

  private static func value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5A: UInt32(byte) - 0x41
    case 0x61...0x7A: UInt32(byte) - 0x61 + 26
    case 0x30...0x39: UInt32(byte) - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
