extension YAMLScanner {
  /// The byte so far behind the scanner's place; nil at the end.
  func byte(_ offset: Int) -> UInt8? {
    let index = mark.index + offset
    return index < bytes.count ? bytes[index] : nil
  }

  func isBlank(_ offset: Int) -> Bool { byte(offset) == 0x20 || byte(offset) == 0x09 }

  /// The bytes of a line break; 0 where there is none. YAML 1.1 breaks lines at more than line feeds.
  private func breakLength(_ offset: Int) -> Int {
    switch byte(offset) {
    case 0x0A: 1
    case 0x0D: byte(offset + 1) == 0x0A ? 2 : 1
    case 0xC2 where byte(offset + 1) == 0x85: 2
    case 0xE2 where byte(offset + 1) == 0x80 && (byte(offset + 2) == 0xA8 || byte(offset + 2) == 0xA9): 3
    default: 0
    }
  }

  func isBreak(_ offset: Int) -> Bool { breakLength(offset) > 0 }
  func isBlankOrEnd(_ offset: Int) -> Bool { byte(offset) == nil || isBlank(offset) || isBreak(offset) }

  /// Whether `---` or `...` stands here, by itself.
  func isDocumentMark(_ character: Character) -> Bool {
    guard let expected = character.asciiValue else { return false }
    return (0..<3).allSatisfy { byte($0) == expected } && isBlankOrEnd(3)
  }

  /// Goes on by characters of one line.
  mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where mark.index < bytes.count {
      mark.index += 1
      while mark.index < bytes.count, bytes[mark.index] & 0xC0 == 0x80 { mark.index += 1 }
      mark.column += 1
    }
  }

  mutating func skipLine() {
    mark.index += breakLength(0)
    mark.line += 1
    mark.column = 0
  }

  /// Appends one character and goes on.
  mutating func copyCharacter(to text: inout [UInt8]) {
    let start = mark.index
    advance()
    text += bytes[start..<mark.index]
  }

  /// Appends a line break in its normal form and goes on.
  mutating func copyBreak(to text: inout [UInt8]) {
    if breakLength(0) == 3 { text += bytes[mark.index..<mark.index + 3] } else { text.append(0x0A) }
    skipLine()
  }

  /// Letters, digits, `_` and `-`.
  mutating func scanWord() -> String {
    var word: [UInt8] = []
    while let byte = byte(0), Self.isWord(byte) {
      word.append(byte)
      advance()
    }
    return String(decoding: word, as: UTF8.self)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: "-")
  }
}
