/// To and from JSON texts, the one way in which this API's documents are written and read.
public enum DockerJSON {
  /// The value as JSON text without a line end.
  public static func encode(_ value: some JSONCodable) -> [UInt8] {
    var writer = JSONWriter()
    value.writeJSON(to: &writer)
    return writer.bytes
  }

  /// The value as JSON text with a line end: what a Docker response body and each entry of a stream is.
  public static func encodeLine(_ value: some JSONCodable) -> [UInt8] {
    var writer = JSONWriter()
    value.writeJSON(to: &writer)
    writer.raw(CollectionOfOne(UInt8(ascii: "\n")))
    return writer.bytes
  }

  /// Parses a text.
  ///
  /// - Throws: ``JSONError`` of code `empty`, `syntax`, `truncated` or `trailing`.
  public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    try JSONParser.parse(bytes)
  }

  /// Reads a value from a text. Unknown members are ignored and absent ones leave the zero value, as in Docker.
  ///
  /// - Throws: ``JSONError`` in the words of Go's decoder, without the `invalid JSON: ` that a request body's error begins with.
  public static func decode<Value: JSONCodable>(_ type: Value.Type, from bytes: [UInt8]) throws(JSONError) -> Value {
    try decode(type, from: parse(bytes))
  }

  /// Reads a value from a parsed text.
  public static func decode<Value: JSONCodable>(_ type: Value.Type, from json: JSONValue) throws(JSONError) -> Value {
    var value = Value()
    var reader = JSONReader()
    value.readJSON(json, &reader)
    if let failure = reader.failure { throw failure }
    return value
  }

  /// Reads a request body, with the messages that the Docker engine answers for one that it cannot read.
  ///
  /// - Throws: ``JSONError``: `invalid JSON: …`, or `unexpected content after JSON`.
  public static func decodeBody<Value: JSONCodable>(_ type: Value.Type, from bytes: [UInt8]) throws(JSONError) -> Value
  {
    do {
      return try decode(type, from: bytes)
    } catch {
      switch error.code {
      case .empty: throw JSONError(.empty, "invalid JSON: got EOF while reading request body")
      case .trailing: throw error
      default: throw JSONError(error.code, "invalid JSON: " + error.message)
      }
    }
  }
}
