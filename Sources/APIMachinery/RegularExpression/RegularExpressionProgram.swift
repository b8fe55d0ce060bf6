/// A regular expression as instructions of a nondeterministic automaton.
struct RegularExpressionProgram: Sendable {
  private(set) var instructions: [Instruction] = []
  private(set) var start = 0
  let groupNames: [String]
  /// Whether every match begins where the text does.
  private(set) var isAnchored = false

  enum Instruction: Sendable {
    case set(ScalarSet, next: Int)
    case assertion(RegularExpressionNode.Assertion, next: Int)
    case mark(slot: Int, next: Int)
    /// Tries `first`, then `second`.
    case split(first: Int, second: Int)
    case match
  }

  /// Counted repetitions of counted repetitions would make millions.
  private static let largest = 50_000

  init(_ node: RegularExpressionNode, groups: [String]) throws(RegularExpressionError) {
    groupNames = groups
    // Compiled from the end: each part is given what comes after it.
    instructions.append(.match)
    start = try compile(.group(node, index: 0), next: 0)
    isAnchored = Self.isAnchored(node)
  }

  private static func isAnchored(_ node: RegularExpressionNode) -> Bool {
    switch node {
    case .assertion(.textStart): true
    case .group(let body, _): isAnchored(body)
    case .sequence(let items): items.first.map(isAnchored) ?? false
    case .alternatives(let choices): choices.allSatisfy(isAnchored)
    case .repetition(let body, let minimum, _, _): minimum > 0 && isAnchored(body)
    default: false
    }
  }

  private mutating func add(_ instruction: Instruction) throws(RegularExpressionError) -> Int {
    guard instructions.count < Self.largest else { throw RegularExpressionError(.tooLarge, "") }
    instructions.append(instruction)
    return instructions.count - 1
  }

  private mutating func compile(_ node: RegularExpressionNode, next: Int) throws(RegularExpressionError) -> Int {
    switch node {
    case .empty: return next
    case .set(let set): return try add(.set(set, next: next))
    case .assertion(let assertion): return try add(.assertion(assertion, next: next))
    case .group(let body, let index):
      let end = try add(.mark(slot: 2 * index + 1, next: next))
      return try add(.mark(slot: 2 * index, next: compile(body, next: end)))
    case .sequence(let items):
      var entry = next
      for item in items.reversed() { entry = try compile(item, next: entry) }
      return entry
    case .alternatives(let choices):
      var entry = try compile(choices[choices.count - 1], next: next)
      for choice in choices.dropLast().reversed() {
        entry = try add(.split(first: compile(choice, next: next), second: entry))
      }
      return entry
    case .repetition(let body, let minimum, let maximum, let isGreedy):
      return try compile(body, minimum: minimum, maximum: maximum, isGreedy: isGreedy, next: next)
    }
  }

  private mutating func compile(
    _ body: RegularExpressionNode, minimum: Int, maximum: Int?, isGreedy: Bool, next: Int
  ) throws(RegularExpressionError) -> Int {
    var entry = next
    if let maximum {
      for _ in 0..<(maximum - minimum) {
        entry = try addSplit(try compile(body, next: entry), next, isGreedy: isGreedy)
      }
    } else {
      let loop = try add(.split(first: 0, second: next))
      let inside = try compile(body, next: loop)
      instructions[loop] = isGreedy ? .split(first: inside, second: next) : .split(first: next, second: inside)
      entry = loop
    }
    for _ in 0..<minimum { entry = try compile(body, next: entry) }
    return entry
  }

  private mutating func addSplit(_ inside: Int, _ outside: Int, isGreedy: Bool) throws(RegularExpressionError) -> Int {
    try add(isGreedy ? .split(first: inside, second: outside) : .split(first: outside, second: inside))
  }
}
