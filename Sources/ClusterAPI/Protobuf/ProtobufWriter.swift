import APIMachinery
import Protobuf

/// Writes the message of an object out of its JSON text: what serves a list of thousands builds no trees.
struct ProtobufWriter {
  /// Messages in messages; a JSONSchemaProps may hold itself.
  private static let maximumDepth = 1_000

  enum Shape { case object, array, string, number, boolean, null }

  private let messages: ProtobufMessages
  /// The text that is written at present: one that `JSONReader` would take.
  private(set) var json: [UInt8] = []
  var message: ProtobufMessage
  /// The fields of the messages that are being written, one message's after the other's.
  private var present: [(field: Int, value: Range<Int>)] = []

  init(_ messages: ProtobufMessages, capacity: Int) {
    self.messages = messages
    message = ProtobufMessage(capacity: capacity)
  }

  /// Writes the fields of a message.
  /// - Parameters:
  ///   - json: an object.
  /// - Throws: `.mismatch` where a value does not fit its field.
  mutating func write(
    _ layout: ProtobufMessages.Layout, json text: [UInt8], depth: Int
  ) throws(ProtobufError) {
    json = text
    present.removeAll(keepingCapacity: true)
    try write(layout, 0..<text.count, depth: depth)
  }

  /// The same for a definition by its name.
  mutating func write(_ definitionName: String, _ value: Range<Int>, depth: Int) throws(ProtobufError) {
    guard let layout = messages[definitionName] else { throw Self.unknown(definitionName) }
    try write(layout, value, depth: depth)
  }

  static func unknown(_ definitionName: String) -> ProtobufError {
    ProtobufError(.unknownKind, "\(definitionName) cannot be written as protobuf")
  }

  private mutating func write(
    _ layout: ProtobufMessages.Layout, _ object: Range<Int>, depth: Int
  ) throws(ProtobufError) {
    guard depth < Self.maximumDepth else { throw .tooDeep }
    guard let fields = layout.fields else { throw Self.unknown(layout.name) }
    // Most fields of a message are not there: those that are, are put in their order.
    // A span of the writer's own text would keep the writer from being changed.
    let (json, first) = (json, present.count)
    JSONScanner.members(of: json.span, at: object.lowerBound) { member in
      if json[member.value.lowerBound] != UInt8(ascii: "n"), let index = layout.names.index(of: json, member.name) {
        present.append((index, member.value))
      }
      return true
    }
    for index in layout.inlined { present.append((index, object)) }
    let end = present.count
    present[first..<end].sort { $0.field < $1.field }
    for index in first..<end {
      let (number, value) = present[index]
      do { try append(value, fields[number], depth) } catch {
        // The path is put together on the way back.
        guard error.code == .mismatch, let name = fields[number].name else { throw error }
        throw ProtobufError(.mismatch, "\(name).\(error.message)")
      }
    }
    present.removeLast(end - first)
  }

  private mutating func append(
    _ value: Range<Int>, _ field: ProtobufMessages.Field, _ depth: Int
  ) throws(ProtobufError) {
    switch field.shape {
    case .single: try append(value, field.element, at: field.number, depth)
    case .list:
      guard shape(of: value) == .array else { throw .mismatch("a list") }
      for element in elements(of: value) { try append(element, field.element, at: field.number, depth) }
    case .map:
      guard shape(of: value) == .object else { throw .mismatch("an object") }
      for (key, value) in entries(of: value) {
        let start = message.begin(field.number)
        message.append(1, key)
        try append(value, field.element, at: 2, depth)
        message.end(start)
      }
    }
  }

  /// Writes one value. An element that is null is a zero: the form knows no other.
  mutating func append(
    _ value: Range<Int>, _ type: ProtobufMessages.Element, at number: Int, _ depth: Int
  ) throws(ProtobufError) {
    switch (type, shape(of: value)) {
    case (.string, .string):
      let content = value.lowerBound + 1..<value.upperBound - 1
      if json[content].contains(UInt8(ascii: "\\")) {
        message.append(number, string(value) ?? "")
      } else {
        message.append(number, json[content])
      }
    case (.bytes, .string):
      guard let bytes = string(value).flatMap(Base64.decode) else { throw .mismatch("a text in base64") }
      message.append(number, bytes)
    case (.integer, _):
      guard let whole = wholeNumber(value) else { throw .mismatch("a whole number") }
      message.append(number, whole)
    case (.boolean, .boolean): message.append(number, isTrue(value))
    case (.double, .number):
      switch tree(value) {
      case .double(let double): message.append(number, double)
      case .integer(let whole): message.append(number, Double(whole))
      default: throw .mismatch("a number")
      }
    case (.message(let reference), let shape):
      try append(value, shape, messages[reference], at: number, depth)
    case (.string, .null), (.bytes, .null): message.append(number, "")
    case (.boolean, .null): message.append(number, false)
    case (.double, .null): message.append(number, 0.0)
    default: throw .mismatch("\(type)")
    }
  }

  private mutating func append(
    _ value: Range<Int>, _ shape: Shape, _ layout: ProtobufMessages.Layout, at number: Int, _ depth: Int
  ) throws(ProtobufError) {
    let start = message.begin(number)
    if let special = layout.writer {
      try special(&self, value, depth)
    } else if shape == .object {
      try write(layout, value, depth: depth + 1)
    } else if shape != .null {
      throw .mismatch("an object")
    }
    message.end(start)
  }

  // MARK: The text

  func shape(of value: Range<Int>) -> Shape {
    guard let first = value.first else { return .null }
    return switch json[first] {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
    case UInt8(ascii: "n"): .null
    default: .number
    }
  }

  func isTrue(_ value: Range<Int>) -> Bool { json[value.lowerBound] == UInt8(ascii: "t") }

  /// Nil for what is no string.
  func string(_ value: Range<Int>) -> String? { JSONScanner.string(json.span, value) }

  /// Also of a number that was written with a point; zero for null.
  func wholeNumber(_ value: Range<Int>) -> Int64? {
    switch tree(value) {
    case .integer(let whole): whole
    case .double(let double): Int64(exactly: double)
    case .null: 0
    default: nil
    }
  }

  private func tree(_ value: Range<Int>) -> JSONValue? { try? JSONReader.value(of: json.span.extracting(value)) }

  func elements(of array: Range<Int>) -> [Range<Int>] {
    var elements: [Range<Int>] = []
    JSONScanner.elements(of: json.span, at: array.lowerBound) { element in
      elements.append(element)
      return true
    }
    return elements
  }

  /// The members of an object in the order of their names, as Go's encoder writes a map.
  private func entries(of object: Range<Int>) -> [(key: String, value: Range<Int>)] {
    var entries: [(key: String, value: Range<Int>)] = []
    JSONScanner.members(of: json.span, at: object.lowerBound) { member in
      let quoted = member.name.lowerBound - 1..<member.name.upperBound + 1
      entries.append((string(quoted) ?? "", member.value))
      return true
    }
    entries.sort { $0.key < $1.key }
    return entries
  }
}
