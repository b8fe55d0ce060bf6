/// A parsed regular expression.
indirect enum RegularExpressionNode: Sendable {
  case empty
  case set(ScalarSet)
  case assertion(Assertion)
  case group(RegularExpressionNode, index: Int)
  case sequence([RegularExpressionNode])
  case alternatives([RegularExpressionNode])
  /// `maximum` is nil where there is no end.
  case repetition(RegularExpressionNode, minimum: Int, maximum: Int?, isGreedy: Bool)

  /// What holds between two scalars of the text.
  enum Assertion: Sendable, Hashable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
  }

  /// Whether no part is counted out more often than this.
  func repetitions(atMost limit: Int) -> Bool {
    switch self {
    case .group(let body, _): return body.repetitions(atMost: limit)
    case .sequence(let parts), .alternatives(let parts): return parts.allSatisfy { $0.repetitions(atMost: limit) }
    case .repetition(let body, let minimum, let maximum, _):
      let count = maximum ?? minimum
      guard count <= limit else { return false }
      return body.repetitions(atMost: count > 1 ? limit / count : limit)
    default: return true
    }
  }
}
