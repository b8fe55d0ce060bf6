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
      let value = try Self.root(operand, isFirst, &frame)
      return try Self.select(value, field, &frame)
    case .optionalSelect(let operand, let field, let isFirst):
      let value = try Self.root(operand, isFirst, &frame)
      return try Self.optionalSelect(value, field, &frame)
    case .has(let operand, let field): return .bool(try Self.has(operand, field, &frame))
    case .index(let container, let key, let isFirst):
      let value = try Self.root(container, isFirst, &frame)
      return try Self.index(value, Self.key(key, &frame), &frame)
    case .optionalIndex(let container, let key, let isFirst):
      let value = try Self.root(container, isFirst, &frame)
      return try Self.optionalIndex(value, key.evaluate(&frame), &frame)
    case .and(let a, let b): return try Self.logical(a, b, decidedBy: false, &frame)
    case .or(let a, let b): return try Self.logical(a, b, decidedBy: true, &frame)
    case .conditional(let condition, let yes, let no):
      guard case .bool(let holds) = try condition.evaluate(&frame) else { throw CELEvaluationError.noSuchOverload }
      return try (holds ? yes : no).evaluate(&frame)
    case .optionalOr(let first, let second, let isValue):
      guard case .optional(let inner) = try first.evaluate(&frame) else { throw CELEvaluationError.noSuchOverload }
      guard let inner else { return try second.evaluate(&frame) }
      return isValue ? inner : .optional(inner)
    case .notStrictlyFalse(let operand): return try Self.notStrictlyFalse(operand, &frame)
    case .equals(let a, let b, let isNegated): return try Self.equals(a, b, isNegated, &frame)
    case .steps(let path):
      defer { frame.refund(1) }
      return try path.evaluate(&frame)
    case .call(let call, let arguments): return try call.evaluate(arguments, &frame)
    case .isMember(let operand, let list): return try Self.isMember(operand.evaluate(&frame), list, &frame)
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

  /// What a path begins with. A beginning that is no variable costs one unit of its own, whatever comes of it.
  private static func root(
    _ operand: CELInstruction, _ isFirst: Bool, _ frame: inout CELFrame
  ) throws -> CELValue {
    if isFirst { try frame.charge(1) }
    return try operand.evaluate(&frame)
  }

  private static func select(
    _ value: CELValue, _ field: String, _ frame: inout CELFrame
  ) throws -> CELValue {
    if case .optional(let inner) = value { return try optionalSelect(inner, field, &frame) }
    try frame.charge(1)
    if let member = try member(value, field, &frame) { return member }
    if case .list = value { throw CELEvaluationError("unsupported index type 'string' in list") }
    throw CELEvaluationError.noSuchKey(field)
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

  /// A step that leads nowhere costs nothing.
  private static func optionalSelect(
    _ value: CELValue?, _ field: String, _ frame: inout CELFrame
  ) throws -> CELValue {
    let container: CELValue? = if case .optional(let inner)? = value { inner } else { value }
    let member = try optionalMember(container, field, &frame)
    try frame.charge(member.isPresent ? 1 : 0)
    return member
  }

  /// A test costs as much as a step, but the path to it does not cost the unit with which paths begin.
  private static func has(_ operand: CELInstruction, _ field: String, _ frame: inout CELFrame) throws -> Bool {
    defer { if operand.isAttribute { frame.refund(1) } }
    let value = try operand.evaluate(&frame)
    if case .optional(let inner) = value {
      let isThere = try inner.map { try has($0, field, &frame) } ?? false
      try frame.charge(isThere ? 1 : 0)
      return isThere
    }
    try frame.charge(1)
    return try has(value, field, &frame)
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

  /// The step costs something even where its key has no value.
  private static func key(_ key: CELInstruction, _ frame: inout CELFrame) throws -> CELValue {
    do { return try key.evaluate(&frame) } catch {
      try frame.charge(1)
      throw error
    }
  }

  private static func index(
    _ value: CELValue, _ key: CELValue, _ frame: inout CELFrame
  ) throws -> CELValue {
    if case .optional = value { return try optionalIndex(value, key, &frame) }
    try frame.charge(1)
    if let found = try element(value, key, &frame) { return found }
    if case .list = value { throw CELEvaluationError("index out of bounds: \(key.shownAsKey)") }
    throw CELEvaluationError.noSuchKey(key.shownAsKey)
  }

  private static func optionalIndex(
    _ value: CELValue, _ key: CELValue, _ frame: inout CELFrame
  ) throws -> CELValue {
    let container: CELValue? = if case .optional(let inner) = value { inner } else { value }
    let found = try container.flatMap { try element($0, key, &frame) }
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
    let left: CELValue
    let right: CELValue
    do { left = try a.evaluate(&frame) } catch {
      let other = try failed(error, [b], &frame)
      try frame.charge(min(1, other.first?.costSize ?? 1))
      throw error
    }
    do { right = try b.evaluate(&frame) } catch {
      _ = try failed(error, [], &frame)
      try frame.charge(min(1, left.costSize))
      throw error
    }
    // What a library's values are compared by is short.
    if case .opaque = left, !isNegated {
      try frame.charge(1)
      return .bool(try left.isEqual(right, &frame))
    }
    let size = min(left.costSize, right.costSize)
    try frame.charge(CELCost(size).times(0.1).max)
    return .bool(try left.isEqual(right, &frame) != isNegated)
  }

  /// What costs are still counted by where an operand has no value: cel-go evaluates the other one nevertheless.
  /// - Returns: the others; null, whose size is 1, in the place of what has no value either.
  static func failed(
    _ error: any Error, _ others: some Collection<CELInstruction>, _ frame: inout CELFrame
  ) throws -> [CELValue] {
    if (error as? CELEvaluationError)?.isLimit ?? true { throw error }
    return try others.map { other in
      do { return try other.evaluate(&frame) } catch {
        if (error as? CELEvaluationError)?.isLimit ?? true { throw error }
        return .null
      }
    }
  }

  /// Whether a value stands in a list that is written out, which costs nothing.
  private static func isMember(
    _ value: CELValue, _ list: [CELValue], _ frame: inout CELFrame
  ) throws -> CELValue {
    for other in list where try other.isEqual(value, &frame) { return .bool(true) }
    return .bool(false)
  }

  private static func matches(
    _ value: CELValue, _ pattern: RegularExpression, _ text: String, _ frame: inout CELFrame
  ) throws -> CELValue {
    guard case .string(let subject) = value else {
      try frame.charge(CELLibraryCost.matching("?", text))
      throw CELEvaluationError.noSuchOverload
    }
    try frame.charge(CELLibraryCost.matching(subject, text))
    return .bool(pattern.matches(subject))
  }

  // MARK: Aggregates

  private static func list(
    _ elements: [(value: CELInstruction, isOptional: Bool)], _ frame: inout CELFrame
  ) throws -> CELValue {
    try frame.charge(10)
    var values: [CELValue] = []
    values.reserveCapacity(elements.count)
    for element in elements {
      if let value = try unwrapped(element.value.evaluate(&frame), element.isOptional) { values.append(value) }
    }
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
    try frame.charge(30)
    var map = CELMap()
    for entry in entries {
      let key = try entry.key.evaluate(&frame)
      if let value = try unwrapped(entry.value.evaluate(&frame), entry.isOptional) { try map.set(key, value) }
    }
    return .map(map)
  }

  private static func structure(
    _ name: String, _ fields: [(name: String, value: CELInstruction, isOptional: Bool)], _ frame: inout CELFrame
  ) throws -> CELValue {
    try frame.charge(40)
    var values: [(name: String, value: CELValue)] = []
    for field in fields {
      if let value = try unwrapped(field.value.evaluate(&frame), field.isOptional) {
        values.append((field.name, value))
      }
    }
    return try CELWellKnownType.value(name, values) ?? .object(CELObject(typeName: name, values))
  }

  private static func append(_ index: Int, _ element: CELInstruction, _ frame: inout CELFrame) throws -> CELValue {
    // The accumulator, a list around the element, and their sum.
    try frame.charge(12)
    let value = try element.evaluate(&frame)
    guard case .list(var list) = try frame.locals[index].get() else { throw CELEvaluationError.noSuchOverload }
    frame.locals[index] = .success(.null)
    try list.append(value)
    return .list(list)
  }

  private static func insert(
    _ index: Int, _ key: CELInstruction, _ value: CELInstruction, _ frame: inout CELFrame
  ) throws -> CELValue {
    try frame.charge(1)
    guard case .success = frame.locals[index] else { return try frame.locals[index].get() }
    let key = try key.evaluate(&frame)
    try frame.charge(1)
    let value = try value.evaluate(&frame)
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
