extension YAMLScanner {
  /// Line breaks and space that stand between words, until it is known what becomes of them.
  private struct Gap {
    var space: [UInt8] = []
    var firstBreak: [UInt8] = []
    var furtherBreaks: [UInt8] = []
    var hasBreak = false

    var isEmpty: Bool { space.isEmpty && !hasBreak }

    /// One line break folds to a space; of more, all but the first stay.
    mutating func fold(into text: inout [UInt8]) {
      if !hasBreak {
        text += space
      } else if firstBreak.first == 0x0A {
        text += furtherBreaks.isEmpty ? [0x20] : furtherBreaks
      } else {
        text += firstBreak + furtherBreaks
      }
      self = Gap()
    }
  }

  /// Reads space and line breaks.
  private mutating func scanGap(
    _ gap: inout Gap, _ check: (borrowing YAMLScanner, Gap) throws(YAMLError) -> Void
  ) throws(YAMLError) {
    while isBlank(0) || isBreak(0) {
      if isBlank(0) {
        try check(self, gap)
        if gap.hasBreak { advance() } else { copyCharacter(to: &gap.space) }
      } else if gap.hasBreak {
        copyBreak(to: &gap.furtherBreaks)
      } else {
        gap.space = []
        copyBreak(to: &gap.firstBreak)
        gap.hasBreak = true
      }
    }
  }

  // MARK: Plain

  mutating func scanPlain() throws(YAMLError) -> String {
    var text: [UInt8] = []
    var gap = Gap()
    let leastColumn = indent + 1
    while true {
      if mark.column == 0, isDocumentMark("-") || isDocumentMark(".") { break }
      if byte(0) == UInt8(ascii: "#") { break }
      while let byte = byte(0), !isBlankOrEnd(0) {
        if byte == UInt8(ascii: ":"), isBlankOrEnd(1) { break }
        if flowLevel > 0, ",?[]{}".utf8.contains(byte) { break }
        gap.fold(into: &text)
        copyCharacter(to: &text)
      }
      guard isBlank(0) || isBreak(0) else { break }
      try scanGap(&gap) { (scanner, gap) throws(YAMLError) in
        if gap.hasBreak, scanner.mark.column < leastColumn, scanner.byte(0) == 0x09 {
          throw scanner.problem("found a tab character that violates indentation")
        }
      }
      if flowLevel == 0, mark.column < leastColumn { break }
    }
    // Behind a line break a key can begin.
    if gap.hasBreak { allowsKey = true }
    return String(decoding: text, as: UTF8.self)
  }

  // MARK: Quoted

  mutating func scanQuoted(isSingle: Bool) throws(YAMLError) -> String {
    let quote = isSingle ? UInt8(ascii: "'") : UInt8(ascii: "\"")
    advance()
    var text: [UInt8] = []
    while true {
      if mark.column == 0, isDocumentMark("-") || isDocumentMark(".") {
        throw problem("found unexpected document indicator")
      }
      guard byte(0) != nil else { throw problem("found unexpected end of stream") }
      var gap = Gap()
      while let byte = byte(0), !isBlankOrEnd(0) {
        if byte == quote {
          guard isSingle, self.byte(1) == quote else { break }
          text.append(quote)
          advance(2)
        } else if !isSingle, byte == UInt8(ascii: "\\") {
          if isBreak(1) {
            // An escaped line break joins the lines.
            advance()
            skipLine()
            gap.hasBreak = true
            break
          }
          try scanEscape(into: &text)
        } else {
          copyCharacter(to: &text)
        }
      }
      if byte(0) == quote { break }
      try scanGap(&gap) { (_, _) throws(YAMLError) in }
      if gap.hasBreak, gap.firstBreak.isEmpty {
        text += gap.furtherBreaks
      } else {
        gap.fold(into: &text)
      }
    }
    advance()
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func scanEscape(into text: inout [UInt8]) throws(YAMLError) {
    var digits = 0
    switch byte(1) {
    case UInt8(ascii: "0"): text.append(0)
    case UInt8(ascii: "a"): text.append(0x07)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "t"), 0x09: text.append(0x09)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "v"): text.append(0x0B)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "e"): text.append(0x1B)
    case 0x20: text.append(0x20)
    case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
    case UInt8(ascii: "'"): text.append(UInt8(ascii: "'"))
    case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
    // JSON's escape, which YAML 1.1 did not know.
    case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
    case UInt8(ascii: "N"): text += [0xC2, 0x85]
    case UInt8(ascii: "_"): text += [0xC2, 0xA0]
    case UInt8(ascii: "L"): text += [0xE2, 0x80, 0xA8]
    case UInt8(ascii: "P"): text += [0xE2, 0x80, 0xA9]
    case UInt8(ascii: "x"): digits = 2
    case UInt8(ascii: "u"): digits = 4
    case UInt8(ascii: "U"): digits = 8
    default: throw problem("found unknown escape character")
    }
    advance(2)
    guard digits > 0 else { return }
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = byte(0).flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw problem("did not find expected hexdecimal number")
      }
      value = value << 4 | UInt32(digit)
      advance()
    }
    if (0xD800..<0xDC00).contains(value), let low = lowSurrogate() {
      // A pair, as JSON writes characters beyond the first plane.
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      advance(6)
    }
    guard let scalar = Unicode.Scalar(value) else { throw problem("found invalid Unicode character escape code") }
    text.append(contentsOf: Array(String(Character(scalar)).utf8))
  }

  private func lowSurrogate() -> UInt32? {
    guard byte(0) == UInt8(ascii: "\\"), byte(1) == UInt8(ascii: "u") else { return nil }
    var value: UInt32 = 0
    for offset in 2..<6 {
      guard let digit = byte(offset).flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return (0xDC00..<0xE000).contains(value) ? value : nil
  }

  // MARK: Block

  /// What becomes of line breaks at the end of a block scalar.
  private enum Chomping { case strip, clip, keep }

  mutating func scanBlock(isLiteral: Bool) throws(YAMLError) -> String {
    advance()
    var chomping = Chomping.clip
    var increment = 0
    for _ in 0..<2 {
      switch byte(0) {
      case UInt8(ascii: "+") where chomping == .clip:
        chomping = .keep
        advance()
      case UInt8(ascii: "-") where chomping == .clip:
        chomping = .strip
        advance()
      case let digit? where (0x30...0x39).contains(digit) && increment == 0:
        guard digit != 0x30 else { throw problem("found an indentation indicator equal to 0") }
        increment = Int(digit - 0x30)
        advance()
      default: break
      }
    }
    while isBlank(0) { advance() }
    if byte(0) == UInt8(ascii: "#") { skipComment() }
    guard byte(0) == nil || isBreak(0) else { throw problem("did not find expected comment or line break") }
    if isBreak(0) { skipLine() }

    var column = increment == 0 ? 0 : max(indent, 0) + increment
    var text: [UInt8] = []
    var lineBreak: [UInt8] = []
    var furtherBreaks: [UInt8] = []
    var followsSpace = false
    try scanIndentation(&column, &furtherBreaks)
    while mark.column == column, byte(0) != nil {
      let startsWithSpace = isBlank(0)
      if !isLiteral, lineBreak.first == 0x0A, !followsSpace, !startsWithSpace {
        if furtherBreaks.isEmpty { text.append(0x20) }
      } else {
        text += lineBreak
      }
      lineBreak = []
      text += furtherBreaks
      furtherBreaks = []
      followsSpace = startsWithSpace
      while byte(0) != nil, !isBreak(0) { copyCharacter(to: &text) }
      if isBreak(0) { copyBreak(to: &lineBreak) }
      try scanIndentation(&column, &furtherBreaks)
    }
    if chomping != .strip { text += lineBreak }
    if chomping == .keep { text += furtherBreaks }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads the indentation of a block scalar's next line, and lines that are empty. A column of 0 is not known yet: the
  /// first line that is not empty sets it.
  private mutating func scanIndentation(_ column: inout Int, _ breaks: inout [UInt8]) throws(YAMLError) {
    var deepest = 0
    while true {
      while column == 0 || mark.column < column, byte(0) == 0x20 { advance() }
      deepest = max(deepest, mark.column)
      if column == 0 || mark.column < column, byte(0) == 0x09 {
        throw problem("found a tab character where an indentation space is expected")
      }
      guard isBreak(0) else { break }
      copyBreak(to: &breaks)
    }
    if column == 0 { column = max(deepest, indent + 1, 1) }
  }
}
