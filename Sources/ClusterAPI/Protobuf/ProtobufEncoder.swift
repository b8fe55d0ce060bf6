import APIMachinery
import Protobuf

/// From an object's JSON to Kubernetes' protobuf form of it (Kubernetes API concepts, "Kubernetes Protobuf encoding").
///
/// Upstream's Go clients ask for objects of built-in kinds so. What the form has no place for is left out: the members
/// `kind` and `apiVersion`, which stand in the envelope, and the difference between an empty list and none.
public struct ProtobufEncoder: Sendable {
  public static let mediaType = "application/vnd.kubernetes.protobuf"

  private let messages: ProtobufMessages

  public init(messages: ProtobufMessages = .builtin) { self.messages = messages }

  /// An object in its envelope.
  /// - Parameters:
  ///   - object: with its `kind` and `apiVersion`.
  ///   - definitionName: what its kind is called in OpenAPI documents.
  /// - Throws: `.unknownKind` where the kind has no layout, `.mismatch` where a value does not fit its field.
  public func bytes(of object: JSONObject, definitionName: String) throws(ProtobufError) -> [UInt8] {
    try bytes(
      ofJSON: JSONValue.object(object).jsonBytes(), apiVersion: object["apiVersion"]?.stringValue ?? "",
      kind: object["kind"]?.stringValue ?? "", definitionName: definitionName)
  }

  /// An object in its envelope, out of its JSON text.
  /// - Parameter json: an object as `JSONReader` would take it; what it says of its kind is not looked at.
  /// - Throws: `.unknownKind` where the kind has no layout, `.mismatch` where a value does not fit its field.
  public func bytes(
    ofJSON json: [UInt8], apiVersion: String, kind: String, definitionName: String
  ) throws(ProtobufError) -> [UInt8] {
    guard let layout = messages[definitionName] else { throw ProtobufWriter.unknown(definitionName) }
    var writer = ProtobufWriter(messages, capacity: json.count)
    try writer.write(layout, json: json, depth: 0)
    var message = ProtobufMessage(capacity: writer.message.bytes.count + 64)
    message.appendEnvelope(apiVersion: apiVersion, kind: kind, count: writer.message.bytes.count)
    message.append(verbatim: writer.message.bytes)
    message.append(verbatim: ProtobufMessage.envelopeEnd)
    return message.bytes
  }

  /// One event of a watch in its frame: four bytes of length, the highest first, and a WatchEvent without an envelope.
  /// - Parameters:
  ///   - type: such as `ADDED`.
  ///   - object: in its own envelope.
  public static func watchFrame(type: String, _ object: [UInt8]) -> [UInt8] {
    var event = ProtobufMessage(capacity: object.count + 32)
    event.append(1, type)
    event.append(2) { $0.append(1, object) }
    let length = UInt32(truncatingIfNeeded: event.bytes.count)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + event.bytes
  }
}

extension ProtobufMessage {
  /// Begins what says of a message which object it is (the message `Unknown` of apimachinery's runtime, behind a magic
  /// number). The message is to follow, and ``envelopeEnd``.
  /// - Parameter count: the message's bytes.
  mutating func appendEnvelope(apiVersion: String, kind: String, count: Int) {
    append(verbatim: ProtobufDecoder.magic)
    append(1) { type in
      type.append(1, apiVersion)
      type.append(2, kind)
    }
    begin(2, count: count)
  }

  /// How the content is encoded, and its media type: nothing special.
  static let envelopeEnd: [UInt8] = {
    var end = ProtobufMessage()
    end.append(3, "")
    end.append(4, "")
    return end.bytes
  }()
}
