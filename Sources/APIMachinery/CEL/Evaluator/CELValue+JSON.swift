extension CELValue {
  /// JSON as a value of a schema.
  /// - Throws: ``CELEvaluationError`` where it is not of the schema.
  public init(_ json: JSONValue, _ type: CELSchemaType) throws {
    if case .null = json {
      if case .natural = type.reading {
        self = .null
        return
      }
      guard type.isNullable else {
        throw CELEvaluationError("invalid data, got null for schema with nullable=false")
      }
      self = .null
      return
    }
    switch (type.reading, json) {
    case (.natural, _): self.init(natural: json)
    case (.bool, .bool(let value)): self = .bool(value)
    case (.int, .integer(let value)): self = .int(value)
    case (.int, .double(let value)):
      guard let whole = Int64(exactly: value) else { throw Self.unexpected("int", json) }
      self = .int(whole)
    case (.double, .integer(let value)): self = .double(Double(value))
    case (.double, .double(let value)): self = .double(value)
    case (.string, .string(let text)): self = .string(text)
    // Quantities of built-in kinds may be numbers.
    case (.string, .integer(let value)): self = .string(String(value))
    case (.bytes, .string(let text)):
      guard let bytes = Base64.decode(text) else {
        throw CELEvaluationError("Invalid byte formatted string \(text): illegal base64 data")
      }
      self = .bytes(bytes)
    case (.duration, .string(let text)):
      guard let duration = GoDuration.nanoseconds(text) else {
        throw CELEvaluationError("Invalid duration \(text): time: invalid duration \(text.goQuoted)")
      }
      self = .duration(duration)
    case (.date, .string(let text)):
      guard text.utf8.count == 10, let time = Timestamp(text + "T00:00:00Z") else {
        throw CELEvaluationError("Invalid date formatted string \(text)")
      }
      self = .timestamp(time)
    case (.dateTime, .string(let text)):
      let text = text.uppercased()
      guard let time = Timestamp(text) else {
        throw CELEvaluationError("Invalid date-time formatted string \(text)")
      }
      self = .timestamp(time, offset: CELTime.offset(writtenIn: text))
    case (.list(let element, let kind), .array(let items)):
      self = .list(CELList(items, element: element, kind: kind))
    case (.map(let values), .object(let object)): self = .map(CELMap(object, values: values))
    case (.object(let type), .object(let object)): self = .object(CELObject(object, type))
    case (.list, _): throw CELEvaluationError("invalid data, expected an array for the provided schema with type=array")
    case (.map, _), (.object, _):
      throw CELEvaluationError("invalid data, expected a map for the provided schema with type=object")
    case (.bool, _): throw Self.unexpected("bool", json)
    case (.int, _): throw Self.unexpected("int", json)
    case (.double, _): throw Self.unexpected("float", json)
    default: throw Self.unexpected("string", json)
    }
  }

  private static func unexpected(_ type: String, _ json: JSONValue) -> CELEvaluationError {
    CELEvaluationError("invalid data, expected \(type), got \(json.goType)")
  }

  /// JSON as it is: an object is a map, a whole number an int.
  public init(natural json: JSONValue) {
    self =
      switch json {
      case .null: .null
      case .bool(let value): .bool(value)
      case .integer(let value): .int(value)
      case .double(let value): .double(value)
      case .string(let text): .string(text)
      case .array(let items): .list(CELList(items, element: .dynamic))
      case .object(let object): .map(CELMap(object, values: .dynamic))
      }
  }

  /// The value as JSON.
  /// - Throws: ``CELEvaluationError`` where there is no such JSON.
  public func json() throws -> JSONValue {
    switch self {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .int(let value): return .integer(value)
    case .uint(let value):
      guard let value = Int64(exactly: value) else { return .double(Double(value)) }
      return .integer(value)
    case .double(let value): return .double(value)
    case .string(let text): return .string(text)
    case .bytes(let bytes): return .string(Base64.encode(bytes))
    case .timestamp(let time, let offset): return .string(CELTime.text(time, offset: offset))
    case .duration(let duration): return .string(CELDuration.text(duration))
    case .list(let list): return .array(try list.elements().map { try $0.json() })
    case .map(let map):
      var object = JSONObject()
      for key in map.keys {
        guard case .string(let name) = key else {
          throw CELEvaluationError("unsupported type conversion for map key: \(key.typeName)")
        }
        object[name] = try map.find(key)?.json()
      }
      return .object(object)
    case .object(let value):
      if let json = value.json { return .object(json) }
      return .object(JSONObject(try value.values.map { ($0.name, try $0.value.json()) }))
    case .optional(let value?): return try value.json()
    case .opaque(let value as CELQuantity): return .string(value.quantity.description)
    case .type, .optional, .opaque, .lazy:
      throw CELEvaluationError("unsupported type conversion: \(typeName) to JSON")
    }
  }
}
