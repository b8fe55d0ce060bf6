/// Reads RE2's syntax with the options that Go's `regexp` sets: Perl's classes and Unicode's, `.` without the newline, and `^` and
/// `$` at the ends of the text.
struct RegularExpressionParser {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var flags = Flags()
  private var depth = 0
  /// The whole match, and then each group in the order of its opening parenthesis.
  private(set) var groupNames = [""]

  /// Deeper nesting would use up the stack.
  private static let deepest = 250
  /// Of one atom, those of the repetitions around it multiplied in. The limit is RE2's.
  private static let mostRepetitions = 1000

  struct Flags {
    var ignoresCase = false
    var multiline = false
    var dotMatchesNewline = false
    var swapsGreed = false
  }

  init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

  mutating func parse() throws(RegularExpressionError) -> RegularExpressionNode {
    let node = try parseAlternatives()
    guard position == scalars.count else { throw RegularExpressionError(.unexpectedParenthesis, text(from: 0)) }
    return node
  }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private func peek(_ distance: Int) -> Unicode.Scalar? {
    position + distance < scalars.count ? scalars[position + distance] : nil
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    position += 1
    return true
  }

  private func text(from start: Int, to end: Int? = nil) -> String {
    var result = String.UnicodeScalarView()
    result.append(contentsOf: scalars[start..<(end ?? scalars.count)])
    return String(result)
  }

  // MARK: Alternatives, sequences, repetitions

  private mutating func parseAlternatives() throws(RegularExpressionError) -> RegularExpressionNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else { throw RegularExpressionError(.tooDeep, text(from: 0)) }
    var alternatives = [try parseSequence()]
    while take("|") { alternatives.append(try parseSequence()) }
    return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
  }

  private mutating func parseSequence() throws(RegularExpressionError) -> RegularExpressionNode {
    var items: [RegularExpressionNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = position
      if ["*", "+", "?"].contains(scalar) || (scalar == "{" && repeatBounds() != nil) {
        throw RegularExpressionError(.missingArgument, String(repetitionText(at: start)))
      }
      guard let atom = try parseAtom() else { continue }
      items += try parseRepetitions(of: atom)
    }
    switch items.count {
    case 0: return .empty
    case 1: return items[0]
    default: return .sequence(items)
    }
  }

  private func repetitionText(at start: Int) -> String {
    guard scalars[start] == "{", let bounds = repeatBounds() else { return text(from: start, to: start + 1) }
    return text(from: start, to: bounds.end)
  }

  /// The atom with what repeats it. Of a literal text in quotes only the last scalar is repeated.
  private mutating func parseRepetitions(
    of atoms: [RegularExpressionNode]
  ) throws(RegularExpressionError) -> [RegularExpressionNode] {
    var result = atoms
    let start = position
    guard let range = try takeRepetition() else { return result }
    guard let atom = result.popLast() else {
      throw RegularExpressionError(.missingArgument, text(from: start, to: position))
    }
    let isGreedy = take("?") == flags.swapsGreed
    let afterFirst = position
    if try takeRepetition() != nil {
      _ = take("?")
      throw RegularExpressionError(.invalidRepetition, text(from: start, to: position))
    }
    position = afterFirst
    let (minimum, maximum) = range
    let node = RegularExpressionNode.repetition(atom, minimum: minimum, maximum: maximum, isGreedy: isGreedy)
    guard minimum <= maximum ?? minimum, node.repetitions(atMost: Self.mostRepetitions) else {
      throw RegularExpressionError(.invalidRepeatCount, text(from: start, to: position))
    }
    result.append(node)
    return result
  }

  private mutating func takeRepetition() throws(RegularExpressionError) -> (minimum: Int, maximum: Int?)? {
    switch next {
    case "*":
      position += 1
      return (0, nil)
    case "+":
      position += 1
      return (1, nil)
    case "?":
      position += 1
      return (0, 1)
    case "{":
      guard let bounds = repeatBounds() else { return nil }
      position = bounds.end
      return (bounds.minimum, bounds.maximum)
    default: return nil
    }
  }

  /// Braces that do not hold numbers are literal text.
  private func repeatBounds() -> (minimum: Int, maximum: Int?, end: Int)? {
    var index = position + 1
    func number() -> (value: Int, end: Int)? {
      var end = index
      var value = 0
      while end < scalars.count, let digit = scalars[end].properties.numericValue, scalars[end].isASCII {
        value = min(value * 10 + Int(digit), 1_000_000)
        end += 1
      }
      // A leading zero makes it text.
      guard end > index, !(scalars[index] == "0" && end - index > 1) else { return nil }
      return (value, end)
    }
    guard let first = number() else { return nil }
    index = first.end
    guard index < scalars.count else { return nil }
    if scalars[index] == "}" { return (first.value, first.value, index + 1) }
    guard scalars[index] == "," else { return nil }
    index += 1
    guard index < scalars.count else { return nil }
    if scalars[index] == "}" { return (first.value, nil, index + 1) }
    guard let second = number(), second.end < scalars.count, scalars[second.end] == "}" else { return nil }
    return (first.value, second.value, second.end + 1)
  }

  // MARK: Atoms

  /// Nil where the text only set flags.
  private mutating func parseAtom() throws(RegularExpressionError) -> [RegularExpressionNode]? {
    guard let scalar = next else { return nil }
    switch scalar {
    case "(": return try parseGroup().map { [$0] }
    case "[": return [.set(try parseClass())]
    case ".":
      position += 1
      return [.set(flags.dotMatchesNewline ? ScalarClass.any : ScalarClass.anyButNewline)]
    case "^":
      position += 1
      return [.assertion(flags.multiline ? .lineStart : .textStart)]
    case "$":
      position += 1
      return [.assertion(flags.multiline ? .lineEnd : .textEnd)]
    case "\\": return try parseEscape()
    default:
      position += 1
      return [literal(scalar)]
    }
  }

  private func folded(_ set: ScalarSet) -> ScalarSet { flags.ignoresCase ? set.caseFolded : set }

  private func literal(_ scalar: Unicode.Scalar) -> RegularExpressionNode {
    .set(folded(ScalarSet([scalar.value...scalar.value])))
  }

  private mutating func parseGroup() throws(RegularExpressionError) -> RegularExpressionNode? {
    let start = position
    position += 1
    let outer = flags
    var index: Int?
    if next == "?" {
      if peek(1) == "<" || (peek(1) == "P" && peek(2) == "<") {
        position += peek(1) == "<" ? 2 : 3
        groupNames.append(try parseGroupName(from: start))
        index = groupNames.count - 1
      } else {
        position += 1
        guard try parseFlags(from: start) else { return nil }
      }
    } else {
      groupNames.append("")
      index = groupNames.count - 1
    }
    let body = try parseAlternatives()
    guard take(")") else { throw RegularExpressionError(.missingParenthesis, text(from: 0)) }
    flags = outer
    return index.map { .group(body, index: $0) } ?? body
  }

  private mutating func parseGroupName(from start: Int) throws(RegularExpressionError) -> String {
    let nameStart = position
    while let scalar = next, scalar != ">" { _ = scalar; position += 1 }
    let name = text(from: nameStart, to: position)
    guard take(">") else { throw RegularExpressionError(.invalidNamedGroup, text(from: start)) }
    guard !name.isEmpty, name.unicodeScalars.allSatisfy({ ScalarClass.word.contains($0.value) }) else {
      throw RegularExpressionError(.invalidNamedGroup, text(from: start, to: position))
    }
    guard !groupNames.contains(name) else { throw RegularExpressionError(.duplicateGroupName, name) }
    return name
  }

  /// Reads `i`, `m`, `s`, `U`, with `-` before those to unset. Returns whether a group follows; else the flags hold for
  /// the rest of the group around.
  private mutating func parseFlags(from start: Int) throws(RegularExpressionError) -> Bool {
    var changed = flags
    var value = true
    var sawFlag = false
    while let scalar = next {
      position += 1
      switch scalar {
      case "i": changed.ignoresCase = value
      case "m": changed.multiline = value
      case "s": changed.dotMatchesNewline = value
      case "U": changed.swapsGreed = value
      case "-":
        guard value else { throw RegularExpressionError(.invalidSyntax, text(from: start, to: position)) }
        value = false
        sawFlag = false
        continue
      case ":", ")":
        guard value || sawFlag else { throw RegularExpressionError(.invalidSyntax, text(from: start, to: position)) }
        flags = changed
        return scalar == ":"
      default: throw RegularExpressionError(.invalidSyntax, text(from: start, to: position))
      }
      sawFlag = true
    }
    throw RegularExpressionError(.missingParenthesis, text(from: 0))
  }

  private mutating func parseEscape() throws(RegularExpressionError) -> [RegularExpressionNode] {
    guard let letter = peek(1) else { throw RegularExpressionError(.trailingBackslash, "") }
    let assertion: RegularExpressionNode.Assertion? =
      switch letter {
      case "A": .textStart
      case "z": .textEnd
      case "b": .wordBoundary
      case "B": .noWordBoundary
      default: nil
      }
    if let assertion {
      position += 2
      return [.assertion(assertion)]
    }
    if letter == "Q" {
      position += 2
      var literals: [RegularExpressionNode] = []
      while let scalar = next {
        if scalar == "\\", peek(1) == "E" {
          position += 2
          return literals
        }
        position += 1
        literals.append(literal(scalar))
      }
      return literals
    }
    if let set = try takeClassEscape() { return [.set(folded(set))] }
    return [literal(try takeScalarEscape())]
  }

  // MARK: Classes

  private mutating func parseClass() throws(RegularExpressionError) -> ScalarSet {
    let start = position
    position += 1
    let isNegated = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while isFirst || next != "]" {
      guard next != nil else { throw RegularExpressionError(.missingBracket, text(from: start)) }
      isFirst = false
      if next == "[", peek(1) == ":", let set = try takePosixClass() {
        ranges += set.ranges
        continue
      }
      if next == "\\", let set = try takeClassEscape() {
        ranges += set.ranges
        continue
      }
      let rangeStart = position
      let low = try takeClassScalar(from: start)
      var high = low
      if next == "-", let after = peek(1), after != "]" {
        position += 1
        high = try takeClassScalar(from: start)
        guard low <= high else {
          throw RegularExpressionError(.invalidClassRange, text(from: rangeStart, to: position))
        }
      }
      ranges.append(low.value...high.value)
    }
    position += 1
    let set = folded(ScalarSet(ranges))
    return isNegated ? set.inverted : set
  }

  private mutating func takeClassScalar(from start: Int) throws(RegularExpressionError) -> Unicode.Scalar {
    guard let scalar = next else { throw RegularExpressionError(.missingBracket, text(from: start)) }
    if scalar == "\\" {
      guard peek(1) != nil else { throw RegularExpressionError(.trailingBackslash, "") }
      return try takeScalarEscape()
    }
    position += 1
    return scalar
  }

  /// `[:alpha:]` or `[:^alpha:]`; nil where the closing `:]` is missing.
  private mutating func takePosixClass() throws(RegularExpressionError) -> ScalarSet? {
    let start = position
    var end = position + 2
    while end + 1 < scalars.count, !(scalars[end] == ":" && scalars[end + 1] == "]") { end += 1 }
    guard end + 1 < scalars.count else { return nil }
    var name = text(from: start + 2, to: end)
    let isNegated = name.hasPrefix("^")
    if isNegated { name.removeFirst() }
    guard let set = ScalarClass.posix(name) else {
      throw RegularExpressionError(.invalidClassRange, text(from: start, to: end + 2))
    }
    position = end + 2
    return isNegated ? set.inverted : set
  }

  /// `\d`, `\pL`, `\p{Greek}` and their like; nil where something else follows.
  private mutating func takeClassEscape() throws(RegularExpressionError) -> ScalarSet? {
    guard let letter = peek(1) else { return nil }
    if let set = ScalarClass.perl(letter) {
      position += 2
      return set
    }
    guard letter == "p" || letter == "P" else { return nil }
    let start = position
    guard let first = peek(2) else { throw RegularExpressionError(.invalidClassRange, text(from: start)) }
    var name = String(first)
    position += 3
    if first == "{" {
      let nameStart = position
      while let scalar = next, scalar != "}" { _ = scalar; position += 1 }
      name = text(from: nameStart, to: position)
      guard take("}") else { throw RegularExpressionError(.invalidClassRange, text(from: start)) }
    }
    var isNegated = letter == "P"
    if name.hasPrefix("^") {
      isNegated.toggle()
      name.removeFirst()
    }
    guard let set = ScalarClass.unicode(name) else {
      throw RegularExpressionError(.invalidClassRange, text(from: start, to: position))
    }
    return isNegated ? set.inverted : set
  }

  /// A backslash and what names one scalar.
  private mutating func takeScalarEscape() throws(RegularExpressionError) -> Unicode.Scalar {
    let start = position
    guard let letter = peek(1) else { throw RegularExpressionError(.trailingBackslash, "") }
    position += 2
    func invalid() -> RegularExpressionError {
      RegularExpressionError(.invalidEscape, text(from: start, to: min(position, scalars.count)))
    }
    switch letter {
    case "a": return "\u{07}"
    case "f": return "\u{0C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{0B}"
    case "x": return try takeHexadecimal(from: start)
    case "0"..."7":
      // One digit alone would be a backreference.
      if letter != "0", !(next.map { ("0"..."7").contains($0) } ?? false) { throw invalid() }
      var value = letter.value - 0x30
      for _ in 0..<2 {
        guard let digit = next, ("0"..."7").contains(digit) else { break }
        value = value * 8 + digit.value - 0x30
        position += 1
      }
      return Unicode.Scalar(value) ?? "\0"
    default:
      let isWord = ScalarClass.word.contains(letter.value) && letter != "_"
      guard letter.isASCII, !isWord else { throw invalid() }
      return letter
    }
  }

  private mutating func takeHexadecimal(from start: Int) throws(RegularExpressionError) -> Unicode.Scalar {
    func invalid() -> RegularExpressionError {
      RegularExpressionError(.invalidEscape, text(from: start, to: min(position + 1, scalars.count)))
    }
    func digit(_ scalar: Unicode.Scalar?) -> UInt32? {
      guard let scalar, scalar.isASCII else { return nil }
      return Character(scalar).hexDigitValue.map(UInt32.init)
    }
    var value: UInt32 = 0
    if take("{") {
      var count = 0
      while let next = digit(next) {
        value = value * 16 + next
        guard value <= ScalarSet.last else { throw invalid() }
        position += 1
        count += 1
      }
      guard count > 0, next == "}" else { throw invalid() }
      position += 1
    } else {
      guard let high = digit(next), let low = digit(peek(1)) else { throw invalid() }
      position += 2
      value = high * 16 + low
    }
    guard let scalar = Unicode.Scalar(value) else { throw invalid() }
    return scalar
  }
}
