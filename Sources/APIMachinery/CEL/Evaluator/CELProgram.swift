/// An expression that is ready to be evaluated, any number of times and by any number of tasks.
public struct CELProgram: Sendable {
  let checked: CELCheckedExpression
  private let instruction: CELInstruction
  /// Why a part that never changes cannot be evaluated; nil where all can.
  let failure: CELEvaluationError?

  /// What one expression may cost: Kubernetes' limit of one call.
  public static let costLimit: UInt64 = 1_000_000

  init(_ checked: CELCheckedExpression) {
    self.checked = checked
    var planner = CELPlanner(checked)
    instruction = planner.plan(checked.root)
    failure = planner.failure
  }

  /// Why the expression cannot be made ready, whatever the variables are; nil where it can.
  public var instantiationFailure: String? {
    failure.map { CELCompilationError(instantiation: $0.description).explanation }
  }

  /// The type of the value; `dyn` where only evaluation shows it.
  public var resultType: CELType { checked.type(checked.root) }

  /// The variables that are read.
  public var references: Set<String> { checked.references }

  /// What the expression costs at least and at most.
  /// - Parameter variables: their types, which bound how large their values are; those without are unbounded.
  public func estimatedCost(_ variables: [String: CELSchemaType] = [:]) -> CELCost {
    var estimator = CELCostEstimator(checked, roots: variables)
    return estimator.estimate()
  }

  /// Evaluates the expression.
  /// - Parameters:
  ///   - variables: their values; one that is missing is an error only where it is read.
  ///   - limit: what it may cost.
  public func evaluate(_ variables: [String: CELValue], limit: UInt64 = costLimit) -> CELOutcome {
    var frame = CELFrame(variables, limit: limit)
    do {
      let value = try instruction.evaluate(&frame)
      return CELOutcome(result: .success(value), cost: frame.totalCost)
    } catch let error as CELEvaluationError {
      return CELOutcome(result: .failure(error), cost: frame.totalCost)
    } catch {
      return CELOutcome(result: .failure(CELEvaluationError("\(error)")), cost: frame.totalCost)
    }
  }

  /// Evaluates the expression as a part of another evaluation, with its variables. What it costs is added to what the other
  /// one costs, and does not count against that one's limit.
  /// - Throws: ``CELEvaluationError``
  public func evaluate(within frame: inout CELFrame) throws -> CELValue {
    let outcome = evaluate(frame.bindings)
    frame.addNested(outcome.cost)
    return try outcome.result.get()
  }
}

/// What came of an evaluation, and what it cost.
public struct CELOutcome: Sendable {
  public let result: Result<CELValue, CELEvaluationError>
  public let cost: UInt64
}
