import FoundationEssentials
import KeyValueStore

/// How records are written into the cluster's store.
public enum ClusterCoding {
  /// The same bytes for the same value, always: owners are compared by them.
  public static func bytes(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return Array(try encoder.encode(value))
  }

  public static func value<Value: Decodable>(_ bytes: [UInt8], _: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(bytes))
  }
}
