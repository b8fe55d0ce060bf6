extension CELLibrary {
  static func addOperators(_ table: inout CELFunctionTable) {
    let a = CELType.parameter("A")
    let b = CELType.parameter("B")
    // These are evaluated without being called; only their signatures count.
    let never: CELFunctionBody = { _, _ in throw CELEvaluationError.noSuchOverload }
    table.global(CELOperator.conditional, "conditional", [.bool, a, a], a, never)
    table.global(CELOperator.logicalAnd, "logical_and", [.bool, .bool], .bool, never)
    table.global(CELOperator.logicalOr, "logical_or", [.bool, .bool], .bool, never)
    table.global(CELOperator.notStrictlyFalse, "not_strictly_false", [.bool], .bool, never)
    table.global(CELOperator.equals, "equals", [a, a], .bool, never)
    table.global(CELOperator.notEquals, "not_equals", [a, a], .bool, never)
    table.global(CELOperator.logicalNot, "logical_not", [.bool], .bool) { values, _ in
      .bool(try !values[0].bool())
    }
    addArithmetic(&table)
    addComparisons(&table)
    addContainers(&table, a, b)
  }

  private static func addArithmetic(_ table: inout CELFunctionTable) {
    func add(
      _ name: String, _ verb: String, _ signatures: [(String, CELType, CELType, CELType)],
      _ body: @escaping CELFunctionBody
    ) {
      for (id, left, right, result) in signatures { table.global(name, "\(verb)_\(id)", [left, right], result, body) }
    }
    let listOfA = CELType.list(.parameter("A"))
    let numbers: [(String, CELType, CELType, CELType)] = [
      ("int64", .int, .int, .int), ("uint64", .uint, .uint, .uint), ("double", .double, .double, .double),
    ]
    add(
      CELOperator.add, "add",
      [
        ("bytes", .bytes, .bytes, .bytes), ("double", .double, .double, .double),
        ("duration_duration", .duration, .duration, .duration),
        ("duration_timestamp", .duration, .timestamp, .timestamp),
        ("timestamp_duration", .timestamp, .duration, .timestamp), ("int64", .int, .int, .int),
        ("list", listOfA, listOfA, listOfA), ("string", .string, .string, .string), ("uint64", .uint, .uint, .uint),
      ]
    ) { values, frame in try CELArithmetic.add(values[0], values[1], &frame) }
    add(
      CELOperator.subtract, "subtract",
      numbers + [
        ("duration_duration", .duration, .duration, .duration),
        ("timestamp_duration", .timestamp, .duration, .timestamp),
        ("timestamp_timestamp", .timestamp, .timestamp, .duration),
      ]
    ) { values, _ in try CELArithmetic.subtract(values[0], values[1]) }
    add(CELOperator.multiply, "multiply", numbers) { values, _ in
      try CELArithmetic.multiply(values[0], values[1])
    }
    add(CELOperator.divide, "divide", numbers) { values, _ in try CELArithmetic.divide(values[0], values[1]) }
    add(CELOperator.modulo, "modulo", Array(numbers.prefix(2))) { values, _ in
      try CELArithmetic.remainder(values[0], values[1])
    }
    for (id, type) in [("int64", CELType.int), ("double", .double)] {
      table.global(CELOperator.negate, "negate_\(id)", [type], type) { values, _ in try CELArithmetic.negate(values[0])
      }
    }
  }

  private static func addComparisons(_ table: inout CELFunctionTable) {
    let operators: [(String, String, @Sendable (CELValue.Order) -> Bool)] = [
      (CELOperator.less, "less", { $0 == .less }),
      (CELOperator.lessEquals, "less_equals", { $0 == .less || $0 == .equal }),
      (CELOperator.greater, "greater", { $0 == .greater }),
      (CELOperator.greaterEquals, "greater_equals", { $0 == .greater || $0 == .equal }),
    ]
    let signatures: [(String, CELType, CELType)] = [
      ("bool", .bool, .bool), ("int64", .int, .int), ("int64_double", .int, .double), ("int64_uint64", .int, .uint),
      ("uint64", .uint, .uint), ("uint64_double", .uint, .double), ("uint64_int64", .uint, .int),
      ("double", .double, .double), ("double_int64", .double, .int), ("double_uint64", .double, .uint),
      ("string", .string, .string), ("bytes", .bytes, .bytes), ("timestamp", .timestamp, .timestamp),
      ("duration", .duration, .duration),
    ]
    for (name, verb, holds) in operators {
      for (id, left, right) in signatures {
        table.global(name, "\(verb)_\(id)", [left, right], .bool) { values, _ in
          guard let order = values[0].compare(values[1]) else { throw CELEvaluationError.noSuchOverload }
          if order == .unordered { throw CELEvaluationError("NaN values cannot be ordered") }
          return .bool(holds(order))
        }
      }
    }
  }

  private static func addContainers(_ table: inout CELFunctionTable, _ a: CELType, _ b: CELType) {
    let never: CELFunctionBody = { _, _ in throw CELEvaluationError.noSuchOverload }
    table.global(CELOperator.index, "index_list", [.list(a), .int], a, never)
    table.global(CELOperator.index, "index_map", [.map(a, b), a], b, never)
    table.global(CELOperator.index, "optional_list_index_int", [.optional(.list(a)), .int], .optional(a), never)
    table.global(CELOperator.index, "optional_map_index_value", [.optional(.map(a, b)), a], .optional(b), never)
    table.global(CELOperator.optionalIndex, "list_optindex_optional_int", [.list(a), .int], .optional(a), never)
    table.global(
      CELOperator.optionalIndex, "optional_list_optindex_optional_int", [.optional(.list(a)), .int], .optional(a), never
    )
    table.global(CELOperator.optionalIndex, "map_optindex_optional_value", [.map(a, b), a], .optional(b), never)
    table.global(
      CELOperator.optionalIndex, "optional_map_optindex_optional_value", [.optional(.map(a, b)), a], .optional(b), never
    )
    table.global(CELOperator.contained, "in_list", [a, .list(a)], .bool) { values, frame in
      for element in try values[1].list().elements() where try element.isEqual(values[0], &frame) { return .bool(true) }
      return .bool(false)
    }
    table.global(CELOperator.contained, "in_map", [a, .map(a, b)], .bool) { values, _ in
      switch values[1] {
      case .map(let map): return .bool(map.contains(values[0]))
      case .object(let object): return .bool(object.has(try values[0].string()))
      default: throw CELEvaluationError.noSuchOverload
      }
    }
    for (id, type) in [("bytes", CELType.bytes), ("list", .list(a)), ("map", .map(a, b)), ("string", .string)] {
      let size: CELFunctionBody = { values, _ in .int(Int64(clamping: values[0].costSize)) }
      table.global("size", "size_\(id)", [type], .int, size)
      table.member("size", "\(id)_size", type, .int, size)
    }
    // What the macros that make maps become.
    table.global(CELOperator.insert, "@mapInsert_map_key_value", [.map(a, b), a, b], .map(a, b)) { values, frame in
      guard case .map(var map) = values[0] else { throw CELEvaluationError.noSuchOverload }
      try frame.work(map.count)
      try map.insert(values[1], values[2])
      return .map(map)
    }
    table.global(CELOperator.insert, "@mapInsert_map_map", [.map(a, b), .map(a, b)], .map(a, b)) { values, frame in
      guard case .map(var map) = values[0], case .map(let more) = values[1] else {
        throw CELEvaluationError.noSuchOverload
      }
      try frame.work(map.count + more.count)
      for key in more.keys { if let value = try more.find(key) { try map.insert(key, value) } }
      return .map(map)
    }
  }
}

/// Arithmetic that stops where a number would not fit.
enum CELArithmetic {
  private static func whole<Value>(
    _ result: (partialValue: Value, overflow: Bool), _ error: CELEvaluationError = .integerOverflow
  ) throws -> Value {
    guard !result.overflow else { throw error }
    return result.partialValue
  }

  static func add(_ a: CELValue, _ b: CELValue, _ frame: inout CELFrame) throws -> CELValue {
    switch (a, b) {
    case (.int(let a), .int(let b)): return .int(try whole(a.addingReportingOverflow(b)))
    case (.uint(let a), .uint(let b)): return .uint(try whole(a.addingReportingOverflow(b), .unsignedOverflow))
    case (.double(let a), .double(let b)): return .double(a + b)
    case (.string(let a), .string(let b)): return .string(a + b)
    case (.bytes(let a), .bytes(let b)): return .bytes(a + b)
    case (.list(let a), .list(let b)): return .list(try a.adding(b, &frame))
    case (.duration(let a), .duration(let b)): return .duration(try whole(a.addingReportingOverflow(b)))
    case (.timestamp(let time, let offset), .duration(let duration)),
      (.duration(let duration), .timestamp(let time, let offset)):
      return .timestamp(try CELTime.add(time, duration), offset: offset)
    default: throw CELEvaluationError.noSuchOverload
    }
  }

  static func subtract(_ a: CELValue, _ b: CELValue) throws -> CELValue {
    switch (a, b) {
    case (.int(let a), .int(let b)): return .int(try whole(a.subtractingReportingOverflow(b)))
    case (.uint(let a), .uint(let b)): return .uint(try whole(a.subtractingReportingOverflow(b), .unsignedOverflow))
    case (.double(let a), .double(let b)): return .double(a - b)
    case (.duration(let a), .duration(let b)): return .duration(try whole(a.subtractingReportingOverflow(b)))
    case (.timestamp(let time, let offset), .duration(let duration)):
      guard duration != .min else { throw CELEvaluationError.integerOverflow }
      return .timestamp(try CELTime.add(time, -duration), offset: offset)
    case (.timestamp(let a, _), .timestamp(let b, _)): return .duration(try CELTime.difference(a, b))
    default: throw CELEvaluationError.noSuchOverload
    }
  }

  static func multiply(_ a: CELValue, _ b: CELValue) throws -> CELValue {
    switch (a, b) {
    case (.int(let a), .int(let b)): return .int(try whole(a.multipliedReportingOverflow(by: b)))
    case (.uint(let a), .uint(let b)): return .uint(try whole(a.multipliedReportingOverflow(by: b), .unsignedOverflow))
    case (.double(let a), .double(let b)): return .double(a * b)
    default: throw CELEvaluationError.noSuchOverload
    }
  }

  static func divide(_ a: CELValue, _ b: CELValue) throws -> CELValue {
    switch (a, b) {
    case (.int, .int(0)), (.uint, .uint(0)): throw CELEvaluationError("division by zero")
    case (.int(let a), .int(let b)): return .int(try whole(a.dividedReportingOverflow(by: b)))
    case (.uint(let a), .uint(let b)): return .uint(a / b)
    case (.double(let a), .double(let b)): return .double(a / b)
    default: throw CELEvaluationError.noSuchOverload
    }
  }

  static func remainder(_ a: CELValue, _ b: CELValue) throws -> CELValue {
    switch (a, b) {
    case (.int, .int(0)), (.uint, .uint(0)): throw CELEvaluationError("modulus by zero")
    case (.int(let a), .int(let b)): return .int(try whole(a.remainderReportingOverflow(dividingBy: b)))
    case (.uint(let a), .uint(let b)): return .uint(a % b)
    default: throw CELEvaluationError.noSuchOverload
    }
  }

  static func negate(_ value: CELValue) throws -> CELValue {
    switch value {
    case .int(let value): return .int(try whole(Int64(0).subtractingReportingOverflow(value)))
    case .double(let value): return .double(-value)
    default: throw CELEvaluationError.noSuchOverload
    }
  }
}
