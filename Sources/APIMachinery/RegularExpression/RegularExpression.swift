/// A regular expression in RE2's syntax, as `pattern` in a schema and `matches` in CEL take it.
///
/// Matching takes time that is linear in the text, whatever the pattern: patterns and texts come from strangers. There are no
/// backreferences and no look-around. Where two alternatives match, the first one wins, as in Perl and Go.
public struct RegularExpression: Sendable {
  public let pattern: String
  let program: RegularExpressionProgram

  /// - Throws: ``RegularExpressionError`` where the pattern is malformed or too large.
  public init(_ pattern: String) throws(RegularExpressionError) {
    self.pattern = pattern
    var parser = RegularExpressionParser(pattern)
    program = try RegularExpressionProgram(parser.parse(), groups: parser.groupNames)
  }

  /// The names of the groups, the whole match first; empty where a group has none.
  public var groupNames: [String] { program.groupNames }

  /// Whether the pattern matches anywhere in the text.
  public func matches(_ text: String) -> Bool {
    var matcher = RegularExpressionMatcher(program, text: text)
    return matcher.matches()
  }

  /// The first match: its range, then those of its groups; nil where a group took no part.
  public func firstMatch(in text: String) -> [Range<String.Index>?]? {
    var matcher = RegularExpressionMatcher(program, text: text)
    return matcher.match(from: 0).map { matcher.ranges($0) }
  }

  /// The matches from left to right, which do not overlap; at most `limit` of them.
  public func matches(in text: String, limit: Int = .max) -> [[Range<String.Index>?]] {
    var matcher = RegularExpressionMatcher(program, text: text)
    var result: [[Range<String.Index>?]] = []
    var start = 0
    var previousEnd = -1
    while result.count < limit, start <= matcher.count, let slots = matcher.match(from: start) {
      let (from, to) = (slots[0], slots[1])
      // An empty match right after another match is none of its own.
      if to > from || from != previousEnd { result.append(matcher.ranges(slots)) }
      previousEnd = to
      start = to > from ? to : to + 1
    }
    return result
  }
}

/// Why a pattern is no regular expression.
public struct RegularExpressionError: Error, Sendable, Hashable {
  public let code: Code
  /// The part of the pattern that is wrong.
  public let part: String

  init(_ code: Code, _ part: String) {
    self.code = code
    self.part = part
  }

  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public static let invalidClassRange = Code(description: "invalid character class range")
    public static let invalidEscape = Code(description: "invalid escape sequence")
    public static let invalidNamedGroup = Code(description: "invalid named capture")
    public static let invalidSyntax = Code(description: "invalid or unsupported Perl syntax")
    public static let invalidRepetition = Code(description: "invalid nested repetition operator")
    public static let invalidRepeatCount = Code(description: "invalid repeat count")
    public static let missingBracket = Code(description: "missing closing ]")
    public static let missingParenthesis = Code(description: "missing closing )")
    public static let missingArgument = Code(description: "missing argument to repetition operator")
    public static let trailingBackslash = Code(description: "trailing backslash at end of expression")
    public static let duplicateGroupName = Code(description: "duplicate capture group name")
    public static let unexpectedParenthesis = Code(description: "unexpected )")
    public static let tooDeep = Code(description: "expression nests too deeply")
    public static let tooLarge = Code(description: "expression too large")
  }
}

extension RegularExpressionError: CustomStringConvertible {
  /// In the words that Kubernetes' own messages have.
  public var description: String { "error parsing regexp: \(code): `\(part)`" }
}
