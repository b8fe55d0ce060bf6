extension YAMLScanner {
  /// Reads `%YAML 1.1` or `%TAG !handle! prefix`, and the rest of the line.
  mutating func scanDirective() throws(YAMLError) -> YAMLToken.Kind {
    advance()
    let name = scanWord()
    guard !name.isEmpty else { throw problem("could not find expected directive name") }
    guard isBlankOrEnd(0) else { throw problem("found unexpected non-alphabetical character") }
    let kind: YAMLToken.Kind
    switch name {
    case "YAML":
      skipBlanks()
      kind = .version(scanUntilBlank())
    case "TAG":
      skipBlanks()
      let handle = scanUntilBlank()
      guard handle.hasPrefix("!"), handle == "!" || handle.hasSuffix("!") else {
        throw problem("did not find expected '!'")
      }
      guard isBlank(0) else { throw problem("did not find expected whitespace") }
      skipBlanks()
      kind = .tagDirective(handle: handle, prefix: scanUntilBlank())
    default: throw problem("found unknown directive name")
    }
    skipBlanks()
    if byte(0) == UInt8(ascii: "#") { skipComment() }
    guard byte(0) == nil || isBreak(0) else { throw problem("did not find expected comment or line break") }
    if isBreak(0) { skipLine() }
    return kind
  }

  /// Reads `!suffix`, `!!suffix`, `!handle!suffix` or `!<whole>`.
  mutating func scanTag() throws(YAMLError) -> (handle: String, suffix: String) {
    var handle = ""
    var suffix = ""
    if byte(1) == UInt8(ascii: "<") {
      advance(2)
      suffix = try scanURI { $0 != UInt8(ascii: ">") }
      guard byte(0) == UInt8(ascii: ">") else { throw problem("did not find the expected '>'") }
      advance()
    } else {
      advance()
      let word = scanWord()
      if byte(0) == UInt8(ascii: "!") {
        advance()
        handle = "!\(word)!"
        suffix = try scanURI { _ in true }
        guard !suffix.isEmpty else { throw problem("did not find expected tag URI") }
      } else {
        handle = "!"
        suffix = word + (try scanURI { _ in true })
      }
    }
    guard isBlankOrEnd(0) || (flowLevel > 0 && byte(0) == UInt8(ascii: ",")) else {
      throw problem("did not find expected whitespace or line break")
    }
    return (handle, suffix)
  }

  private mutating func scanURI(_ test: (UInt8) -> Bool) throws(YAMLError) -> String {
    var text: [UInt8] = []
    while let byte = byte(0), test(byte), Self.isURI(byte, inFlow: flowLevel > 0) {
      if byte == UInt8(ascii: "%") {
        guard let high = self.byte(1).flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }),
          let low = self.byte(2).flatMap({ Character(Unicode.Scalar($0)).hexDigitValue })
        else { throw problem("did not find URI escaped octet") }
        text.append(UInt8(high << 4 | low))
        advance(3)
      } else {
        text.append(byte)
        advance()
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func isURI(_ byte: UInt8, inFlow: Bool) -> Bool {
    if (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) { return true }
    if ",[]".utf8.contains(byte) { return !inFlow }
    return "_-;/?:@&=+$.%!~*'()".utf8.contains(byte)
  }

  private mutating func skipBlanks() {
    while isBlank(0) { advance() }
  }

  private mutating func scanUntilBlank() -> String {
    var text: [UInt8] = []
    while !isBlankOrEnd(0) { copyCharacter(to: &text) }
    return String(decoding: text, as: UTF8.self)
  }
}
