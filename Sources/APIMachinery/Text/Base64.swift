/// The standard encoding of bytes as text (RFC 4648, section 4), padded.
enum Base64 {
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
