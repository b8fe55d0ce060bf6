extension CELLibrary {
  private static let comparable: [(String, CELType)] = [
    ("int", .int), ("uint", .uint), ("double", .double), ("bool", .bool), ("duration", .duration),
    ("timestamp", .timestamp), ("string", .string), ("bytes", .bytes),
  ]

  static func addLists(_ table: inout CELFunctionTable) {
    let a = CELType.parameter("A")
    addAggregations(&table)
    table.member("indexOf", "list_a_index_of_int", .list(a), [a], .int) { values, frame in
      for (index, value) in try values[0].list().elements().enumerated() where try value.isEqual(values[1], &frame) {
        return .int(Int64(index))
      }
      return .int(-1)
    }
    table.member("lastIndexOf", "list_a_last_index_of_int", .list(a), [a], .int) { values, frame in
      for (index, value) in try values[0].list().elements().enumerated().reversed()
      where try value.isEqual(values[1], &frame) { return .int(Int64(index)) }
      return .int(-1)
    }
    addSlices(&table, a)
    addOrders(&table, a)
  }

  private static func order(_ a: CELValue, _ b: CELValue) throws -> CELValue.Order {
    guard let order = a.compare(b) else { throw CELEvaluationError.noSuchOverload }
    return order
  }

  private static func addAggregations(_ table: inout CELFunctionTable) {
    for (name, type) in comparable {
      table.member("isSorted", "list_\(name)_is_sorted_bool", .list(type), .bool) { values, _ in
        let elements = try values[0].list().elements()
        for (a, b) in zip(elements, elements.dropFirst()) where try order(a, b) == .greater { return .bool(false) }
        return .bool(true)
      }
      for isMaximum in [true, false] {
        let verb = isMaximum ? "max" : "min"
        table.member(verb, "list_\(name)_\(verb)_\(name)", .list(type), type) { values, _ in
          var best: CELValue?
          for value in try values[0].list().elements() {
            if let known = best, try order(value, known) != (isMaximum ? .greater : .less) { continue }
            best = value
          }
          guard let best else { throw CELEvaluationError("\(verb) called on empty list") }
          return best
        }
      }
    }
    let summable: [(String, CELType, CELValue)] = [
      ("int", .int, .int(0)), ("uint", .uint, .uint(0)), ("double", .double, .double(0)),
      ("duration", .duration, .duration(0)),
    ]
    for (name, type, zero) in summable {
      table.member("sum", "list_\(name)_sum_\(name)", .list(type), type) { values, frame in
        var sum = zero
        for value in try values[0].list().elements() { sum = try CELArithmetic.add(sum, value, &frame) }
        return sum
      }
    }
  }

  private static func addSlices(_ table: inout CELFunctionTable, _ a: CELType) {
    table.member("slice", "list_slice", .list(a), [.int, .int], .list(a)) { values, frame in
      let list = try values[0].list()
      let (start, end) = (try values[1].int(), try values[2].int())
      func failure(_ rule: String) -> CELEvaluationError {
        CELEvaluationError("cannot slice(\(start), \(end)), \(rule)")
      }
      if start < 0 || end < 0 { throw failure("negative indexes not supported") }
      if start > end { throw failure("start index must be less than or equal to end index") }
      if end > list.count { throw failure("list is length \(list.count)") }
      try frame.work(list.count)
      return .list(CELList(Array(try list.elements()[Int(start)..<Int(end)])))
    }
    table.member("flatten", "list_flatten", .list(.list(a)), .list(a)) { values, frame in
      .list(CELList(try flatten(values[0].list(), 1, &frame)))
    }
    table.member("flatten", "list_flatten_int", .list(.dynamic), [.int], .list(.dynamic)) { values, frame in
      let level = try values[1].int()
      guard level >= 0 else { throw CELEvaluationError("level must be non-negative") }
      return .list(CELList(try flatten(values[0].list(), min(level, 200), &frame)))
    }
    table.global("lists.range", "lists_range", [.int], .list(.int)) { values, frame in
      let count = try values[0].int()
      try frame.work(Int(clamping: max(0, count)))
      return .list(CELList((0..<max(0, count)).map { .int($0) }))
    }
    table.member("reverse", "list_reverse", .list(a), .list(a)) { values, frame in
      let list = try values[0].list()
      try frame.work(list.count)
      return .list(CELList(try list.elements().reversed()))
    }
    table.member("first", "list_first", .list(a), .optional(a)) { values, _ in
      let list = try values[0].list()
      return .optional(list.count == 0 ? nil : try list.element(0))
    }
    table.member("last", "list_last", .list(a), .optional(a)) { values, _ in
      let list = try values[0].list()
      return .optional(list.count == 0 ? nil : try list.element(list.count - 1))
    }
  }

  private static func flatten(_ list: CELList, _ level: Int64, _ frame: inout CELFrame) throws -> [CELValue] {
    try frame.work(list.count)
    var result: [CELValue] = []
    for value in try list.elements() {
      if level > 0, case .list(let inner) = value {
        result += try flatten(inner, level - 1, &frame)
      } else {
        result.append(value)
      }
    }
    return result
  }

  private static func addOrders(_ table: inout CELFunctionTable, _ a: CELType) {
    table.member("distinct", "list_distinct", .list(a), .list(a)) { values, frame in
      var seen: Set<CELMapKey> = []
      var result: [CELValue] = []
      for value in try values[0].list().elements() {
        if case .double = value {
        } else if let key = CELMapKey(value) {
          if seen.insert(key).inserted { result.append(value) }
          continue
        }
        var isKnown = false
        for other in result where try other.isEqual(value, &frame) {
          isKnown = true
          break
        }
        if !isKnown { result.append(value) }
      }
      return .list(CELList(result))
    }
    for (name, type) in comparable {
      table.member("sort", "list_\(name)_sort", .list(type), .list(type)) { values, frame in
        let elements = try values[0].list().elements()
        return .list(CELList(try sorted(elements, by: elements, &frame)))
      }
      table.member(
        CELMacro.sortFunction, "list_\(name)_sortByAssociatedKeys", .list(a), [.list(type)], .list(a)
      ) { values, frame in
        .list(CELList(try sorted(values[0].list().elements(), by: values[1].list().elements(), &frame)))
      }
    }
  }

  /// In the order of their keys; those with one key stay as they stand.
  private static func sorted(
    _ values: [CELValue], by keys: [CELValue], _ frame: inout CELFrame
  ) throws -> [CELValue] {
    guard values.count == keys.count else {
      throw CELEvaluationError("@sortByAssociatedKeys() expected a list of the same size as the associated keys list")
    }
    if let first = keys.first {
      for key in keys where key.typeName != first.typeName {
        throw CELEvaluationError("list elements must have the same type")
      }
    }
    try frame.work(values.count * (Int.bitWidth - values.count.leadingZeroBitCount))
    let order = try keys.indices.sorted { a, b in
      switch try Self.order(keys[a], keys[b]) {
      case .less: true
      case .greater: false
      default: a < b
      }
    }
    return order.map { values[$0] }
  }
}
