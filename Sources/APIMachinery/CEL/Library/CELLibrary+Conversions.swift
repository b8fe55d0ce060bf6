extension CELLibrary {
  static func addConversions(_ table: inout CELFunctionTable) {
    func add(_ name: String, _ result: CELType, _ sources: [(String, CELType)], _ body: @escaping CELFunctionBody) {
      for (id, source) in sources { table.global(name, id, [source], result, body) }
    }
    let a = CELType.parameter("A")
    table.global("type", "type", [a], .type(a)) { values, _ in .type(values[0].type) }
    table.global("dyn", "to_dyn", [a], .dynamic) { values, _ in values[0] }
    add("bool", .bool, [("bool_to_bool", .bool), ("string_to_bool", .string)]) { values, _ in
      try CELConversion.bool(values[0])
    }
    add("bytes", .bytes, [("bytes_to_bytes", .bytes), ("string_to_bytes", .string)]) { values, _ in
      if case .string(let text) = values[0] { .bytes(Array(text.utf8)) } else { values[0] }
    }
    add(
      "double", .double,
      [
        ("double_to_double", .double), ("int64_to_double", .int), ("string_to_double", .string),
        ("uint64_to_double", .uint),
      ]
    ) { values, _ in try CELConversion.double(values[0]) }
    add(
      "int", .int,
      [
        ("int64_to_int64", .int), ("double_to_int64", .double), ("duration_to_int64", .duration),
        ("string_to_int64", .string), ("timestamp_to_int64", .timestamp), ("uint64_to_int64", .uint),
      ]
    ) { values, _ in try CELConversion.int(values[0]) }
    add(
      "uint", .uint,
      [
        ("uint64_to_uint64", .uint), ("double_to_uint64", .double), ("int64_to_uint64", .int),
        ("string_to_uint64", .string),
      ]
    ) { values, _ in try CELConversion.uint(values[0]) }
    add(
      "string", .string,
      [
        ("string_to_string", .string), ("bool_to_string", .bool), ("bytes_to_string", .bytes),
        ("double_to_string", .double), ("duration_to_string", .duration), ("int64_to_string", .int),
        ("timestamp_to_string", .timestamp), ("uint64_to_string", .uint), ("ip_to_string", CELAddress.type),
        ("cidr_to_string", CELNetwork.type),
      ]
    ) { values, _ in try CELConversion.string(values[0]) }
  }
}

enum CELConversion {
  private static func failure(_ value: CELValue, _ type: String) -> CELEvaluationError {
    CELEvaluationError("type conversion error from '\(value.typeName)' to '\(type)'")
  }

  static func bool(_ value: CELValue) throws -> CELValue {
    guard case .string(let text) = value else { return value }
    switch text {
    case "1", "t", "T", "TRUE", "true", "True": return .bool(true)
    case "0", "f", "F", "FALSE", "false", "False": return .bool(false)
    default: throw failure(value, "bool")
    }
  }

  static func double(_ value: CELValue) throws -> CELValue {
    switch value {
    case .double: return value
    case .int(let whole): return .double(Double(whole))
    case .uint(let whole): return .double(Double(whole))
    case .string(let text):
      guard let number = Double(text), !text.contains("x"), text.first?.isWhitespace != true else {
        throw failure(value, "double")
      }
      return .double(number)
    default: throw failure(value, "double")
    }
  }

  static func int(_ value: CELValue) throws -> CELValue {
    switch value {
    case .int: return value
    case .uint(let whole):
      guard let whole = Int64(exactly: whole) else { throw CELEvaluationError.integerOverflow }
      return .int(whole)
    case .double(let number):
      guard number > -0x1p63, number < 0x1p63 else { throw CELEvaluationError.integerOverflow }
      return .int(Int64(number))
    case .duration(let nanoseconds): return .int(nanoseconds)
    case .timestamp(let time, _): return .int(time.seconds)
    case .string(let text):
      guard let whole = Int64(text) else { throw failure(value, "int") }
      return .int(whole)
    default: throw failure(value, "int")
    }
  }

  static func uint(_ value: CELValue) throws -> CELValue {
    switch value {
    case .uint: return value
    case .int(let whole):
      guard let whole = UInt64(exactly: whole) else { throw CELEvaluationError.unsignedOverflow }
      return .uint(whole)
    case .double(let number):
      guard number >= 0, number < 0x1p64 else { throw CELEvaluationError.unsignedOverflow }
      return .uint(UInt64(number))
    case .string(let text):
      guard !text.hasPrefix("+"), !text.hasPrefix("-"), let whole = UInt64(text) else { throw failure(value, "uint") }
      return .uint(whole)
    default: throw failure(value, "uint")
    }
  }

  static func string(_ value: CELValue) throws -> CELValue {
    switch value {
    case .string: return value
    case .bool(let value): return .string(String(value))
    case .int(let value): return .string(String(value))
    case .uint(let value): return .string(String(value))
    case .double(let value): return .string(value.goDescription)
    case .bytes(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw CELEvaluationError("invalid UTF-8 in bytes, cannot convert to string")
      }
      return .string(text)
    case .timestamp(let time, let offset): return .string(CELTime.text(time, offset: offset))
    case .duration(let nanoseconds): return .string(CELDuration.text(nanoseconds))
    case .opaque(let address as CELAddress): return .string(address.description)
    case .opaque(let network as CELNetwork): return .string(network.description)
    default: throw failure(value, "string")
    }
  }
}
