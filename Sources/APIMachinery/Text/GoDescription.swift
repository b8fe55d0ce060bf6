extension JSONValue {
  /// As Go's `%v` shows a decoded value: upstream's messages hold whole objects in this form.
  public var goDescription: String {
    switch self {
    case .null: "<nil>"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .double(let value): value.goDescription
    case .string(let value): value
    case .array(let items): "[" + items.map(\.goDescription).joined(separator: " ") + "]"
    case .object(let object):
      "map[" + object.sorted.map { "\($0.name):\($0.value.goDescription)" }.joined(separator: " ") + "]"
    }
  }

  /// The Go type of a decoded value.
  public var goType: String {
    switch self {
    case .null: "<nil>"
    case .bool: "bool"
    case .integer: "int64"
    case .double: "float64"
    case .string: "string"
    case .array: "[]interface {}"
    case .object: "map[string]interface {}"
    }
  }
}
