import APIMachinery
import Protobuf

/// A list in Kubernetes' protobuf form: its head, then each of its items, then its tail. An item's bytes are the same in
/// every list that it is in, so that they can be kept.
public struct ProtobufList: Sendable {
  /// What stands behind the last item.
  public static let tail = ProtobufMessage.envelopeEnd

  private let kind: String
  private let apiVersion: String
  private let items: (number: Int, layout: ProtobufMessages.Layout)
  private let messages: ProtobufMessages
  /// All fields but the items.
  private let fields: [UInt8]

  /// - Parameters:
  ///   - kind: the kind of the list, such as `PodList`.
  ///   - definitionName: what that is called in OpenAPI documents.
  ///   - metadata: a ListMeta.
  /// - Throws: `.unknownKind` where the kind has no layout, or is none of a list.
  public init(
    kind: String, apiVersion: String, definitionName: String, metadata: JSONValue,
    messages: ProtobufMessages = .builtin
  ) throws(ProtobufError) {
    guard let layout = messages[definitionName], let field = layout.fields?.first(where: { $0.name == "items" }),
      case (.list, .message(let item)) = (field.shape, field.element)
    else { throw ProtobufWriter.unknown(definitionName) }
    self.kind = kind
    self.apiVersion = apiVersion
    self.messages = messages
    items = (field.number, messages[item])
    var writer = ProtobufWriter(messages, capacity: 256)
    try writer.write(layout, json: JSONValue.object(["metadata": metadata]).jsonBytes(), depth: 0)
    fields = writer.message.bytes
  }

  /// An item as it stands in the list.
  /// - Parameter json: the object, as `JSONReader` would take it.
  /// - Throws: `.mismatch` where a value does not fit its field.
  public func item(json: [UInt8]) throws(ProtobufError) -> [UInt8] {
    var writer = ProtobufWriter(messages, capacity: json.count)
    let start = writer.message.begin(items.number)
    try writer.write(items.layout, json: json, depth: 1)
    writer.message.end(start)
    return writer.message.bytes
  }

  /// What stands before the first item.
  /// - Parameter count: the bytes of all items together.
  public func head(itemBytes count: Int) -> [UInt8] {
    var message = ProtobufMessage(capacity: fields.count + 64)
    message.appendEnvelope(apiVersion: apiVersion, kind: kind, count: fields.count + count)
    message.append(verbatim: fields)
    return message.bytes
  }
}
