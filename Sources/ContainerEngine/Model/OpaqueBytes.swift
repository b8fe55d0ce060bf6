import FoundationEssentials

/// Bytes that are kept and never looked at: base64 in a record's JSON. A list of numbers, as older records have it, is
/// read too; decoding one costs a hundred times as much.
public struct OpaqueBytes: Codable, Sendable, Equatable {
  public var bytes: [UInt8]
  public init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let text = try? container.decode(String.self) else {
      bytes = try container.decode([UInt8].self)
      return
    }
    guard let data = Data(base64Encoded: text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "the kept bytes are not base64")
    }
    bytes = Array(data)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Data(bytes).base64EncodedString())
  }
}
