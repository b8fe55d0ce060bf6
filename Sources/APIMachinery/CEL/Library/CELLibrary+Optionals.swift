extension CELLibrary {
  static func addOptionals(_ table: inout CELFunctionTable) {
    let v = CELType.parameter("V")
    let optional = CELType.optional(v)
    table.global("optional.of", "optional_of", [v], optional) { values, _ in .optional(values[0]) }
    table.global("optional.none", "optional_none", [], optional) { _, _ in .optional(nil) }
    table.global("optional.ofNonZeroValue", "optional_ofNonZeroValue", [v], optional) { values, _ in
      .optional(values[0].isZero ? nil : values[0])
    }
    table.member("value", "optional_value", optional, v) { values, _ in
      guard let value = try inner(values[0]) else { throw CELEvaluationError("optional.none() dereference") }
      return value
    }
    table.member("hasValue", "optional_hasValue", optional, .bool) { values, _ in .bool(try inner(values[0]) != nil) }
    table.member("or", "optional_or_optional", optional, [optional], optional) { values, _ in
      try inner(values[0]) != nil ? values[0] : values[1]
    }
    table.member("orValue", "optional_orValue_value", optional, [v], v) { values, _ in
      try inner(values[0]) ?? values[1]
    }
    for (name, isMember) in [("optional.unwrap", false), ("unwrapOpt", true)] {
      table.add(
        name,
        CELOverload("optional_unwrap", member: isMember, [.list(optional)], .list(v)) { values, _ in
          .list(CELList(try values[0].list().elements().compactMap { try inner($0) }))
        })
    }
  }

  private static func inner(_ value: CELValue) throws -> CELValue? {
    guard case .optional(let inner) = value else { throw CELEvaluationError.noSuchOverload }
    return inner
  }
}

extension CELValue {
  /// Whether it is what its type has where nothing is said.
  fileprivate var isZero: Bool {
    switch self {
    case .null: true
    case .bool(let value): !value
    case .int(let value): value == 0
    case .uint(let value): value == 0
    case .double(let value): value == 0
    case .string(let text): text.isEmpty
    case .bytes(let bytes): bytes.isEmpty
    case .duration(let value): value == 0
    case .timestamp(let time, _): time.seconds == -62_135_596_800 && time.nanoseconds == 0
    case .list(let list): list.count == 0
    case .map(let map): map.count == 0
    case .object(let object): object.count == 0
    default: false
    }
  }
}
