/// What one evaluation holds: the variables of its folds, and what it has cost.
public struct CELFrame {
  /// The cost until now, in the units of Kubernetes' limits.
  private var cost: UInt64 = 0
  /// What evaluations within this one have cost.
  private var nestedCost: UInt64 = 0
  private let limit: UInt64
  /// What is left of the work that costs do not count: elements copied, values compared.
  private var remainingWork = 20_000_000
  /// The variables of the folds around, the innermost last.
  var locals: [Result<CELValue, CELEvaluationError>] = []
  let bindings: [String: CELValue]
  /// Patterns that were made as the expression ran; few, because one expression rarely makes many.
  private var patterns: [String: RegularExpression] = [:]

  init(_ bindings: [String: CELValue], limit: UInt64) {
    self.bindings = bindings
    self.limit = limit
  }

  var totalCost: UInt64 { (CELCost(cost) + CELCost(nestedCost)).max }

  mutating func addNested(_ units: UInt64) { nestedCost = (CELCost(nestedCost) + CELCost(units)).max }

  /// - Throws: ``CELEvaluationError`` where the limit is passed.
  mutating func charge(_ units: UInt64) throws {
    cost = cost.addingReportingOverflow(units).overflow ? .max : cost + units
    if cost > limit { throw CELEvaluationError.costLimit }
  }

  /// Gives back what has been charged and costs nothing.
  mutating func refund(_ units: UInt64) { cost -= min(units, cost) }

  /// Counts what the costs leave out, so that no expression takes more time than its cost says.
  mutating func work(_ units: Int) throws {
    remainingWork -= min(units, remainingWork + 1)
    if remainingWork < 0 { throw CELEvaluationError.costLimit }
  }

  /// A compiled pattern.
  mutating func pattern(_ text: String) throws -> RegularExpression {
    if let known = patterns[text] { return known }
    try work(1_000 + text.utf8.count * 100)
    do {
      let pattern = try RegularExpression(text)
      try work(pattern.program.instructions.count)
      if patterns.count >= 16 { patterns.removeAll() }
      patterns[text] = pattern
      return pattern
    } catch let error as RegularExpressionError {
      throw CELEvaluationError(error.description)
    }
  }
}
