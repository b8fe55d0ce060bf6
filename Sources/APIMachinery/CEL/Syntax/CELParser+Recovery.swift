/// What ANTLR does where an expression is wrong: which words it would have taken, and how it goes on to find what else is wrong.
extension CELParser {
  /// Words that may follow whatever expression.
  private static let followers: Set<String> = [
    "?", "||", "&&", "<", "<=", ">", ">=", "==", "!=", "in", "+", "-", "*", "/", "%", ".", "[",
  ]

  /// Goes on after an expression that is none, as ANTLR does: where a word stands that may follow it.
  /// - Parameter word: the first that does not fit, if it has been taken.
  mutating func recover(since word: CELToken? = nil) throws(Stop) -> CELExpression {
    let offset = current.offset
    try passOver(since: word)
    return try make(.literal(.null), at: offset)
  }

  mutating func passOver(since word: CELToken? = nil) throws(Stop) {
    try attempt(at: word ?? current)
    func follows(_ parser: CELParser) -> Bool {
      guard parser.current.kind == .symbol else { return false }
      let text = parser.current.text
      return Self.followers.contains(text) || parser.enclosing.contains { $0.contains(text) }
    }
    let start = position
    while current.kind != .end, !follows(self) {
      guard position - start < Self.mostPassedOver else {
        throw fail("error recovery token lookahead limit exceeded: \(Self.mostPassedOver)", at: nil)
      }
      position += 1
    }
  }

  /// Minus signs after which nothing stands that they could be of.
  func deadEnd() -> (message: String, offset: Int, signs: Int)? {
    var ahead = position
    while tokens[ahead].kind == .symbol, tokens[ahead].text == "-" { ahead += 1 }
    let next = tokens[ahead]
    guard ahead > position, !startsMember(next) else { return nil }
    let text = text(from: tokens[ahead - 1], to: next)
    return ("no viable alternative at input '\(text)'", next.offset, ahead - position)
  }

  /// What stands in the source, from the first of a word to the last of another, or to the end.
  func text(from first: CELToken, to last: CELToken) -> String {
    let quotes = last.kind == .escapedIdentifier ? 2 : 0
    let end = last.kind == .end ? source.scalars.count : last.offset + last.text.unicodeScalars.count + quotes
    var text = String.UnicodeScalarView()
    text.append(contentsOf: source.scalars[first.offset..<end])
    return String(text)
  }

  /// A minus sign after which no number stands, where it can be of nothing else.
  func deadNumber() -> (message: String, offset: Int)? {
    let next = tokens[min(position + 1, tokens.count - 1)]
    guard next.kind != .integer, next.kind != .double else { return nil }
    return ("no viable alternative at input '-\(next.kind == .end ? "" : next.text)'", next.offset)
  }

  /// Passes over a word that is too much where what is in brackets begins.
  /// - Parameter others: may stand there beside an expression.
  mutating func begin(by others: Set<String>) throws(Stop) {
    func fits(_ parser: CELParser, ahead: Int) -> Bool {
      parser.startsExpression(ahead: ahead) || others.contains { parser.isSymbol($0, ahead: ahead) }
    }
    guard !fits(self, ahead: 0), fits(self, ahead: 1), current.kind != .end else { return }
    noteSyntax("extraneous input '\(current.text)' expecting \(starters)")
    _ = take()
  }

  /// Whether a word can be the first of what signs may stand before.
  func startsMember(_ token: CELToken) -> Bool {
    switch token.kind {
    case .identifier, .integer, .unsigned, .double, .string, .bytes: true
    case .symbol: ["[", "{", "(", ".", "-", "true", "false", "null"].contains(token.text)
    case .escapedIdentifier, .end: false
    }
  }

  /// Whether another entry of a list or a map may begin here; a comma may stand before the end, too.
  var startsEntry: Bool { startsExpression(ahead: 0) || isSymbol("?") }

  /// Whether a word can be the first of an expression.
  func startsExpression(ahead: Int) -> Bool {
    let token = tokens[min(position + ahead, tokens.count - 1)]
    return switch token.kind {
    case .identifier, .integer, .unsigned, .double, .string, .bytes: true
    case .symbol: ["[", "{", "(", ".", "-", "!", "true", "false", "null"].contains(token.text)
    case .escapedIdentifier, .end: false
    }
  }

  /// The words that may stand here: more where what is in brackets begins.
  var starters: String {
    let closing = first.position == position ? first.closing : ""
    let isAggregate = closing == "]" || closing == "}"
    var words = "{'[', " + (closing == "]" ? "']', '{', " : closing == "}" ? "'{', '}', " : "'{', ")
    words += closing == ")" ? "'(', ')', '.', " : "'(', '.', "
    words += isAggregate ? "',', '-', '!', '?', " : closing == "?" ? "'-', '!', '?', " : "'-', '!', "
    return words + "'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
  }

  /// Whether a word is a name.
  func startsName(ahead: Int) -> Bool {
    let token = tokens[min(position + ahead, tokens.count - 1)]
    return token.kind == .identifier || token.kind == .escapedIdentifier
  }

  /// Whether a word can be the first of a message's field, or end it.
  func startsField(ahead: Int) -> Bool {
    startsName(ahead: ahead) || ["}", ",", "?"].contains { isSymbol($0, ahead: ahead) }
  }
}
