/// Reads an expression (CEL language definition, "Syntax"): recursive descent, with macros expanded as they are met.
struct CELParser {
  /// More nesting is refused: whoever walks the tree uses the stack.
  private static let deepestNesting = 250
  private static let longestSource = 100_000
  /// So often it goes on where something is wrong, and passes over so many words at once (cel-go's parser options).
  private static let mostAttempts = 30
  private static let mostSyntaxErrors = 100
  static let mostPassedOver = 256

  let source: CELSource
  private let hasBindings: Bool
  var tokens: [CELToken] = []
  var position = 0
  private var nesting = 0
  /// What has been begun and not ended: brackets, and conditions whose `:` is to come.
  private var pending = 0
  /// Where what is in brackets begins, and what ends it.
  var first: (position: Int, closing: String) = (-1, "")
  private var nextID = 0
  private var issues: [CELIssue] = []
  /// Words that end or separate what has been begun, innermost last.
  var enclosing: [Set<String>] = []
  /// Something was wrong, and no word has fitted since: what else does not fit now follows from that, and is not told.
  private var isRecovering = false
  private var syntaxErrors = 0
  /// Too much is wrong: the rest is not looked at.
  private var isOver = false
  /// How often it went on where something was wrong.
  private var attempts = 0

  /// Ends a parse whose issue has been noted.
  struct Stop: Error {}

  private init(_ source: CELSource, hasBindings: Bool) {
    self.source = source
    self.hasBindings = hasBindings
  }

  /// The expression, and how many nodes it has; nil with what is wrong where it cannot be read.
  /// - Parameter hasBindings: `cel.bind` is a macro.
  static func parse(
    _ source: CELSource, hasBindings: Bool = false
  ) -> (root: CELExpression?, count: Int, issues: [CELIssue]) {
    var parser = CELParser(source, hasBindings: hasBindings)
    let root = parser.whole()
    return (parser.issues.isEmpty ? root : nil, parser.nextID, parser.issues)
  }

  private mutating func whole() -> CELExpression? {
    guard source.scalars.count <= Self.longestSource else {
      issues.append(
        CELIssue(
          offset: nil,
          message:
            "expression code point size exceeds limit: size: \(source.scalars.count), limit \(Self.longestSource)")
      )
      return nil
    }
    var lexer = CELLexer(source)
    tokens = lexer.tokens()
    issues = Array(lexer.issues.prefix(Self.mostSyntaxErrors))
    syntaxErrors = issues.count
    if let next = lexer.issues.dropFirst(syntaxErrors).first {
      noteSyntax("", at: next.offset)
      return nil
    }
    do {
      let root = try expression()
      guard current.kind == .end else {
        let isLast = tokens[position + 1].kind == .end
        throw syntax("\(isLast ? "extraneous" : "mismatched") input '\(current.text)' expecting <EOF>")
      }
      return root
    } catch { return nil }
  }

  // MARK: Words

  var current: CELToken { tokens[position] }

  func isSymbol(_ text: String, ahead: Int = 0) -> Bool {
    let index = min(position + ahead, tokens.count - 1)
    return tokens[index].kind == .symbol && tokens[index].text == text
  }

  mutating func take() -> CELToken {
    let token = current
    if token.kind != .end { position += 1 }
    isRecovering = false
    return token
  }

  private mutating func take(_ symbol: String) -> CELToken? { isSymbol(symbol) ? take() : nil }

  /// Takes a symbol, or goes on as ANTLR does where it is missing: a word too much is passed over.
  /// - Parameter separator: stands where the symbol may stand, once.
  @discardableResult
  private mutating func expect(_ symbol: String, or separator: String? = nil) throws(Stop) -> CELToken {
    if let token = take(symbol) { return token }
    let found = current
    if separator == nil { try attempt(at: found) }
    let wanted = separator.map { "{'\(symbol)', '\($0)'}" } ?? "'\(symbol)'"
    if isSymbol(symbol, ahead: 1) || separator.map({ isSymbol($0, ahead: 1) }) ?? false {
      noteSyntax("extraneous input '\(found.text)' expecting \(wanted)")
      _ = take()
      if separator.flatMap({ take($0) }) != nil { return try expect(symbol) }
      return take()
    }
    if symbol == ":", startsExpression(ahead: 0) {
      noteSyntax("missing ':' at '\(found.text)'")
      return found
    }
    guard found.kind == .end, symbol != ":", separator == nil, pending == 1 else {
      throw syntax("mismatched input '\(found.text)' expecting \(wanted)")
    }
    noteSyntax("missing '\(symbol)' at '<EOF>'")
    return found
  }

  /// Takes what ends something that was begun.
  private mutating func close(_ symbol: String, or separator: String? = nil) throws(Stop) {
    try expect(symbol, or: separator)
    pending -= 1
  }

  /// Something is wrong, and the rest can be read nevertheless.
  private mutating func note(_ message: String, at offset: Int) {
    if !isOver { issues.append(CELIssue(offset: offset, message: message)) }
  }

  mutating func fail(_ message: String, at offset: Int?) -> Stop {
    if !isOver { issues.append(CELIssue(offset: offset, message: message)) }
    return Stop()
  }

  mutating func noteSyntax(_ message: String, at offset: Int? = nil) {
    guard !isRecovering, !isOver else { return }
    isRecovering = true
    let offset = offset ?? current.offset
    syntaxErrors += 1
    guard syntaxErrors <= Self.mostSyntaxErrors else {
      note("Syntax error: More than \(Self.mostSyntaxErrors) syntax errors", at: offset)
      isOver = true
      position = tokens.count - 1
      return
    }
    note("Syntax error: \(message)", at: offset)
  }

  /// Counts that it goes on where something is wrong: cel-go does so often, and no oftener.
  /// - Parameter word: where it stands.
  mutating func attempt(at word: CELToken) throws(Stop) {
    guard attempts < Self.mostAttempts else {
      throw fail("Syntax error: error recovery attempt limit exceeded: \(Self.mostAttempts)", at: word.offset)
    }
    attempts += 1
  }

  private mutating func syntax(_ message: String) -> Stop {
    noteSyntax(message)
    return Stop()
  }

  /// Reads what stands between words that end or separate it.
  private mutating func enclosed(_ words: Set<String>) throws(Stop) -> CELExpression {
    enclosing.append(words)
    defer { enclosing.removeLast() }
    return try expression()
  }

  mutating func make(_ kind: CELExpression.Kind, at offset: Int) throws(Stop) -> CELExpression {
    let node = CELExpression(id: nextID, offset: offset, kind: kind)
    nextID += 1
    guard node.depth <= CELExpression.deepest, node.chain <= Self.deepestNesting else {
      throw fail("max recursion depth exceeded", at: nil)
    }
    return node
  }

  // MARK: Operators

  private mutating func descend() throws(Stop) {
    guard nesting < Self.deepestNesting else {
      throw fail("expression recursion limit exceeded: \(Self.deepestNesting)", at: nil)
    }
    nesting += 1
  }

  private mutating func expression() throws(Stop) -> CELExpression {
    try descend()
    defer { nesting -= 1 }
    let condition = try disjunction()
    guard let question = take("?") else { return condition }
    pending += 1
    enclosing.append([":"])
    let yes = try disjunction()
    enclosing.removeLast()
    try close(":")
    let no = try expression()
    return try make(.call(CELOperator.conditional, target: nil, [condition, yes, no]), at: question.offset)
  }

  private mutating func disjunction() throws(Stop) -> CELExpression {
    var terms = [try conjunction()]
    var offsets: [Int] = []
    while let token = take("||") {
      offsets.append(token.offset)
      terms.append(try conjunction())
    }
    return try balanced(CELOperator.logicalOr, terms[...], offsets[...])
  }

  private mutating func conjunction() throws(Stop) -> CELExpression {
    var terms = [try binary(0)]
    var offsets: [Int] = []
    while let token = take("&&") {
      offsets.append(token.offset)
      terms.append(try binary(0))
    }
    return try balanced(CELOperator.logicalAnd, terms[...], offsets[...])
  }

  /// A chain of one logical operator as a tree that is as flat as can be.
  private mutating func balanced(
    _ name: String, _ terms: ArraySlice<CELExpression>, _ offsets: ArraySlice<Int>
  ) throws(Stop) -> CELExpression {
    guard terms.count > 1 else { return terms[terms.startIndex] }
    let middle = (offsets.startIndex + offsets.endIndex) / 2
    let left = try balanced(name, terms[...middle], offsets[..<middle])
    let right = try balanced(name, terms[(middle + 1)...], offsets[(middle + 1)...])
    return try make(.call(name, target: nil, [left, right]), at: offsets[middle])
  }

  private static let operators: [[String: String]] = [
    [
      "<": CELOperator.less, "<=": CELOperator.lessEquals, ">": CELOperator.greater, ">=": CELOperator.greaterEquals,
      "==": CELOperator.equals, "!=": CELOperator.notEquals, "in": CELOperator.contained,
    ],
    ["+": CELOperator.add, "-": CELOperator.subtract],
    ["*": CELOperator.multiply, "/": CELOperator.divide, "%": CELOperator.modulo],
  ]

  private mutating func binary(_ level: Int) throws(Stop) -> CELExpression {
    guard level < Self.operators.count else { return try unary() }
    var left = try binary(level + 1)
    while current.kind == .symbol, let name = Self.operators[level][current.text] {
      let token = take()
      let right = try binary(level + 1)
      left = try make(.call(name, target: nil, [left, right]), at: token.offset)
    }
    return left
  }

  private mutating func unary() throws(Stop) -> CELExpression {
    guard isSymbol("!") || isSymbol("-") else { return try member() }
    if let problem = deadEnd() {
      // The last one is where it ends: whoever goes on takes it for an operator.
      position += problem.signs - 1
      noteSyntax(problem.message, at: problem.offset)
      return try recover()
    }
    let first = take()
    var count = 1
    func startsNumber(_ parser: CELParser) -> Bool {
      parser.current.kind == .integer || parser.current.kind == .double
    }
    if first.text == "-", startsNumber(self) {
      position -= 1
      return try member()
    }
    while take(first.text) != nil { count += 1 }
    if first.text == "!", !startsMember(current) {
      noteSyntax("extraneous input '\(current.kind == .end ? "<EOF>" : current.text)' expecting \(starters)")
    }
    let operand = try member()
    // Two of them undo each other.
    guard count % 2 == 1 else { return operand }
    let name = first.text == "!" ? CELOperator.logicalNot : CELOperator.negate
    return try make(.call(name, target: nil, [operand]), at: first.offset)
  }

  // MARK: Members

  private mutating func member() throws(Stop) -> CELExpression {
    var node = try primary()
    while true {
      if let dot = take(".") {
        let isOptional = take("?") != nil
        if isOptional, !startsName(ahead: 0), startsName(ahead: 1) {
          noteSyntax("extraneous input '\(current.text)' expecting {IDENTIFIER, ESC_IDENTIFIER}")
          _ = take()
        }
        let name = current
        if !isOptional, isSymbol("in") {
          // The word may go on here as an operator, and does.
          noteSyntax("no viable alternative at input '.in'")
          return node
        }
        guard name.kind == .identifier || name.kind == .escapedIdentifier else {
          if isOptional {
            noteSyntax("mismatched input '\(current.text)' expecting {IDENTIFIER, ESC_IDENTIFIER}")
            note("unsupported ident kind", at: current.offset)
          } else if current.kind == .symbol, Self.reserved.contains(current.text) {
            noteSyntax("mismatched input '\(current.text)' expecting IDENTIFIER")
          } else {
            noteNoAlternative(after: dot)
          }
          try passOver(since: dot)
          return node
        }
        _ = take()
        if name.kind == .escapedIdentifier { refuseEscape(name) }
        if !isOptional, name.kind == .identifier, let open = take("(") {
          let arguments = try arguments()
          node = try call(name.text, target: node, arguments, at: open.offset)
        } else if isOptional {
          let field = try make(.literal(.string(name.text)), at: name.offset)
          node = try make(.call(CELOperator.optionalSelect, target: nil, [node, field]), at: dot.offset)
        } else {
          node = try make(.select(node, field: name.text, isTest: false), at: dot.offset)
        }
      } else if let open = take("[") {
        if !isSymbol("?") { first = (position, "?") }
        let isOptional = take("?") != nil
        pending += 1
        let index = try enclosed(["]"])
        try close("]")
        let name = isOptional ? CELOperator.optionalIndex : CELOperator.index
        node = try make(.call(name, target: nil, [node, index]), at: open.offset)
      } else {
        return node
      }
    }
  }

  /// What stands between the parentheses of a call; the open one has been taken.
  private mutating func arguments() throws(Stop) -> [CELExpression] {
    if take(")") != nil { return [] }
    first = (position, ")")
    try begin(by: [")"])
    if take(")") != nil { return [] }
    pending += 1
    var arguments = [try enclosed([",", ")"])]
    while take(",") != nil { arguments.append(try enclosed([",", ")"])) }
    try close(")")
    return arguments
  }

  /// A dot after which nothing stands that may stand there.
  private mutating func noteNoAlternative(after dot: CELToken) {
    noteSyntax("no viable alternative at input '\(text(from: dot, to: current))'")
  }

  /// Names in backticks are of the language, and Kubernetes does not let them be used.
  private mutating func refuseEscape(_ name: CELToken) {
    note("unsupported syntax: '`'", at: name.offset)
  }

  private static let reserved: Set<String> = [
    "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
    "package", "namespace", "null", "return", "true", "var", "void", "while",
  ]

  private mutating func primary() throws(Stop) -> CELExpression {
    let token = current
    switch token.kind {
    case .identifier: return try name(isAbsolute: false)
    case .integer, .double, .unsigned:
      _ = take()
      return try number(token, isNegative: false, at: token.offset)
    case .string, .bytes:
      _ = take()
      if let problem = token.problem { note(problem, at: token.offset) }
      return try make(.literal(token.value ?? .null), at: token.offset)
    case .escapedIdentifier, .end: break
    case .symbol:
      switch token.text {
      case "(":
        _ = take()
        pending += 1
        let inner = try enclosed([")"])
        try close(")")
        return inner
      case "[":
        _ = take()
        return try list(at: token.offset)
      case "{":
        _ = take()
        return try map(at: token.offset)
      case ".":
        let dot = take()
        guard current.kind == .identifier else {
          noteNoAlternative(after: dot)
          return try recover(since: dot)
        }
        return try name(isAbsolute: true)
      case "-":
        if let problem = deadNumber() {
          noteSyntax(problem.message, at: problem.offset)
          return try recover()
        }
        _ = take()
        return try number(take(), isNegative: true, at: token.offset)
      case "true", "false":
        _ = take()
        return try make(.literal(.bool(token.text == "true")), at: token.offset)
      case "null":
        _ = take()
        return try make(.literal(.null), at: token.offset)
      default: break
      }
    }
    guard token.kind != .end, startsExpression(ahead: 1) else {
      noteSyntax("mismatched input '\(token.text)' expecting \(starters)")
      return try recover()
    }
    noteSyntax("extraneous input '\(token.text)' expecting \(starters)")
    _ = take()
    try descend()
    defer { nesting -= 1 }
    return try unary()
  }

  private mutating func number(
    _ token: CELToken, isNegative: Bool, at offset: Int
  ) throws(Stop) -> CELExpression {
    let sign = isNegative ? "-" : ""
    var value: CELValue?
    switch token.kind {
    case .integer:
      value =
        (token.text.hasPrefix("0x") ? Int64(sign + token.text.dropFirst(2), radix: 16) : Int64(sign + token.text))
        .map { .int($0) }
      if value == nil { note("invalid int literal", at: offset) }
    case .unsigned:
      let digits = token.text.dropLast()
      value = (digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)).map { .uint($0) }
      if value == nil { note("invalid uint literal", at: offset) }
    default:
      value = Double(sign + token.text).flatMap { $0.isFinite ? .double($0) : nil }
      if value == nil { note("invalid double literal", at: offset) }
    }
    return try make(.literal(value ?? .null), at: offset)
  }

  /// An identifier, a call of a function, or a message.
  private mutating func name(isAbsolute: Bool) throws(Stop) -> CELExpression {
    let token = take()
    let name = (isAbsolute ? "." : "") + token.text
    let isReserved = Self.reserved.contains(token.text)
    if isReserved { note("reserved identifier: \(token.text)", at: token.offset) }
    if let open = take("(") {
      let arguments = try arguments()
      if isReserved { return try make(.literal(.null), at: token.offset) }
      return try call(name, target: nil, arguments, at: open.offset)
    }
    if isReserved { return try make(.literal(.null), at: token.offset) }
    // A message is a name with dots and then a brace.
    var ahead = 0
    var parts = [name]
    while isSymbol(".", ahead: ahead), position + ahead + 1 < tokens.count,
      tokens[position + ahead + 1].kind == .identifier
    {
      parts.append(tokens[position + ahead + 1].text)
      ahead += 2
    }
    if isSymbol("{", ahead: ahead) {
      position += ahead
      let open = take()
      return try structure(parts.joined(separator: "."), at: open.offset)
    }
    return try make(.identifier(name), at: token.offset)
  }

  // MARK: Aggregates

  private mutating func list(at offset: Int) throws(Stop) -> CELExpression {
    var elements: [CELExpression] = []
    var optional: Set<Int> = []
    var mayGoOn = false
    pending += 1
    first = (position, "]")
    try begin(by: ["]", ",", "?"])
    // A comma alone makes an empty list.
    let isEmpty = take(",") != nil
    while !isEmpty, !isSymbol("]"), elements.isEmpty || current.kind != .end {
      if take("?") != nil { optional.insert(elements.count) }
      elements.append(try enclosed([",", "]"]))
      mayGoOn = take(",") == nil
      if mayGoOn || !startsEntry { break }
    }
    try close("]", or: mayGoOn ? "," : nil)
    return try make(.list(elements, optional: optional), at: offset)
  }

  private mutating func map(at offset: Int) throws(Stop) -> CELExpression {
    var entries: [CELExpression.Entry] = []
    var mayGoOn = false
    pending += 1
    first = (position, "}")
    try begin(by: ["}", ",", "?"])
    let isEmpty = take(",") != nil
    while !isEmpty, !isSymbol("}"), entries.isEmpty || current.kind != .end {
      let isOptional = take("?") != nil
      let key = try enclosed([":", ",", "}"])
      try expect(":")
      entries.append(CELExpression.Entry(key: key, value: try enclosed([",", "}"]), isOptional: isOptional))
      mayGoOn = take(",") == nil
      if mayGoOn || !startsEntry { break }
    }
    try close("}", or: mayGoOn ? "," : nil)
    return try make(.map(entries), at: offset)
  }

  private mutating func structure(_ name: String, at offset: Int) throws(Stop) -> CELExpression {
    var fields: [CELExpression.Field] = []
    var mayGoOn = false
    pending += 1
    if !startsField(ahead: 0), startsField(ahead: 1), current.kind != .end {
      noteSyntax("extraneous input '\(current.text)' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}")
      _ = take()
    }
    let isEmpty = take(",") != nil
    while !isEmpty, !isSymbol("}"), fields.isEmpty || current.kind != .end {
      let isOptional = take("?") != nil
      guard current.kind == .identifier || current.kind == .escapedIdentifier else {
        let others = isOptional ? "" : fields.isEmpty ? "'}', ',', '?', " : "'}', '?', "
        throw syntax("mismatched input '\(current.text)' expecting {\(others)IDENTIFIER, ESC_IDENTIFIER}")
      }
      let field = take()
      if field.kind == .escapedIdentifier { refuseEscape(field) }
      let colon = try expect(":")
      fields.append(
        CELExpression.Field(
          name: field.text, offset: colon.offset, value: try enclosed([",", "}"]), isOptional: isOptional))
      mayGoOn = take(",") == nil
      if mayGoOn || isSymbol("}") || !startsField(ahead: 0) { break }
    }
    try close("}", or: mayGoOn ? "," : nil)
    return try make(.structure(name, fields), at: offset)
  }

  // MARK: Macros

  private mutating func call(
    _ name: String, target: CELExpression?, _ arguments: [CELExpression], at offset: Int
  ) throws(Stop) -> CELExpression {
    guard let macro = CELMacro.find(name, target: target, arguments, hasBindings: hasBindings) else {
      return try make(.call(name, target: target, arguments), at: offset)
    }
    switch macro.expand(offset, &nextID) {
    case .success(let node):
      guard node.depth <= CELExpression.deepest else { throw fail("max recursion depth exceeded", at: nil) }
      return node
    case .failure(let issue):
      if !isOver { issues.append(issue.value) }
      return try make(.literal(.null), at: offset)
    }
  }
}
