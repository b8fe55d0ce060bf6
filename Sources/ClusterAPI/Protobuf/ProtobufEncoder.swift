import APIMachinery
import Protobuf

/// From an object's JSON to Kubernetes' protobuf form of it (Kubernetes API concepts, "Kubernetes Protobuf encoding").
///
/// Upstream's Go clients ask for objects of built-in kinds so. What the form has no place for is left out: the members
/// `kind` and `apiVersion`, which stand in the envelope, and the difference between an empty list and none.
public struct ProtobufEncoder: Sendable {
  public static let mediaType = "application/vnd.kubernetes.protobuf"

  /// Messages in messages; a JSONSchemaProps may hold itself.
  private static let maximumDepth = 1_000

  private let messages: ProtobufMessages

  public init(messages: ProtobufMessages = .builtin) { self.messages = messages }

  /// An object in its envelope.
  /// - Parameters:
  ///   - object: with its `kind` and `apiVersion`.
  ///   - definitionName: what its kind is called in OpenAPI documents.
  /// - Throws: `.unknownKind` where the kind has no layout, `.mismatch` where a value does not fit its field.
  public func bytes(of object: JSONObject, definitionName: String) throws(ProtobufError) -> [UInt8] {
    var content = ProtobufMessage(capacity: 1_024)
    try write(definitionName, object, to: &content, depth: 0)
    return Self.envelope(
      content, apiVersion: object["apiVersion"]?.stringValue ?? "", kind: object["kind"]?.stringValue ?? "")
  }

  /// What says of a message which object it is (the message `Unknown` of apimachinery's runtime, behind a magic number).
  static func envelope(_ content: ProtobufMessage, apiVersion: String, kind: String) -> [UInt8] {
    var message = ProtobufMessage(capacity: content.bytes.count + 64)
    message.append(verbatim: ProtobufDecoder.magic)
    message.append(1) { type in
      type.append(1, apiVersion)
      type.append(2, kind)
    }
    message.append(2, content)
    // How the content is encoded, and its media type: nothing special.
    message.append(3, "")
    message.append(4, "")
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

  // MARK: Fields

  /// Writes the object of a definition, by its name.
  func write(
    _ definitionName: String, _ object: JSONObject, to message: inout ProtobufMessage, depth: Int
  ) throws(ProtobufError) {
    guard let layout = messages[definitionName] else { throw Self.unknown(definitionName) }
    try write(layout, object, to: &message, depth: depth)
  }

  fileprivate func write(
    _ layout: ProtobufMessages.Layout, _ object: JSONObject, to message: inout ProtobufMessage, depth: Int
  ) throws(ProtobufError) {
    guard depth < Self.maximumDepth else { throw .tooDeep }
    guard let fields = layout.fields else { throw Self.unknown(layout.name) }
    // Most fields of a message are not there: those that are, are put in their order.
    var present: [(field: Int, value: JSONValue)] = []
    present.reserveCapacity(object.count + layout.inlined.count)
    for (name, value) in object where !value.isNull {
      if let index = layout.index(of: name) { present.append((index, value)) }
    }
    for index in layout.inlined { present.append((index, .object(object))) }
    present.sort { $0.field < $1.field }
    for (index, value) in present {
      let field = fields[index]
      do { try append(value, field, to: &message, depth) } catch {
        // The path is put together on the way back.
        guard error.code == .mismatch, let name = field.name else { throw error }
        throw ProtobufError(.mismatch, "\(name).\(error.message)")
      }
    }
  }

  private static func unknown(_ definitionName: String) -> ProtobufError {
    ProtobufError(.unknownKind, "\(definitionName) cannot be written as protobuf")
  }

  private func append(
    _ value: JSONValue, _ field: ProtobufMessages.Field, to message: inout ProtobufMessage, _ depth: Int
  ) throws(ProtobufError) {
    switch (field.shape, value) {
    case (.single, _): try append(value, field.element, at: field.number, to: &message, depth)
    case (.list, .array(let values)):
      for value in values { try append(value, field.element, at: field.number, to: &message, depth) }
    case (.map, .object(let object)):
      for (key, value) in object.sorted {
        try message.append(field.number) { (entry) throws(ProtobufError) in
          entry.append(1, key)
          try append(value, field.element, at: 2, to: &entry, depth)
        }
      }
    case (.list, _): throw .mismatch("a list")
    case (.map, _): throw .mismatch("an object")
    }
  }

  private func append(
    _ value: JSONValue, _ type: ProtobufMessages.Element, at number: Int, to message: inout ProtobufMessage,
    _ depth: Int
  ) throws(ProtobufError) {
    switch (type, value) {
    case (.string, .string(let text)): message.append(number, text)
    case (.bytes, .string(let text)):
      guard let bytes = Base64.decode(text) else { throw .mismatch("a text in base64") }
      message.append(number, bytes)
    case (.integer, _):
      guard let whole = value.wholeNumber else { throw .mismatch("a whole number") }
      message.append(number, whole)
    case (.boolean, .bool(let flag)): message.append(number, flag)
    case (.double, .double(let double)): message.append(number, double)
    case (.double, .integer(let whole)): message.append(number, Double(whole))
    case (.message(let reference), _):
      try append(value, messages[reference], at: number, to: &message, depth)
    // An element that is null is a zero: the form knows no other.
    case (.string, .null): message.append(number, "")
    case (.bytes, .null): message.append(number, [UInt8]())
    case (.boolean, .null): message.append(number, false)
    case (.double, .null): message.append(number, 0.0)
    default: throw .mismatch("\(type)")
    }
  }

  private func append(
    _ value: JSONValue, _ layout: ProtobufMessages.Layout, at number: Int, to message: inout ProtobufMessage,
    _ depth: Int
  ) throws(ProtobufError) {
    if let writer = layout.writer {
      try message.append(number) { (part) throws(ProtobufError) in try writer(self, value, &part, depth) }
      return
    }
    guard case .object(let object) = value.isNull ? .object([:]) : value else { throw .mismatch("an object") }
    try message.append(number) { (part) throws(ProtobufError) in
      try write(layout, object, to: &part, depth: depth + 1)
    }
  }
}

/// Writes a list in Kubernetes' protobuf form out of its objects, one after the other.
public struct ProtobufListEncoder: Sendable {
  private let encoder: ProtobufEncoder
  private let kind: String
  private let apiVersion: String
  private let items: (number: Int, layout: ProtobufMessages.Layout)
  private var content = ProtobufMessage(capacity: 4_096)

  /// - Parameters:
  ///   - kind: the kind of the list, such as `PodList`.
  ///   - definitionName: what that is called in OpenAPI documents.
  ///   - metadata: a ListMeta.
  /// - Throws: `.unknownKind` where the kind has no layout, or is none of a list.
  public init(
    kind: String, apiVersion: String, definitionName: String, metadata: JSONValue,
    messages: ProtobufMessages = .builtin
  ) throws(ProtobufError) {
    guard let field = messages[definitionName]?.fields?.first(where: { $0.name == "items" }),
      case (.list, .message(let item)) = (field.shape, field.element)
    else { throw ProtobufError(.unknownKind, "\(definitionName) cannot be written as protobuf") }
    encoder = ProtobufEncoder(messages: messages)
    self.kind = kind
    self.apiVersion = apiVersion
    items = (field.number, messages[item])
    try encoder.write(definitionName, ["metadata": metadata], to: &content, depth: 0)
  }

  public mutating func append(_ object: JSONObject) throws(ProtobufError) {
    try content.append(items.number) { [encoder, items] (part) throws(ProtobufError) in
      try encoder.write(items.layout, object, to: &part, depth: 1)
    }
  }

  /// The list in its envelope.
  public func finish() -> [UInt8] { ProtobufEncoder.envelope(content, apiVersion: apiVersion, kind: kind) }
}

extension JSONValue {
  /// The value as a whole number, also where it was written with a point.
  var wholeNumber: Int64? {
    switch self {
    case .integer(let whole): whole
    case .double(let double): Int64(exactly: double)
    case .null: 0
    default: nil
    }
  }
}
