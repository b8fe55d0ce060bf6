extension CELCall {
  func evaluate(_ arguments: [CELInstruction], _ frame: inout CELFrame) throws -> CELValue {
    var values: [CELValue] = []
    values.reserveCapacity(arguments.count)
    do { for argument in arguments { values.append(try argument.evaluate(&frame)) } } catch {
      // Of two the other one is looked at too, of more the rest is not; a call costs something when all have been.
      let rest = arguments.dropFirst(values.count + 1)
      guard rest.isEmpty || arguments.count == 2 && isBinary else { throw error }
      values.append(.null)
      values += try CELInstruction.failed(error, rest, &frame)
      try charge(values, &frame)
      throw error
    }
    return try run(values, &frame)
  }

  /// Whether cel-go knows it as a function of two arguments, and not as one of any number.
  private var isBinary: Bool { !hasPattern && (overloads.count == 1 || isOperator) }

  private var isOperator: Bool { name.utf8.first == UInt8(ascii: "_") || name.utf8.first == UInt8(ascii: "-") }

  /// What a call costs that has no result.
  private func charge(_ arguments: [CELValue], _ frame: inout CELFrame) throws {
    try frame.charge(CELLibraryCost.beforeCall(name, id, arguments))
    if let more = CELLibraryCost.afterCall(name, id, .null) { try frame.charge(more) }
  }

  /// The overload by which costs are counted; empty where more than one fits.
  private var id: String { overloads.count == 1 ? overloads[0].id : "" }

  /// Runs the overload that fits the arguments.
  func run(_ arguments: [CELValue], _ frame: inout CELFrame) throws -> CELValue {
    guard
      let overload = overloads.first(where: { overload in
        zip(arguments, overload.arguments).allSatisfy { $0.fits($1) }
      })
    else {
      try charge(arguments, &frame)
      throw mismatch(arguments)
    }
    let id = id
    try frame.charge(CELLibraryCost.beforeCall(name, id, arguments))
    do {
      let result = try overload.body(arguments, &frame)
      if let more = CELLibraryCost.afterCall(name, id, result) { try frame.charge(more) }
      return result
    } catch let error as CELEvaluationError where !error.isLimit {
      if let more = CELLibraryCost.afterCall(name, id, .null) { try frame.charge(more) }
      throw error
    }
  }

  private static let terse: Set<String> = [
    CELOperator.contained, CELOperator.logicalNot, "contains", "startsWith", "endsWith",
  ]

  /// Why no overload fits: operators say less than functions.
  private func mismatch(_ arguments: [CELValue]) -> CELEvaluationError {
    if hasPattern || Self.terse.contains(name) { return .noSuchOverload }
    guard isOperator || name == "size" || name == "matches" else { return .noSuchOverload(name, arguments) }
    guard let first = arguments.first, !first.knows(name) else { return .noSuchOverload }
    return CELEvaluationError("no such overload: \(name)")
  }
}

extension CELValue {
  /// Whether an operator is one for values of this type on its left, whatever stands on its right.
  fileprivate func knows(_ name: String) -> Bool {
    switch (self, name) {
    // What has methods of its own is asked for the operator as for one of them.
    case (.string, _), (.timestamp, _), (.duration, _): true
    case (_, "size"), (_, "matches"): false
    case (.int, _): true
    case (.uint, _): name != CELOperator.negate
    case (.double, _): name != CELOperator.modulo
    case (.bytes, CELOperator.add), (.list, CELOperator.add): true
    case (.bool, CELOperator.negate): true
    case (.bool, CELOperator.less), (.bool, CELOperator.lessEquals), (.bool, CELOperator.greater),
      (.bool, CELOperator.greaterEquals), (.bytes, CELOperator.less), (.bytes, CELOperator.lessEquals),
      (.bytes, CELOperator.greater), (.bytes, CELOperator.greaterEquals):
      true
    default: false
    }
  }
}
