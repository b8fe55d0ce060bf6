/// A call that becomes something else while it is read (CEL language definition, "Macros"; cel-go's two-variable
/// comprehensions and optional values).
struct CELMacro {
  struct Failure: Error {
    let value: CELIssue
  }

  private enum Kind {
    case has, all, exists, existsOne, map, filter, transformList, transformMap, transformMapEntry
    case optionalMap, optionalFlatMap, sortBy, bind
  }

  private let kind: Kind
  private let target: CELExpression?
  private let arguments: [CELExpression]
  /// How many iteration variables come before the rest.
  private let variables: Int

  private static let accumulator = "@result"
  /// What sorts a list by keys of its own.
  static let sortFunction = "@sortByAssociatedKeys"

  /// The macro that a call is; nil where it is an ordinary call.
  static func find(
    _ name: String, target: CELExpression?, _ arguments: [CELExpression], hasBindings: Bool
  ) -> CELMacro? {
    func macro(_ kind: Kind, variables: Int = 1) -> CELMacro {
      CELMacro(kind: kind, target: target, arguments: arguments, variables: variables)
    }
    guard let target else { return name == "has" && arguments.count == 1 ? macro(.has, variables: 0) : nil }
    if hasBindings, name == "bind", arguments.count == 3, case .identifier("cel") = target.kind {
      return macro(.bind)
    }
    return switch (name, arguments.count) {
    case ("all", 2): macro(.all)
    case ("all", 3): macro(.all, variables: 2)
    case ("exists", 2): macro(.exists)
    case ("exists", 3): macro(.exists, variables: 2)
    case ("exists_one", 2): macro(.existsOne)
    case ("exists_one", 3), ("existsOne", 3): macro(.existsOne, variables: 2)
    case ("map", 2), ("map", 3): macro(.map)
    case ("filter", 2): macro(.filter)
    case ("transformList", 3), ("transformList", 4): macro(.transformList, variables: 2)
    case ("transformMap", 3), ("transformMap", 4): macro(.transformMap, variables: 2)
    case ("transformMapEntry", 3), ("transformMapEntry", 4): macro(.transformMapEntry, variables: 2)
    case ("optMap", 2): macro(.optionalMap)
    case ("optFlatMap", 2): macro(.optionalFlatMap)
    case ("sortBy", 2): macro(.sortBy)
    default: nil
    }
  }

  /// - Parameters:
  ///   - offset: where the call stands; what it becomes stands there too.
  ///   - nextID: the number of the next node.
  func expand(_ offset: Int, _ nextID: inout Int) -> Result<CELExpression, Failure> {
    var builder = Builder(offset: offset, nextID: nextID)
    defer { nextID = builder.nextID }
    do {
      return .success(try expand(&builder))
    } catch {
      return .failure(error)
    }
  }

  /// Makes nodes that stand where the macro stands.
  private struct Builder {
    let offset: Int
    var nextID: Int

    mutating func make(_ kind: CELExpression.Kind) -> CELExpression {
      defer { nextID += 1 }
      return CELExpression(id: nextID, offset: offset, kind: kind)
    }

    mutating func call(_ name: String, _ arguments: CELExpression...) -> CELExpression {
      make(.call(name, target: nil, arguments))
    }

    mutating func identifier(_ name: String) -> CELExpression { make(.identifier(name)) }
    mutating func literal(_ value: CELValue) -> CELExpression { make(.literal(value)) }
    mutating func result() -> CELExpression { identifier(CELMacro.accumulator) }
  }

  private func expand(_ make: inout Builder) throws(Failure) -> CELExpression {
    let names = try iterationVariables()
    let last = arguments.last
    switch kind {
    case .has:
      guard let argument = arguments.first, case .select(let operand, let field, false) = argument.kind else {
        throw Failure(
          value: CELIssue(offset: arguments.first?.offset, message: "invalid argument to has() macro"))
      }
      return make.make(.select(operand, field: field, isTest: true))
    case .all:
      let initial = make.literal(.bool(true))
      let accumulated = make.result()
      let condition = make.call(CELOperator.notStrictlyFalse, accumulated)
      let step = make.call(CELOperator.logicalAnd, make.result(), last ?? accumulated)
      return fold(names, initial, condition, step, make.result(), &make)
    case .exists:
      let initial = make.literal(.bool(false))
      let accumulated = make.result()
      let condition = make.call(
        CELOperator.notStrictlyFalse, make.call(CELOperator.logicalNot, accumulated))
      let step = make.call(CELOperator.logicalOr, make.result(), last ?? accumulated)
      return fold(names, initial, condition, step, make.result(), &make)
    case .existsOne:
      let initial = make.literal(.int(0))
      let accumulated = make.result()
      let condition = make.literal(.bool(true))
      let more = make.call(CELOperator.add, accumulated, make.literal(.int(1)))
      let step = make.call(CELOperator.conditional, last ?? accumulated, more, make.result())
      let result = make.call(CELOperator.equals, make.result(), make.literal(.int(1)))
      return fold(names, initial, condition, step, result, &make)
    case .map, .transformList, .filter:
      let initial = make.make(.list([], optional: []))
      let accumulated = make.result()
      let condition = make.literal(.bool(true))
      let element = kind == .filter ? make.identifier(names[0]) : last ?? accumulated
      let more = make.call(CELOperator.add, accumulated, make.make(.list([element], optional: [])))
      let step = filtered(more, &make)
      return fold(names, initial, condition, step, make.result(), &make)
    case .transformMap, .transformMapEntry:
      let initial = make.make(.map([]))
      let accumulated = make.result()
      let condition = make.literal(.bool(true))
      let value = last ?? accumulated
      let more =
        kind == .transformMap
        ? make.call(CELOperator.insert, accumulated, make.identifier(names[0]), value)
        : make.call(CELOperator.insert, accumulated, value)
      let step = filtered(more, &make)
      return fold(names, initial, condition, step, make.result(), &make)
    case .sortBy: return sort(names[0], &make)
    case .bind:
      // The value is the beginning of a fold over nothing.
      return make.make(
        .comprehension(
          CELExpression.Comprehension(
            range: make.make(.list([], optional: [])), variable: "#unused", secondVariable: nil, accumulator: names[0],
            initial: arguments[1], condition: make.literal(.bool(false)), step: make.identifier(names[0]),
            result: arguments[2])))
    case .optionalMap, .optionalFlatMap:
      guard let target, let last else { return make.result() }
      // What the name stands for is asked for once, in a fold over nothing.
      let value = make.make(.call("value", target: target, []))
      let inner = make.make(
        .comprehension(
          CELExpression.Comprehension(
            range: make.make(.list([], optional: [])), variable: "#unused", secondVariable: nil, accumulator: names[0],
            initial: value, condition: make.literal(.bool(false)), step: make.identifier(names[0]), result: last)))
      let isThere = make.make(.call("hasValue", target: target, []))
      let none = make.call("optional.none")
      let some = kind == .optionalMap ? make.call("optional.of", inner) : inner
      return make.call(CELOperator.conditional, isThere, some, none)
    }
  }

  /// The list is named once, its keys are mapped, and both go to a function.
  private func sort(_ variable: String, _ make: inout Builder) -> CELExpression {
    guard let target, let key = arguments.last else { return make.result() }
    let name = "@__sortBy_input__"
    let initial = make.make(.list([], optional: []))
    let more = make.call(CELOperator.add, make.result(), make.make(.list([key], optional: [])))
    let keys = make.make(
      .comprehension(
        CELExpression.Comprehension(
          range: make.identifier(name), variable: variable, secondVariable: nil, accumulator: Self.accumulator,
          initial: initial, condition: make.literal(.bool(true)), step: more, result: make.result())))
    let sorted = make.make(.call(Self.sortFunction, target: make.identifier(name), [keys]))
    return make.make(
      .comprehension(
        CELExpression.Comprehension(
          range: make.make(.list([], optional: [])), variable: "#unused", secondVariable: nil, accumulator: name,
          initial: target, condition: make.literal(.bool(false)), step: make.identifier(name), result: sorted)))
  }

  /// A step that is taken only where the condition before the last argument holds.
  private func filtered(_ step: CELExpression, _ make: inout Builder) -> CELExpression {
    let index = kind == .filter ? 1 : variables
    guard kind == .filter || arguments.count == variables + 2 else { return step }
    return make.call(CELOperator.conditional, arguments[index], step, make.result())
  }

  private func fold(
    _ names: [String], _ initial: CELExpression, _ condition: CELExpression, _ step: CELExpression,
    _ result: CELExpression, _ make: inout Builder
  ) -> CELExpression {
    guard let target else { return result }
    return make.make(
      .comprehension(
        CELExpression.Comprehension(
          range: target, variable: names[0], secondVariable: names.count > 1 ? names[1] : nil,
          accumulator: Self.accumulator, initial: initial, condition: condition, step: step, result: result)))
  }

  private func iterationVariables() throws(Failure) -> [String] {
    var names: [String] = []
    for argument in arguments.prefix(variables) {
      guard case .identifier(let name) = argument.kind, !name.hasPrefix(".") else {
        let what =
          switch kind {
          case .optionalMap: "optMap() variable name must be a simple identifier"
          case .optionalFlatMap: "optFlatMap() variable name must be a simple identifier"
          case .bind: "cel.bind() variable names must be simple identifiers"
          case .all, .exists, .existsOne, .transformList, .transformMap, .transformMapEntry:
            "argument must be a simple name"
          default: "argument is not an identifier"
          }
        throw Failure(value: CELIssue(offset: argument.offset, message: what))
      }
      if name == "__result__" {
        throw Failure(
          value: CELIssue(offset: argument.offset, message: "iteration variable overwrites accumulator variable"))
      }
      if names.contains(name) {
        throw Failure(value: CELIssue(offset: argument.offset, message: "duplicate variable name: \(name)"))
      }
      names.append(name)
    }
    return names
  }
}
