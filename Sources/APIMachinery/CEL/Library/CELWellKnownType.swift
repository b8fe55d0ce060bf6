/// The messages of Protocol Buffers that every expression may put together: `google.protobuf.Int32Value{value: 1}` (CEL
/// language definition, "JSON Data Conversion" and "Wrapper types"). All become plain values.
enum CELWellKnownType {
  private static let package = "google.protobuf."

  /// What the wrappers hold.
  private static let wrapped: [Substring: CELType] = [
    "BoolValue": .bool, "BytesValue": .bytes, "DoubleValue": .double, "FloatValue": .double, "Int32Value": .int,
    "Int64Value": .int, "StringValue": .string, "UInt32Value": .uint, "UInt64Value": .uint,
  ]

  /// The type of a message, or of a field; nil where there is none.
  static func type(_ name: String, _ field: String?) -> CELType? {
    guard name.hasPrefix(package) else { return nil }
    let short = name.dropFirst(package.utf8.count)
    if let inner = wrapped[short] { return field == nil ? .wrapper(inner) : field == "value" ? inner : nil }
    switch (short, field) {
    case ("Any", nil), ("Value", nil): return .dynamic
    case ("Any", "type_url"), ("Value", "string_value"): return .string
    case ("Any", "value"): return .bytes
    case ("Value", "bool_value"): return .bool
    case ("Value", "number_value"): return .double
    case ("Value", "null_value"): return .int
    case ("Value", "struct_value"), ("Struct", nil), ("Struct", "fields"): return .map(.string, .dynamic)
    case ("Value", "list_value"), ("ListValue", nil), ("ListValue", "values"): return .list(.dynamic)
    case ("Timestamp", nil): return .timestamp
    case ("Duration", nil): return .duration
    case ("Timestamp", "seconds"), ("Timestamp", "nanos"), ("Duration", "seconds"), ("Duration", "nanos"): return .int
    default: return nil
    }
  }

  /// What a message stands for; nil where it is none of these.
  /// - Throws: ``CELEvaluationError`` where a field has a value that it cannot hold.
  static func value(_ name: String, _ fields: [(name: String, value: CELValue)]) throws -> CELValue? {
    guard name.hasPrefix(package) else { return nil }
    let short = name.dropFirst(package.utf8.count)
    if let inner = wrapped[short] { return try wrapped(short, inner, fields.first?.value) }
    func whole(_ name: String) throws -> Int64 { try fields.first { $0.name == name }?.value.int() ?? 0 }
    switch short {
    case "Value":
      guard let field = fields.last, field.name != "null_value" else { return .null }
      return try json(field.value)
    case "Struct": return try fields.first.map { try json($0.value) } ?? .map(CELMap())
    case "ListValue": return try fields.first.map { try json($0.value) } ?? .list(CELList([]))
    case "Timestamp":
      guard CELTime.range.contains(try whole("seconds")) else { throw CELEvaluationError("timestamp overflow") }
      return .timestamp(try CELTime.add(Timestamp(seconds: whole("seconds")), Int64(Int32(clamping: whole("nanos")))))
    case "Duration":
      let nanoseconds = Int128(try whole("seconds")) * 1_000_000_000 + Int128(try whole("nanos"))
      return .duration(Int64(clamping: nanoseconds))
    // No message is registered that one could hold.
    case "Any": throw CELEvaluationError("unsupported conversion to ref.Val: (*dynamicpb.Message)")
    default: return nil
    }
  }

  private static func wrapped(_ name: Substring, _ type: CELType, _ value: CELValue?) throws -> CELValue {
    func failure(_ problem: String) -> CELEvaluationError {
      CELEvaluationError("field type conversion error for \(package)\(name).value value type: \(problem)")
    }
    switch (type, value) {
    case (.bool, nil): return .bool(false)
    case (.bytes, nil): return .bytes([])
    case (.double, nil): return .double(0)
    case (.int, nil): return .int(0)
    case (.string, nil): return .string("")
    case (_, nil): return .uint(0)
    case (.int, .int(let whole)?) where name == "Int32Value" && Int32(exactly: whole) == nil:
      throw failure(CELEvaluationError.integerOverflow.description)
    case (.uint, .uint(let whole)?) where name == "UInt32Value" && UInt32(exactly: whole) == nil:
      throw failure(CELEvaluationError.unsignedOverflow.description)
    case (.double, .double(let number)?) where name == "FloatValue": return .double(Double(Float(number)))
    case (_, let value?):
      guard value.type == type else {
        let goType =
          switch name {
          case "Int32Value": "int32"
          case "UInt32Value": "uint32"
          case "FloatValue": "float32"
          default: type == .double ? "float64" : type == .int ? "int64" : type == .uint ? "uint64" : type.description
          }
        throw failure("unsupported native conversion from \(value.typeName) to '\(goType)'")
      }
      return value
    }
  }

  /// A value as JSON has it: all numbers are doubles.
  private static func json(_ value: CELValue) throws -> CELValue {
    switch value {
    case .int(let whole): return whole.magnitude < 1 << 53 ? .double(Double(whole)) : .string(String(whole))
    case .uint(let whole): return whole < 1 << 53 ? .double(Double(whole)) : .string(String(whole))
    case .bytes, .timestamp, .duration: return CELValue(natural: try value.json())
    case .list(let list): return .list(CELList(try list.elements().map { try json($0) }))
    case .map(let map):
      var result = CELMap()
      for key in map.keys {
        guard case .string = key else {
          throw CELEvaluationError("unsupported type conversion for map key: \(key.typeName)")
        }
        if let value = try map.find(key) { try result.set(key, json(value)) }
      }
      return .map(result)
    case .object: return CELValue(natural: try value.json())
    default: return value
    }
  }
}
