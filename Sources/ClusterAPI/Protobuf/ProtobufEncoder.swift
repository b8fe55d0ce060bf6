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
    return Envelope(of: writer.message.bytes, apiVersion: apiVersion, kind: kind).bytes
  }

  /// What says of a message which object it is (the message `Unknown` of apimachinery's runtime, behind a magic number).
  public struct Envelope: Sendable {
    /// What stands before the message.
    public let head: [UInt8]
    public let message: [UInt8]
    /// What stands behind it: how it is encoded, and its media type, nothing special both.
    public let tail: [UInt8]

    init(of message: [UInt8], apiVersion: String, kind: String) {
      self.message = message
      var head = ProtobufMessage(capacity: 64)
      head.append(verbatim: ProtobufDecoder.magic)
      head.append(1) { type in
        type.append(1, apiVersion)
        type.append(2, kind)
      }
      head.begin(2, count: message.count)
      self.head = head.bytes
      var tail = ProtobufMessage()
      tail.append(3, "")
      tail.append(4, "")
      self.tail = tail.bytes
    }

    public var count: Int { head.count + message.count + tail.count }

    /// All of it.
    public var bytes: [UInt8] {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(count)
      bytes += head
      bytes += message
      bytes += tail
      return bytes
    }
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

/// Writes a list in Kubernetes' protobuf form out of its objects, one after the other.
public struct ProtobufListEncoder: Sendable {
  private let kind: String
  private let apiVersion: String
  private let items: (number: Int, layout: ProtobufMessages.Layout)
  private var writer: ProtobufWriter

  /// - Parameters:
  ///   - kind: the kind of the list, such as `PodList`.
  ///   - definitionName: what that is called in OpenAPI documents.
  ///   - metadata: a ListMeta.
  ///   - capacity: about how many bytes the list will have.
  /// - Throws: `.unknownKind` where the kind has no layout, or is none of a list.
  public init(
    kind: String, apiVersion: String, definitionName: String, metadata: JSONValue, capacity: Int = 4_096,
    messages: ProtobufMessages = .builtin
  ) throws(ProtobufError) {
    guard let layout = messages[definitionName], let field = layout.fields?.first(where: { $0.name == "items" }),
      case (.list, .message(let item)) = (field.shape, field.element)
    else { throw ProtobufWriter.unknown(definitionName) }
    self.kind = kind
    self.apiVersion = apiVersion
    items = (field.number, messages[item])
    writer = ProtobufWriter(messages, capacity: capacity)
    try writer.write(layout, json: JSONValue.object(["metadata": metadata]).jsonBytes(), depth: 0)
  }

  /// - Parameter json: an object of the list, as `JSONReader` would take it.
  public mutating func append(json: [UInt8]) throws(ProtobufError) {
    let start = writer.message.begin(items.number)
    try writer.write(items.layout, json: json, depth: 1)
    writer.message.end(start)
  }

  /// The list in its envelope.
  public func finish() -> ProtobufEncoder.Envelope {
    ProtobufEncoder.Envelope(of: writer.message.bytes, apiVersion: apiVersion, kind: kind)
  }
}
