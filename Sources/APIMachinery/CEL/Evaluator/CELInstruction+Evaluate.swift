extension CELInstruction {
  /// - Throws: ``CELEvaluationError``
  func evaluate(_ frame: inout CELFrame) throws -> CELValue {
    switch self {
    case .constant(let value): return value
    case .variable(let name): return try Self.variable(name, &frame)
    case .local(let index):
      try frame.charge(1)
      return try frame.locals[index].get()
    case .select(let operand, let field, let isFirst):
      let value = try operand.evaluate(&frame)
      return try Self.select(value, field, isFirst, &frame)
    case .optionalSelect(let operand, let field):
      let value = try operand.evaluate(&frame)
      return try Self.optionalSelect(value, field, &frame)
    case .has(let operand, let field):
      let value = try operand.evaluate(&frame)
      // What is no path from a variable begins one.
      if !operand.isAttribute { try frame.charge(1) }
      return .bool(try Self.has(value, field, &frame))
    case .index(let container, let key, let isFirst):
      let value = try container.evaluate(&frame)
      let keyValue = try key.evaluate(&frame)
      // Where a path is the key of a path, its steps alone cost something.
      if key.isAttribute { frame.refund(1) }
      return try Self.index(value, keyValue, isFirst, &frame)
    case .optionalIndex(let container, let key):
      let value = try container.evaluate(&frame)
      return try Self.optionalIndex(value, key.evaluate(&frame), &frame)
    case .and(let a, let b): return try Self.logical(a, b, decidedBy: false, &frame)
    case .or(let a, let b): return try Self.logical(a, b, decidedBy: true, &frame)
    case .conditional(let condition, let yes, let no):
      guard case .bool(let holds) = try condition.evaluate(&frame) else { throw CELEvaluationError.noSuchOverload }
      let chosen = holds ? yes : no
      let value = try chosen.evaluate(&frame)
      // A path that a condition chooses costs its steps alone.
      if chosen.isAttribute { frame.refund(1) }
      return value
    case .optionalOr(let first, let second, let isValue):
      guard case .optional(let inner) = try first.evaluate(&frame) else { throw CELEvaluationError.noSuchOverload }
      guard let inner else { return try second.evaluate(&frame) }
      return isValue ? inner : .optional(inner)
    case .notStrictlyFalse(let operand): return try Self.notStrictlyFalse(operand, &frame)
    case .equals(let a, let b, let isNegated): return try Self.equals(a, b, isNegated, &frame)
    case .call(let call, let arguments):
      let values = try arguments.map { try $0.evaluate(&frame) }
      return try call.run(values, &frame)
    case .matches(let operand, let pattern, let text):
      return try Self.matches(operand.evaluate(&frame), pattern, text, &frame)
    case .list(let elements): return try Self.list(elements, &frame)
    case .map(let entries): return try Self.map(entries, &frame)
    case .structure(let name, let fields): return try Self.structure(name, fields, &frame)
    case .fold(let fold): return try fold.evaluate(&frame)
    case .append(let index, let element): return try Self.append(index, element, &frame)
    case .insert(let index, let key, let value): return try Self.insert(index, key, value, &frame)
    }
  }

  // MARK: Variables and fields

  private static func variable(_ name: String, _ frame: inout CELFrame) throws -> CELValue {
    try frame.charge(1)
    guard let value = frame.bindings[name] else { throw CELEvaluationError("no such attribute(s): \(name)") }
    return value
  }

  private static func select(
    _ value: CELValue, _ field: String, _ isFirst: Bool, _ frame: inout CELFrame
  ) throws -> CELValue {
    try frame.charge(isFirst ? 2 : 1)
    if case .optional(let inner) = value { return try optionalMember(inner, field, &frame) }
    guard let member = try member(value, field, &frame) else { throw CELEvaluationError.noSuchKey(field) }
    return member
  }

  /// A field; nil where there is none, as in a value that has no fields at all.
  private static func member(_ value: CELValue, _ field: String, _ frame: inout CELFrame) throws -> CELValue? {
    switch value {
    case .map(let map): try map.find(.string(field))
    case .object(let object): try object.field(field)
    case .lazy(let fields): try fields.field(field, &frame)
    default: nil
    }
  }

  private static func optionalMember(
    _ value: CELValue?, _ field: String, _ frame: inout CELFrame
  ) throws -> CELValue {
    switch value {
    case .map?, .object?, .lazy?: return .optional(try value.flatMap { try member($0, field, &frame) })
    // What has no fields does not have this one.
    default: return .optional(nil)
    }
  }

  private static func optionalSelect(
    _ value: CELValue, _ field: String, _ frame: inout CELFrame
  ) throws -> CELValue {
    let container: CELValue? = if case .optional(let inner) = value { inner } else { value }
    let member = try optionalMember(container, field, &frame)
    try frame.charge(member.isPresent ? 1 : 0)
    return member
  }

  private static func has(_ value: CELValue, _ field: String, _ frame: inout CELFrame) throws -> Bool {
    switch value {
    case .map(let map): map.contains(.string(field))
    case .object(let object): object.has(field)
    case .lazy(let fields): try fields.field(field, &frame) != nil
    case .optional(nil): false
    case .optional(let inner?): try has(inner, field, &frame)
    case .list: throw CELEvaluationError("unsupported index type 'string' in list")
    default: false
    }
  }

  // MARK: Elements

  private static func index(
    _ value: CELValue, _ key: CELValue, _ isFirst: Bool, _ frame: inout CELFrame
  ) throws -> CELValue {
    try frame.charge(isFirst ? 2 : 1)
    if case .optional(let inner) = value {
      guard let inner else { return .optional(nil) }
      return .optional(try element(inner, key, &frame))
    }
    if let found = try element(value, key, &frame) { return found }
    if case .list = value { throw CELEvaluationError("index out of bounds: \(key.shownAsKey)") }
    throw CELEvaluationError.noSuchKey(key.shownAsKey)
  }

  private static func optionalIndex(
    _ value: CELValue, _ key: CELValue, _ frame: inout CELFrame
  ) throws -> CELValue {
    let container: CELValue? = if case .optional(let inner) = value { inner } else { value }
    let found = try container.flatMap { try element($0, key, &frame) }
    // A step that leads nowhere costs nothing.
    try frame.charge(found == nil ? 0 : 1)
    return .optional(found)
  }

  private static func element(_ value: CELValue, _ key: CELValue, _ frame: inout CELFrame) throws -> CELValue? {
    switch value {
    case .list(let list):
      let index: Int64
      switch key {
      case .int(let value): index = value
      case .uint(let value): index = Int64(clamping: value)
      case .double(let value):
        guard let whole = Int64(exactly: value) else {
          throw CELEvaluationError("unsupported index value \(value.goDescription) in list")
        }
        index = whole
      default: throw CELEvaluationError("unsupported index type '\(key.typeName)' in list")
      }
      guard index >= 0, index < list.count else { return nil }
      return try list.element(Int(index))
    case .map(let map): return try map.find(key)
    case .object, .lazy:
      guard case .string(let name) = key else { throw CELEvaluationError.noSuchOverload }
      return try member(value, name, &frame)
    default: return nil
    }
  }

  // MARK: Logic

  /// `&&` is decided by false, `||` by true, whatever the other side is, be it an error.
  private static func logical(
    _ a: CELInstruction, _ b: CELInstruction, decidedBy decisive: Bool, _ frame: inout CELFrame
  ) throws -> CELValue {
    var failure: CELEvaluationError?
    do {
      if case .bool(let value) = try a.evaluate(&frame) {
        if value == decisive { return .bool(decisive) }
      } else {
        failure = .noSuchOverload
      }
    } catch let error as CELEvaluationError {
      if error.isLimit { throw error }
      failure = error
    }
    do {
      if case .bool(let value) = try b.evaluate(&frame) {
        if value == decisive { return .bool(decisive) }
      } else {
        failure = failure ?? .noSuchOverload
      }
    } catch let error as CELEvaluationError {
      if error.isLimit { throw error }
      failure = failure ?? error
    }
    if let failure { throw failure }
    return .bool(!decisive)
  }

  private static func notStrictlyFalse(_ operand: CELInstruction, _ frame: inout CELFrame) throws -> CELValue {
    try frame.charge(1)
    do {
      if case .bool(false) = try operand.evaluate(&frame) { return .bool(false) }
    } catch let error as CELEvaluationError {
      if error.isLimit { throw error }
    }
    return .bool(true)
  }

  private static func equals(
    _ a: CELInstruction, _ b: CELInstruction, _ isNegated: Bool, _ frame: inout CELFrame
  ) throws -> CELValue {
    let left = try a.evaluate(&frame)
    let right = try b.evaluate(&frame)
    let size = min(left.costSize, right.costSize)
    try frame.charge(CELCost(size).times(0.1).max)
    return .bool(try left.isEqual(right, &frame) != isNegated)
  }

  private static func matches(
    _ value: CELValue, _ pattern: RegularExpression, _ text: String, _ frame: inout CELFrame
  ) throws -> CELValue {
    guard case .string(let subject) = value else { throw CELEvaluationError.noSuchOverload }
    try frame.charge(CELLibraryCost.matching(subject, text))
    return .bool(pattern.matches(subject))
  }

  // MARK: Aggregates

  private static func list(
    _ elements: [(value: CELInstruction, isOptional: Bool)], _ frame: inout CELFrame
  ) throws -> CELValue {
    var values: [CELValue] = []
    values.reserveCapacity(elements.count)
    for element in elements {
      if let value = try unwrapped(element.value.evaluate(&frame), element.isOptional) { values.append(value) }
    }
    try frame.charge(10)
    return .list(CELList(values))
  }

  /// The value, or what an optional holds; nil where it holds nothing.
  private static func unwrapped(_ value: CELValue, _ isOptional: Bool) throws -> CELValue? {
    guard isOptional else { return value }
    guard case .optional(let inner) = value else {
      throw CELEvaluationError("cannot initialize optional list element from non-optional value")
    }
    return inner
  }

  private static func map(
    _ entries: [(key: CELInstruction, value: CELInstruction, isOptional: Bool)], _ frame: inout CELFrame
  ) throws -> CELValue {
    var map = CELMap()
    for entry in entries {
      let key = try entry.key.evaluate(&frame)
      if let value = try unwrapped(entry.value.evaluate(&frame), entry.isOptional) { try map.set(key, value) }
    }
    try frame.charge(30)
    return .map(map)
  }

  private static func structure(
    _ name: String, _ fields: [(name: String, value: CELInstruction, isOptional: Bool)], _ frame: inout CELFrame
  ) throws -> CELValue {
    var values: [(name: String, value: CELValue)] = []
    for field in fields {
      if let value = try unwrapped(field.value.evaluate(&frame), field.isOptional) {
        values.append((field.name, value))
      }
    }
    try frame.charge(40)
    return .object(CELObject(typeName: name, values))
  }

  private static func append(_ index: Int, _ element: CELInstruction, _ frame: inout CELFrame) throws -> CELValue {
    let value = try element.evaluate(&frame)
    // The accumulator, a list around the element, and their sum.
    try frame.charge(12)
    guard case .list(var list) = try frame.locals[index].get() else { throw CELEvaluationError.noSuchOverload }
    frame.locals[index] = .success(.null)
    try list.append(value)
    return .list(list)
  }

  private static func insert(
    _ index: Int, _ key: CELInstruction, _ value: CELInstruction, _ frame: inout CELFrame
  ) throws -> CELValue {
    let key = try key.evaluate(&frame)
    let value = try value.evaluate(&frame)
    try frame.charge(2)
    guard case .map(var map) = try frame.locals[index].get() else { throw CELEvaluationError.noSuchOverload }
    frame.locals[index] = .success(.null)
    try map.insert(key, value)
    return .map(map)
  }
}

extension CELValue {
  /// Whether it is an optional that holds something.
  fileprivate var isPresent: Bool { if case .optional(.some) = self { true } else { false } }
}

extension CELCall {
  /// Runs the overload that fits the arguments.
  func run(_ arguments: [CELValue], _ frame: inout CELFrame) throws -> CELValue {
    guard
      let overload = overloads.first(where: { overload in
        zip(arguments, overload.arguments).allSatisfy { $0.fits($1) }
      })
    else {
      // Operators say less than functions.
      if name.utf8.first == UInt8(ascii: "_") || name.utf8.first == UInt8(ascii: "-") || name == "!_" || name == "@in" {
        throw CELEvaluationError.noSuchOverload
      }
      throw CELEvaluationError.noSuchOverload(name, arguments)
    }
    let id = overloads.count == 1 ? overload.id : ""
    try frame.charge(CELLibraryCost.beforeCall(name, id, arguments))
    let result = try overload.body(arguments, &frame)
    if let more = CELLibraryCost.afterCall(name, id, result) { try frame.charge(more) }
    return result
  }
}

extension CELFold {
  func evaluate(_ frame: inout CELFrame) throws -> CELValue {
    let depth = frame.locals.count
    defer { frame.locals.removeLast(frame.locals.count - depth) }
    if isBinding {
      frame.locals.append(Self.outcome(initial, &frame))
      return try result.evaluate(&frame)
    }
    let range = try range.evaluate(&frame)
    frame.locals.append(.success(try initial.evaluate(&frame)))
    switch range {
    case .list(let list): try iterate(list, depth, &frame)
    case .map(let map): try iterate(map, depth, &frame)
    default: throw CELEvaluationError("got '\(range.typeName)', expected iterable type")
    }
    frame.locals.removeLast(frame.locals.count - depth - 1)
    return try result.evaluate(&frame)
  }

  private static func outcome(
    _ instruction: CELInstruction, _ frame: inout CELFrame
  ) -> Result<CELValue, CELEvaluationError> {
    do {
      return .success(try instruction.evaluate(&frame))
    } catch let error as CELEvaluationError {
      return .failure(error)
    } catch { return .failure(CELEvaluationError("\(error)")) }
  }

  private func iterate(_ list: CELList, _ depth: Int, _ frame: inout CELFrame) throws {
    for index in 0..<list.count {
      let element = try list.element(index)
      frame.locals.append(.success(hasSecondVariable ? .int(Int64(index)) : element))
      if hasSecondVariable { frame.locals.append(.success(element)) }
      guard try once(depth, &frame) else { return }
    }
  }

  private func iterate(_ map: CELMap, _ depth: Int, _ frame: inout CELFrame) throws {
    for key in map.keys {
      frame.locals.append(.success(key))
      if hasSecondVariable { frame.locals.append(.success(try map.find(key) ?? .null)) }
      guard try once(depth, &frame) else { return }
    }
  }

  /// One step; false where the rest can change nothing.
  private func once(_ depth: Int, _ frame: inout CELFrame) throws -> Bool {
    guard case .bool(true) = try condition.evaluate(&frame) else { return false }
    let next: Result<CELValue, CELEvaluationError>
    if absorbsErrors {
      next = Self.outcome(step, &frame)
      if case .failure(let error) = next, error.isLimit { throw error }
    } else {
      next = .success(try step.evaluate(&frame))
    }
    frame.locals[depth] = next
    frame.locals.removeLast(frame.locals.count - depth - 1)
    return true
  }
}
