import APIMachinery
import FoundationEssentials
import Protobuf

/// From Kubernetes' protobuf form of an object to its JSON (Kubernetes API concepts, "Kubernetes Protobuf encoding").
///
/// Upstream's Go clients send objects of built-in kinds so. What the API serves is JSON: clients take that where they are
/// not given protobuf.
public struct ProtobufDecoder: Sendable {
  /// What every such body begins with: `k8s` and a zero.
  public static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0]

  /// Messages in messages; a JSONSchemaProps may hold itself.
  private static let maximumDepth = 200

  private let messages: ProtobufMessages
  private let bytes: [UInt8]

  /// An object with what its envelope says of it.
  public struct Envelope: Sendable {
    public let apiVersion: String
    public let kind: String
    fileprivate let content: Range<Int>
  }

  public init(_ bytes: [UInt8], messages: ProtobufMessages = .builtin) {
    self.bytes = bytes
    self.messages = messages
  }

  /// Reads the envelope.
  public func envelope() throws(ProtobufError) -> Envelope {
    guard bytes.starts(with: Self.magic) else {
      throw ProtobufError(
        .malformed, "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    }
    var input = ProtobufReader(bytes, Self.magic.count..<bytes.count)
    var (apiVersion, kind) = ("", "")
    var content = 0..<0
    while let (number, value) = try input.nextField() {
      guard case .bytes(let range) = value else { continue }
      switch number {
      case 1:
        var type = ProtobufReader(bytes, range)
        while let (number, value) = try type.nextField() {
          guard case .bytes(let range) = value else { continue }
          if number == 1 { apiVersion = try string(range) }
          if number == 2 { kind = try string(range) }
        }
      case 2: content = range
      default: break
      }
    }
    return Envelope(apiVersion: apiVersion, kind: kind, content: content)
  }

  /// Reads the object.
  /// - Parameter definitionName: what its kind is called in OpenAPI documents.
  public func object(_ envelope: Envelope, definitionName: String) throws(ProtobufError) -> JSONObject {
    var object: JSONObject = ["kind": .string(envelope.kind), "apiVersion": .string(envelope.apiVersion)]
    try read(try layout(definitionName), envelope.content, into: &object, depth: 0)
    return object
  }

  private func layout(_ definitionName: String) throws(ProtobufError) -> ProtobufMessages.Layout {
    guard let layout = messages[definitionName] else { throw Self.unknown(definitionName) }
    return layout
  }

  private static func unknown(_ definitionName: String) -> ProtobufError {
    ProtobufError(.unknownKind, "\(definitionName) cannot be read from protobuf")
  }

  private func read(
    _ layout: ProtobufMessages.Layout, _ range: Range<Int>, into object: inout JSONObject, depth: Int
  ) throws(ProtobufError) {
    guard depth < Self.maximumDepth else { throw .tooDeep }
    guard layout.fields != nil else { throw Self.unknown(layout.name) }
    var input = ProtobufReader(bytes, range)
    while let (number, value) = try input.nextField() {
      // A field of a newer version is dropped, as Go's decoder does.
      guard let field = layout.field(number) else { continue }
      guard let name = field.name else {
        guard case .message(let inner) = field.element, case .bytes(let range) = value else { throw .malformed }
        try read(messages[inner], range, into: &object, depth: depth + 1)
        continue
      }
      switch field.shape {
      case .list: try append(value, field.element, to: name, of: &object, depth)
      case .map: try insert(value, field.element, into: name, of: &object, depth)
      case .single:
        let new = try single(value, field.element, depth)
        // Null is a time that was not set, or a value without bytes: the member is missing.
        if new.isNull || field.omitsZero && Self.isZero(new) { continue }
        object[name] = new
      }
    }
  }

  private static func isZero(_ value: JSONValue) -> Bool {
    value == .string("") || value == .integer(0) || value == .bool(false) || value == .double(0)
  }

  private func append(
    _ value: ProtobufField.Value, _ type: ProtobufMessages.Element, to name: String, of object: inout JSONObject,
    _ depth: Int
  ) throws(ProtobufError) {
    var items: [JSONValue] = []
    if case .bytes(let range) = value, type == .integer {
      // Packed: many numbers in one field.
      var numbers = ProtobufReader(bytes, range)
      do throws(ProtobufFault) {
        while let number = try numbers.nextPacked() { items.append(.integer(Int64(bitPattern: number))) }
      } catch { throw ProtobufError(error) }
    } else {
      items.append(try single(value, type, depth))
    }
    let isThere = object[name] != nil
    if !isThere { object[name] = .array([]) }
    _ = object.update(name) { list in
      guard case .array(var all) = list else { return }
      list = .null
      all += items
      list = .array(all)
    }
  }

  private func insert(
    _ value: ProtobufField.Value, _ type: ProtobufMessages.Element, into name: String, of object: inout JSONObject,
    _ depth: Int
  ) throws(ProtobufError) {
    guard case .bytes(let range) = value else { throw .malformed }
    var entry = ProtobufReader(bytes, range)
    var key = ""
    var content = try zero(type, depth)
    while let (number, part) = try entry.nextField() {
      if number == 1, case .bytes(let range) = part { key = try string(range) }
      if number == 2 { content = try single(part, type, depth) }
    }
    var map = object[name]?.objectValue ?? [:]
    map[key] = content
    object[name] = .object(map)
  }

  /// What an entry of a map holds that says nothing.
  private func zero(_ type: ProtobufMessages.Element, _ depth: Int) throws(ProtobufError) -> JSONValue {
    switch type {
    case .string, .bytes: ""
    case .integer: 0
    case .boolean: false
    case .double: .double(0)
    case .message(let reference): try message(messages[reference], 0..<0, depth)
    }
  }

  private func single(
    _ value: ProtobufField.Value, _ type: ProtobufMessages.Element, _ depth: Int
  ) throws(ProtobufError) -> JSONValue {
    switch (type, value) {
    case (.string, .bytes(let range)): .string(try string(range))
    case (.bytes, .bytes(let range)): .string(Data(bytes[range]).base64EncodedString())
    case (.integer, .varint(let number)): .integer(Int64(bitPattern: number))
    case (.boolean, .varint(let number)): .bool(number != 0)
    case (.double, .fixed64(let bits)): .double(Double(bitPattern: bits))
    case (.message(let reference), .bytes(let range)): try message(messages[reference], range, depth)
    default: throw .malformed
    }
  }

  private func string(_ range: Range<Int>) throws(ProtobufError) -> String {
    guard let text = String(validating: bytes[range], as: UTF8.self) else { throw .encoding }
    return text
  }

  private func message(
    _ layout: ProtobufMessages.Layout, _ range: Range<Int>, _ depth: Int
  ) throws(ProtobufError) -> JSONValue {
    if let reader = layout.reader { return try reader(self, bytes, range, depth) }
    var object = JSONObject()
    try read(layout, range, into: &object, depth: depth + 1)
    return .object(object)
  }

  /// For types of whose JSON is something else than an object of their fields.
  func nested(_ name: String, _ range: Range<Int>, _ depth: Int) throws(ProtobufError) -> JSONValue {
    try message(try layout(name), range, depth)
  }

  func text(_ range: Range<Int>) throws(ProtobufError) -> String { try string(range) }
}
