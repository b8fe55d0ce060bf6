import FoundationEssentials
import Linux

/// Small JSON files, replaced atomically and durably.
enum MetadataFile {
  static func write(_ value: some Encodable, to path: String, durable: Bool = true) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try FileSystem.replace(path, Array(try encoder.encode(value)), mode: 0o600, durable: durable)
  }

  static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(try FileSystem.read(path, limit: 64 << 20)))
  }
}
