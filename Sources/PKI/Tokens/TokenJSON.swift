import FoundationEssentials

/// JSON as tokens and their documents hold it: keys in order, so that the same claims give the same bytes.
enum TokenJSON {
  /// - Throws: `malformed`.
  static func encode(_ value: some Encodable) throws(PKIError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do { return Array(try encoder.encode(value)) } catch {
      throw PKIError(.malformed, "\(type(of: value)) cannot be written as JSON", cause: error)
    }
  }

  /// - Throws: `malformed`, which says of `what`.
  static func decode<Value: Decodable>(
    _ type: Value.Type, _ json: [UInt8], what: String
  ) throws(PKIError) -> Value {
    do { return try JSONDecoder().decode(type, from: Data(json)) } catch {
      throw PKIError(.malformed, "\(what) cannot be read", cause: error)
    }
  }
}
