/// An expression as it is evaluated: names resolved, functions chosen.
indirect enum CELInstruction: Sendable {
  case constant(CELValue)
  case variable(String)
  /// A variable of a fold.
  case local(Int)
  case select(CELInstruction, String, isFirst: Bool)
  case optionalSelect(CELInstruction, String, isFirst: Bool)
  case has(CELInstruction, String)
  case index(CELInstruction, CELInstruction, isFirst: Bool)
  case optionalIndex(CELInstruction, CELInstruction, isFirst: Bool)
  /// A path within another one, or between which a condition chooses: its steps alone cost something.
  case steps(CELInstruction)
  case and(CELInstruction, CELInstruction)
  case or(CELInstruction, CELInstruction)
  case conditional(CELInstruction, CELInstruction, CELInstruction)
  /// What an optional holds, or else something that is evaluated only then.
  case optionalOr(CELInstruction, CELInstruction, isValue: Bool)
  /// Whether something is not false, be it an error.
  case notStrictlyFalse(CELInstruction)
  case equals(CELInstruction, CELInstruction, isNegated: Bool)
  case call(CELCall, [CELInstruction])
  /// `value in [1, 2, 3]`, the list written out.
  case isMember(CELInstruction, [CELValue])
  case matches(CELInstruction, RegularExpression, String)
  case list([(value: CELInstruction, isOptional: Bool)])
  case map([(key: CELInstruction, value: CELInstruction, isOptional: Bool)])
  case structure(String, [(name: String, value: CELInstruction, isOptional: Bool)])
  case fold(CELFold)
  /// `accumulator + [element]`, in place.
  case append(Int, CELInstruction)
  /// Puts a member into the accumulator, in place.
  case insert(Int, CELInstruction, CELInstruction)
}

/// A call as it is made.
struct CELCall: Sendable {
  let name: String
  /// Those that the arguments' types leave; more than one where a type shows only now.
  let overloads: [CELOverload]
  /// Its second argument is a pattern that is written out.
  var hasPattern = false
}

struct CELFold: Sendable {
  let range: CELInstruction
  let hasSecondVariable: Bool
  let initial: CELInstruction
  let condition: CELInstruction
  let step: CELInstruction
  let result: CELInstruction
  /// Only a name for a value: nothing is iterated.
  let isBinding: Bool
}

/// Makes instructions of a checked expression.
struct CELPlanner {
  private let checked: CELCheckedExpression
  /// The names of the folds' variables around, the innermost last.
  private var locals: [String] = []
  private var known: [Int: CELInstruction] = [:]
  /// Those that are read.
  private var usedLocals: Set<Int> = []
  /// Why a part that never changes cannot be evaluated.
  private(set) var failure: CELEvaluationError?

  init(_ checked: CELCheckedExpression) { self.checked = checked }

  mutating func plan(_ node: CELExpression) -> CELInstruction {
    if let known = known[node.id] { return known }
    let instruction = make(node)
    known[node.id] = instruction
    return instruction
  }

  private mutating func make(_ node: CELExpression) -> CELInstruction {
    if let type = checked.constants[node.id] { return .constant(.type(type)) }
    if let name = checked.renamed[node.id] { return .variable(name) }
    switch node.kind {
    case .literal(let value): return .constant(value)
    case .identifier(let name):
      let name = name.hasPrefix(".") ? String(name.dropFirst()) : name
      guard let index = locals.lastIndex(of: name) else { return .variable(name) }
      usedLocals.insert(index)
      return .local(index)
    case .select(let operand, let field, let isTest):
      let inner = plan(operand)
      let field = checked.type(operand).fieldName(field)
      return isTest ? .has(inner, field) : .select(inner, field, isFirst: !inner.isAttribute)
    case .call(let name, let target, let arguments): return call(node, name, target, arguments)
    case .list(let elements, let optional):
      return folded(.list(elements.enumerated().map { (plan($1), optional.contains($0)) }))
    case .map(let entries): return folded(.map(entries.map { (plan($0.key), plan($0.value), $0.isOptional) }))
    case .structure(let name, let fields):
      return .structure(name, fields.map { ($0.name, plan($0.value), $0.isOptional) })
    case .comprehension(let fold): return .fold(comprehension(fold))
    }
  }

  private mutating func comprehension(_ fold: CELExpression.Comprehension) -> CELFold {
    let range = plan(fold.range)
    let initial = plan(fold.initial)
    locals.append(fold.accumulator)
    let accumulator = locals.count - 1
    locals.append(fold.variable)
    if let second = fold.secondVariable { locals.append(second) }
    let condition = plan(fold.condition)
    let step = self.step(fold.step, accumulator)
    locals.removeLast(fold.secondVariable == nil ? 1 : 2)
    usedLocals.remove(accumulator)
    let result = plan(fold.result)
    locals.removeLast()
    var isBinding = false
    if case .constant(.bool(false)) = condition { isBinding = true }
    // What nobody reads is not evaluated.
    let isRead = !isBinding || usedLocals.contains(accumulator)
    return CELFold(
      range: range, hasSecondVariable: fold.secondVariable != nil, initial: isRead ? initial : .constant(.null),
      condition: condition, step: step, result: result, isBinding: isBinding)
  }

  /// A step that adds to the accumulator does it in place, or a list would be copied for each element.
  private mutating func step(_ node: CELExpression, _ accumulator: Int) -> CELInstruction {
    guard case .call(let name, nil, let arguments) = node.kind else { return plan(node) }
    func isAccumulator(_ node: CELExpression) -> Bool {
      if case .identifier(let name) = node.kind { locals.lastIndex(of: name) == accumulator } else { false }
    }
    switch name {
    case CELOperator.conditional where arguments.count == 3 && isAccumulator(arguments[2]):
      return .conditional(plan(arguments[0]), step(arguments[1], accumulator), plan(arguments[2]).asSteps)
    case CELOperator.add where arguments.count == 2 && isAccumulator(arguments[0]):
      if case .list(let elements, let optional) = arguments[1].kind, elements.count == 1, optional.isEmpty {
        return .append(accumulator, plan(elements[0]))
      }
    case CELOperator.insert where arguments.count == 3 && isAccumulator(arguments[0]):
      return .insert(accumulator, plan(arguments[1]), plan(arguments[2]))
    default: break
    }
    return plan(node)
  }

  private mutating func call(
    _ node: CELExpression, _ name: String, _ target: CELExpression?, _ arguments: [CELExpression]
  ) -> CELInstruction {
    if name == CELOperator.optionalSelect, case .literal(.string(let field)) = arguments[1].kind {
      let inner = plan(arguments[0])
      return .optionalSelect(inner, checked.type(arguments[0]).fieldName(field), isFirst: !inner.isAttribute)
    }
    let resolved = checked.calls[node.id]
    let target = resolved?.isNamespaced ?? false ? nil : target
    let all = ((target.map { [$0] } ?? []) + arguments).map { plan($0) }
    var call = CELCall(name: resolved?.name ?? name, overloads: resolved?.overloads ?? [])
    switch (name, all.count) {
    case (CELOperator.logicalAnd, 2): return .and(all[0], all[1])
    case (CELOperator.logicalOr, 2): return .or(all[0], all[1])
    case (CELOperator.conditional, 3): return .conditional(all[0], all[1].asSteps, all[2].asSteps)
    case (CELOperator.notStrictlyFalse, 1): return .notStrictlyFalse(all[0])
    case (CELOperator.equals, 2): return .equals(all[0], all[1], isNegated: false)
    case (CELOperator.notEquals, 2): return .equals(all[0], all[1], isNegated: true)
    case (CELOperator.index, 2): return .index(all[0], all[1].asSteps, isFirst: !all[0].isAttribute)
    case (CELOperator.optionalIndex, 2): return .optionalIndex(all[0], all[1].asSteps, isFirst: !all[0].isAttribute)
    case ("matches", 2):
      // A pattern that is written out is compiled once.
      if case .constant(.string(let text)) = all[1], let pattern = try? RegularExpression(text) {
        return .matches(all[0], pattern, text)
      }
    case ("find", 2...), ("findAll", 2...):
      if case .constant(.string(let text)) = all[1] {
        do { _ = try RegularExpression(text) } catch { fail(CELEvaluationError(error.description)) }
        call.hasPattern = true
      }
    case (CELOperator.contained, 2):
      if case .constant(.list(let list)) = all[1], let members = try? list.elements() {
        if members.isEmpty { return .constant(.bool(false)) }
        if call.overloads.count == 1, members.allSatisfy(\.isHashable) { return .isMember(all[0], members) }
      }
    case ("or", 2) where call.overloads.first?.id == "optional_or_optional":
      return .optionalOr(all[0], all[1], isValue: false)
    case ("orValue", 2): return .optionalOr(all[0], all[1], isValue: true)
    default: break
    }
    return all.count == 1 && Self.conversions.contains(name) ? folded(.call(call, all)) : .call(call, all)
  }

  private static let conversions: Set<String> = [
    "bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint",
  ]

  private mutating func fail(_ error: CELEvaluationError) { failure = failure ?? error }

  /// What has only constant parts is evaluated once, and costs nothing later.
  private mutating func folded(_ instruction: CELInstruction) -> CELInstruction {
    guard instruction.isMadeOfConstants else { return instruction }
    var frame = CELFrame([:], limit: CELProgram.costLimit)
    do { return .constant(try instruction.evaluate(&frame)) } catch let error as CELEvaluationError {
      if !error.isLimit { fail(error) }
    } catch { fail(CELEvaluationError("\(error)")) }
    return instruction
  }
}

extension CELInstruction {
  fileprivate var isConstant: Bool { if case .constant = self { true } else { false } }

  fileprivate var isMadeOfConstants: Bool {
    switch self {
    case .list(let elements): elements.allSatisfy { $0.value.isConstant && !$0.isOptional }
    case .map(let entries): entries.allSatisfy { $0.key.isConstant && $0.value.isConstant && !$0.isOptional }
    case .call(_, let arguments): arguments.allSatisfy(\.isConstant)
    default: false
    }
  }

  /// Whether cel-go looks at it as one path from a variable.
  var isAttribute: Bool {
    switch self {
    case .variable, .local, .select, .index, .optionalSelect, .optionalIndex, .conditional: true
    default: false
    }
  }

  /// Without the unit with which a path begins; one that begins with a condition has none.
  fileprivate var asSteps: CELInstruction { isAttribute && !beginsWithCondition ? .steps(self) : self }

  private var beginsWithCondition: Bool {
    switch self {
    case .conditional: true
    case .select(let operand, _, _), .index(let operand, _, _), .optionalSelect(let operand, _, _),
      .optionalIndex(let operand, _, _):
      operand.beginsWithCondition
    default: false
    }
  }
}

extension CELValue {
  /// Whether cel-go looks it up in a table where it stands in a list that is written out.
  fileprivate var isHashable: Bool {
    switch self {
    case .bool, .int, .uint, .double, .string: true
    default: false
    }
  }
}
