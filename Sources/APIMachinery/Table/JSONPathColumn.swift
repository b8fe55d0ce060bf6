/// A column whose cells a JSON path finds in objects, as custom kinds define them (`additionalPrinterColumns`).
public struct JSONPathColumn: Sendable {
  /// The type of the cells: `string`, `integer`, `number`, `boolean` or `date`.
  public let type: String
  private let path: JSONPath

  /// - Throws: `JSONPathError` where the path is none.
  public init(type: String, path: String) throws(JSONPathError) {
    self.type = type
    self.path = try JSONPath(path)
  }

  /// The cell of an object; null where the path finds nothing, or nothing of the type.
  public func cell(_ object: StoredObject, now: Timestamp) -> JSONValue {
    guard let found = path.first(in: object) else { return .null }
    switch (type, found) {
    case ("string", let value): return .string(JSONPath.text(value))
    case ("integer", .integer(let number)): return .integer(number)
    case ("integer", .double(let number)): return .integer(Int64(exactly: number.rounded(.towardZero)) ?? 0)
    case ("number", .integer), ("number", .double), ("boolean", .bool): return found
    case ("date", .string(let text)): return .string(HumanDuration.since(text, now: now))
    default: return .null
    }
  }
}
