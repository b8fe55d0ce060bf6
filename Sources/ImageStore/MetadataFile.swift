import FoundationEssentials
import Linux

/// Small JSON files, replaced atomically and durably.
enum MetadataFile {
  static func write(_ value: some Encodable, to path: String, durable: Bool = true) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try FileSystem.replace(path, Array(try encoder.encode(value)), mode: 0o600, durable: durable)
  }

  /// The file's value; nil where there is no file, or one that holds no such value. That it cannot be read is an error:
  /// nothing may be cleared away for that.
  static func readIfWhole<Value: Decodable>(_ type: Value.Type, from path: String) throws(SystemError) -> Value? {
    guard let bytes = try FileSystem.readIfPresent(path, limit: 64 << 20) else { return nil }
    do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch { return nil }
  }

  static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(try FileSystem.read(path, limit: 64 << 20)))
  }
}
