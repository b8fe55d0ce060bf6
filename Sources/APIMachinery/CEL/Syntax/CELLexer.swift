/// A word of an expression.
struct CELToken: Sendable {
  enum Kind: Sendable, Hashable {
    case symbol, identifier, escapedIdentifier, integer, unsigned, double, string, bytes, end
  }

  let kind: Kind
  /// As it was written; of an escaped identifier what stands between the quotes.
  let text: String
  let offset: Int
  /// Of a string or bytes what it stands for.
  var value: CELValue?
  /// Why an escape in it stands for nothing.
  var problem: String?
}

/// Splits an expression into words (CEL language definition, "Syntax").
struct CELLexer {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private(set) var issues: [CELIssue] = []

  init(_ source: CELSource) { scalars = source.scalars }

  mutating func tokens() -> [CELToken] {
    var tokens: [CELToken] = []
    while true {
      skipSpace()
      let start = index
      guard index < scalars.count else {
        tokens.append(CELToken(kind: .end, text: "<EOF>", offset: start))
        return tokens
      }
      if let token = next() {
        tokens.append(token)
      } else {
        // The scalar with which no word can go on is passed over too.
        if index == start, let first = peek(), first == "=" || first == "&" || first == "|" { index += 1 }
        index = min(index + 1, scalars.count)
        issues.append(
          CELIssue(offset: start, message: "Syntax error: token recognition error at: '\(text(start, index))'"))
      }
    }
  }

  private func text(_ start: Int, _ end: Int) -> String {
    var text = ""
    text.unicodeScalars.append(contentsOf: scalars[start..<end])
    return text
  }

  private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
    index + ahead < scalars.count ? scalars[index + ahead] : nil
  }

  private mutating func skipSpace() {
    while let scalar = peek() {
      if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar == "\u{0C}" {
        index += 1
      } else if scalar == "/", peek(1) == "/" {
        while let scalar = peek(), scalar != "\n" { index += 1 }
      } else {
        return
      }
    }
  }

  private static let symbols = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*",
    "/", "%",
  ].map { (text: $0, scalars: Array($0.unicodeScalars)) }

  private mutating func next() -> CELToken? {
    let start = index
    guard let first = peek() else { return nil }
    if let token = quoted() { return token }
    guard index == start else { return nil }
    if Self.isLetter(first) || first == "_" {
      while let scalar = peek(), Self.isLetter(scalar) || Self.isDigit(scalar) || scalar == "_" { index += 1 }
      let word = text(start, index)
      let isSymbol = word == "in" || word == "true" || word == "false" || word == "null"
      return CELToken(kind: isSymbol ? .symbol : .identifier, text: word, offset: start)
    }
    if Self.isDigit(first) || first == "." && peek(1).map(Self.isDigit) ?? false { return number() }
    if first == "`" { return escaped() }
    for symbol in Self.symbols where scalars[index...].starts(with: symbol.scalars) {
      index += symbol.scalars.count
      return CELToken(kind: .symbol, text: symbol.text, offset: start)
    }
    return nil
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  private static func isHexadecimal(_ scalar: Unicode.Scalar) -> Bool {
    isDigit(scalar) || ("a"..."f").contains(scalar) || ("A"..."F").contains(scalar)
  }

  private mutating func skip(_ test: (Unicode.Scalar) -> Bool) {
    while let scalar = peek(), test(scalar) { index += 1 }
  }

  private mutating func number() -> CELToken {
    let start = index
    var kind = CELToken.Kind.integer
    if peek() == "0", peek(1) == "x", peek(2).map(Self.isHexadecimal) ?? false {
      index += 2
      skip(Self.isHexadecimal)
    } else {
      skip(Self.isDigit)
      if peek() == ".", peek(1).map(Self.isDigit) ?? false {
        kind = .double
        index += 1
        skip(Self.isDigit)
      }
      if peek() == "e" || peek() == "E" {
        let signed = peek(1) == "+" || peek(1) == "-"
        if peek(signed ? 2 : 1).map(Self.isDigit) ?? false {
          kind = .double
          index += signed ? 2 : 1
          skip(Self.isDigit)
        }
      }
    }
    if kind == .integer, peek() == "u" || peek() == "U" {
      kind = .unsigned
      index += 1
    }
    return CELToken(kind: kind, text: text(start, index), offset: start)
  }

  private mutating func escaped() -> CELToken? {
    let start = index
    index += 1
    skip { Self.isLetter($0) || Self.isDigit($0) || "_.-/ ".unicodeScalars.contains($0) }
    guard peek() == "`", index > start + 1 else { return nil }
    index += 1
    return CELToken(kind: .escapedIdentifier, text: text(start + 1, index - 1), offset: start)
  }

  // MARK: Strings

  /// A string or bytes; nil, with nothing taken, where none begins here, and with something taken where one is malformed.
  private mutating func quoted() -> CELToken? {
    let start = index
    if let token = quotedWhole() { return token }
    // What goes wrong after a prefix or after two quotes leaves a shorter word: an identifier, an empty string.
    guard index > start, let quote = scalars[start...].firstIndex(where: { $0 == "\"" || $0 == "'" }) else {
      return nil
    }
    if quote + 1 < scalars.count, scalars[quote + 1] == scalars[quote] {
      index = quote + 2
      let isBytes = scalars[start..<quote].contains { $0 == "b" || $0 == "B" }
      return CELToken(
        kind: isBytes ? .bytes : .string, text: text(start, index), offset: start,
        value: isBytes ? .bytes([]) : .string(""))
    }
    if quote > start { index = start }
    return nil
  }

  private mutating func quotedWhole() -> CELToken? {
    let start = index
    var ahead = 0
    var isBytes = false
    var isRaw = false
    if let first = peek(), first == "b" || first == "B" {
      isBytes = true
      ahead = 1
    }
    if let next = peek(ahead), next == "r" || next == "R" {
      isRaw = true
      ahead += 1
    }
    guard let quote = peek(ahead), quote == "\"" || quote == "'" else { return nil }
    index += ahead + 1
    let isLong = peek() == quote && peek(1) == quote
    if isLong { index += 2 }
    var scalars = String.UnicodeScalarView()
    var bytes: [UInt8] = []
    var problem: String?
    func put(_ scalar: Unicode.Scalar) {
      if isBytes { bytes.append(contentsOf: UTF8.encode(scalar)!) } else { scalars.append(scalar) }
    }
    while true {
      guard let scalar = peek() else { return nil }
      if scalar == quote, !isLong || peek(1) == quote && peek(2) == quote {
        index += isLong ? 3 : 1
        break
      }
      if !isLong, scalar == "\n" || scalar == "\r" { return nil }
      index += 1
      guard scalar == "\\", !isRaw else {
        // Every end of a line is one of Unix.
        if scalar == "\r", peek() == "\n" { index += 1 }
        put(scalar == "\r" ? "\n" : scalar)
        continue
      }
      switch escape() {
      case .scalar(let scalar): put(scalar)
      case .codePoint(let scalar): if isBytes { problem = "unable to unescape string" } else { put(scalar) }
      case .nothing: problem = "invalid unicode code point"
      case .code(let value):
        // In bytes `\377` is a byte, in a string a scalar.
        if isBytes { bytes.append(UInt8(value)) } else { scalars.append(Unicode.Scalar(UInt8(value))) }
      case nil: return nil
      }
    }
    return CELToken(
      kind: isBytes ? .bytes : .string, text: text(start, index), offset: start,
      value: isBytes ? .bytes(bytes) : .string(String(scalars)), problem: problem)
  }

  private enum Escape {
    case scalar(Unicode.Scalar)
    /// Written by its number, which bytes do not have.
    case codePoint(Unicode.Scalar)
    /// A number that no scalar has.
    case nothing
    case code(UInt32)
  }

  private static let simple: [Unicode.Scalar: Unicode.Scalar] = [
    "a": "\u{07}", "b": "\u{08}", "f": "\u{0C}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{0B}", "\"": "\"", "'": "'",
    "\\": "\\", "?": "?", "`": "`",
  ]

  /// What stands after a backslash.
  private mutating func escape() -> Escape? {
    guard let scalar = peek() else { return nil }
    index += 1
    if let simple = Self.simple[scalar] { return .scalar(simple) }
    switch scalar {
    case "x", "X": return digits(2, radix: 16).map { .code($0) }
    case "u", "U":
      guard let value = digits(scalar == "u" ? 4 : 8, radix: 16) else { return nil }
      return Unicode.Scalar(value).map { .codePoint($0) } ?? .nothing
    case "0"..."3":
      index -= 1
      return digits(3, radix: 8).map { .code($0) }
    default:
      index -= 1
      return nil
    }
  }

  private mutating func digits(_ count: Int, radix: UInt32) -> UInt32? {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let scalar = peek(), Self.isHexadecimal(scalar), let digit = Character(scalar).hexDigitValue, digit < radix
      else { return nil }
      value = value &* radix &+ UInt32(digit)
      index += 1
    }
    return value
  }
}
