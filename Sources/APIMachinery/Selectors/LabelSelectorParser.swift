extension LabelSelector {
  /// Reads the text of the parameter `labelSelector`: `app=web,tier in (a,b),!old,size>3`. An empty text selects
  /// everything.
  /// - Throws: a `badRequest` in the words of Kubernetes' parser.
  public static func parse(_ text: String) throws(StatusError) -> LabelSelector {
    var parser = LabelSelectorParser(text)
    return LabelSelector(try parser.requirements())
  }
}

private struct LabelSelectorParser {
  private enum Token {
    case end, identifier, comma, opening, closing, not, equals, doubleEquals, notEquals, greater, less, `in`, notIn
  }

  private static let symbols: [String: Token] = [
    ")": .closing, ",": .comma, "!": .not, "==": .doubleEquals, "=": .equals, ">": .greater, "<": .less,
    "!=": .notEquals, "(": .opening,
  ]
  private static let keywords: [String: Token] = ["in": .in, "notin": .notIn]

  private var tokens: [(token: Token, text: String)] = []
  private var position = 0

  init(_ text: String) {
    let bytes = Array(text.utf8)
    var index = 0
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
    func isSymbol(_ byte: UInt8) -> Bool { "=!(),><".utf8.contains(byte) }
    while true {
      while index < bytes.count, isSpace(bytes[index]) { index += 1 }
      // As in Go, where a zero byte means the end.
      guard index < bytes.count, bytes[index] != 0 else { break }
      let start = index
      if isSymbol(bytes[index]) {
        index += 1
        let pair = index < bytes.count ? String(decoding: bytes[start...index], as: UTF8.self) : ""
        if Self.symbols[pair] != nil { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        tokens.append((Self.symbols[text] ?? .identifier, text))
      } else {
        while index < bytes.count, bytes[index] != 0, !isSpace(bytes[index]), !isSymbol(bytes[index]) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        tokens.append((Self.keywords[text] ?? .identifier, text))
        if index < bytes.count, bytes[index] == 0 { index += 1 }
      }
    }
    tokens.append((.end, ""))
  }

  /// The next token; among keys and values the words `in` and `notin` are identifiers.
  private func peek() -> (token: Token, text: String) {
    let next = tokens[min(position, tokens.count - 1)]
    return next.token == .in || next.token == .notIn ? (.identifier, next.text) : next
  }

  private mutating func take() -> (token: Token, text: String) {
    defer { position += 1 }
    return peek()
  }

  private mutating func takeOperator() -> (token: Token, text: String) {
    defer { position += 1 }
    return tokens[min(position, tokens.count - 1)]
  }

  private static func expected(_ found: String, _ what: String) -> StatusError {
    .badRequest("found '\(found)', expected: \(what)")
  }

  mutating func requirements() throws(StatusError) -> [LabelRequirement] {
    var requirements: [LabelRequirement] = []
    while true {
      let next = peek()
      switch next.token {
      case .end: return requirements
      case .identifier, .not: break
      default: throw Self.expected(next.text, "!, identifier, or 'end of string'")
      }
      do {
        requirements.append(try requirement())
      } catch {
        throw .badRequest("unable to parse requirement: \(error.message)")
      }
      let separator = take()
      switch separator.token {
      case .end: return requirements
      case .comma:
        let following = peek()
        guard following.token == .identifier || following.token == .not else {
          throw Self.expected(following.text, "identifier after ','")
        }
      default: throw Self.expected(separator.text, "',' or 'end of string'")
      }
    }
  }

  private mutating func requirement() throws(StatusError) -> LabelRequirement {
    var next = take()
    let isNegated = next.token == .not
    if isNegated { next = take() }
    guard next.token == .identifier else { throw Self.expected(next.text, "identifier") }
    let key = next.text
    let messages = NameRules.labelKey(key)
    guard messages.isEmpty else {
      throw .badRequest(
        FieldError.invalid(FieldPath(), .string(key), messages.joined(separator: "; ")).description)
    }
    if isNegated { return try LabelRequirement(key, .doesNotExist) }
    if peek().token == .end || peek().token == .comma { return try LabelRequirement(key, .exists) }

    let found = takeOperator()
    switch found.token {
    case .in: return try LabelRequirement(key, .in, try values())
    case .notIn: return try LabelRequirement(key, .notIn, try values())
    case .equals: return try LabelRequirement(key, .equals, [try value()])
    case .doubleEquals: return try LabelRequirement(key, .doubleEquals, [try value()])
    case .notEquals: return try LabelRequirement(key, .notEquals, [try value()])
    case .greater: return try LabelRequirement(key, .greaterThan, [try value()])
    case .less: return try LabelRequirement(key, .lessThan, [try value()])
    default: throw Self.expected(found.text, "in, notin, =, ==, !=, gt, lt")
    }
  }

  private mutating func value() throws(StatusError) -> String {
    if peek().token == .end || peek().token == .comma { return "" }
    let next = take()
    guard next.token == .identifier else { throw Self.expected(next.text, "identifier") }
    return next.text
  }

  /// `(a,b)`; nothing between commas or parentheses is the empty value.
  private mutating func values() throws(StatusError) -> [String] {
    let opening = take()
    guard opening.token == .opening else { throw .badRequest("found '\(opening.text)' expected: '('") }
    let first = peek()
    switch first.token {
    case .closing:
      position += 1
      return [""]
    case .identifier, .comma:
      let values = try sortedList()
      guard take().token == .closing else { throw Self.expected(first.text, "')'") }
      return values
    default: throw Self.expected(first.text, "',', ')' or identifier")
    }
  }

  /// In order, each once: messages count them so.
  private mutating func sortedList() throws(StatusError) -> [String] { Set(try list()).sorted() }

  private mutating func list() throws(StatusError) -> [String] {
    var values: [String] = []
    while true {
      let next = take()
      switch next.token {
      case .identifier:
        values.append(next.text)
        let following = peek()
        switch following.token {
        case .comma: continue
        case .closing: return values
        default: throw Self.expected(following.text, "',' or ')'")
        }
      case .comma:
        if values.isEmpty { values.append("") }
        if peek().token == .closing {
          values.append("")
          return values
        }
        if peek().token == .comma { values.append("") }
      default: throw Self.expected(next.text, "',', or identifier")
      }
    }
  }
}
