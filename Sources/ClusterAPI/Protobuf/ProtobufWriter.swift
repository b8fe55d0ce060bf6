import APIMachinery
import Protobuf

/// Writes the message of an object out of its JSON text: what serves a list of thousands builds no trees, and looks at each
/// byte once.
struct ProtobufWriter {
  /// Messages in messages; a JSONSchemaProps may hold itself.
  private static let maximumDepth = 1_000

  enum Shape { case object, array, string, number, boolean, null }

  private let messages: ProtobufMessages
  var message: ProtobufMessage

  init(_ messages: ProtobufMessages, capacity: Int) {
    self.messages = messages
    message = ProtobufMessage(capacity: capacity)
  }

  /// Writes the fields of a message.
  /// - Parameters:
  ///   - json: an object, without space before it; a text that `JSONReader` would take.
  /// - Throws: `.mismatch` where a value does not fit its field.
  mutating func write(_ layout: ProtobufMessages.Layout, json: [UInt8], depth: Int) throws(ProtobufError) {
    _ = try write(layout, json, 0, depth: depth)
  }

  /// The same for a definition by its name.
  /// - Parameter start: where the object begins.
  mutating func write(
    _ definitionName: String, _ json: [UInt8], _ start: Int, depth: Int
  ) throws(ProtobufError) -> Int {
    guard let layout = messages[definitionName] else { throw Self.unknown(definitionName) }
    return try write(layout, json, start, depth: depth)
  }

  static func unknown(_ definitionName: String) -> ProtobufError {
    ProtobufError(.unknownKind, "\(definitionName) cannot be written as protobuf")
  }

  /// Fields stand in a message in the order of the text's members: readers take them in any (Protocol Buffers, "Encoding",
  /// field order).
  /// - Returns: where the object ends, as all that write a value do.
  private mutating func write(
    _ layout: ProtobufMessages.Layout, _ json: [UInt8], _ start: Int, depth: Int
  ) throws(ProtobufError) -> Int {
    guard depth < Self.maximumDepth else { throw .tooDeep }
    guard layout.fields != nil else { throw Self.unknown(layout.name) }
    var cursor = JSONCursor(at: start)
    while let (name, value) = cursor.member(of: json.span) {
      if json[value] != UInt8(ascii: "n"), let field = layout.names.index(of: json, name) {
        cursor.pass(to: try append(json, value, layout, field, depth))
      } else {
        cursor.pass(to: Self.end(json, value))
      }
    }
    for field in layout.inlined { _ = try append(json, start, layout, field, depth) }
    return cursor.end
  }

  private mutating func append(
    _ json: [UInt8], _ value: Int, _ layout: ProtobufMessages.Layout, _ field: Int, _ depth: Int
  ) throws(ProtobufError) -> Int {
    do { return try append(json, value, layout.codes[field], depth) } catch {
      // The path is put together on the way back.
      guard error.code == .mismatch, let name = layout.fields?[field].name else { throw error }
      throw ProtobufError(.mismatch, "\(name).\(error.message)")
    }
  }

  private mutating func append(
    _ json: [UInt8], _ value: Int, _ field: ProtobufMessages.Code, _ depth: Int
  ) throws(ProtobufError) -> Int {
    switch field.shape {
    case .single: return try append(json, value, field.element, at: field.number, depth)
    case .list:
      guard Self.shape(json, value) == .array else { throw .mismatch("a list") }
      var cursor = JSONCursor(at: value)
      while let element = cursor.element(of: json.span) {
        cursor.pass(to: try append(json, element, field.element, at: field.number, depth))
      }
      return cursor.end
    case .map:
      guard Self.shape(json, value) == .object else { throw .mismatch("an object") }
      var cursor = JSONCursor(at: value)
      while let (name, value) = cursor.member(of: json.span) {
        let start = message.begin(field.number)
        append(json, string: name, at: 1)
        cursor.pass(to: try append(json, value, field.element, at: 2, depth))
        message.end(start)
      }
      return cursor.end
    }
  }

  /// Writes a text.
  /// - Parameter content: the string without its quotation marks.
  private mutating func append(_ json: [UInt8], string content: Range<Int>, at number: Int) {
    for index in content where json[index] == UInt8(ascii: "\\") {
      let quoted = content.lowerBound - 1..<content.upperBound + 1
      message.append(number, JSONScanner.string(json.span, quoted) ?? "")
      return
    }
    message.append(number, json.span.extracting(content))
  }

  /// Writes one value. An element that is null is a zero: the form knows no other.
  mutating func append(
    _ json: [UInt8], _ value: Int, _ type: ProtobufMessages.Element, at number: Int, _ depth: Int
  ) throws(ProtobufError) -> Int {
    let shape = Self.shape(json, value)
    if case .message(let reference) = type {
      return try append(json, value, shape, messages[reference], at: number, depth)
    }
    let end = Self.end(json, value)
    switch (type, shape) {
    case (.string, .string): append(json, string: value + 1..<end - 1, at: number)
    case (.bytes, .string):
      guard let bytes = Self.string(json, value..<end).flatMap(Base64.decode) else {
        throw .mismatch("a text in base64")
      }
      message.append(number, bytes)
    case (.integer, _):
      guard let whole = Self.wholeNumber(json, value..<end) else { throw .mismatch("a whole number") }
      message.append(number, whole)
    case (.boolean, .boolean): message.append(number, json[value] == UInt8(ascii: "t"))
    case (.double, .number):
      switch Self.tree(json, value..<end) {
      case .double(let double): message.append(number, double)
      case .integer(let whole): message.append(number, Double(whole))
      default: throw .mismatch("a number")
      }
    case (.string, .null), (.bytes, .null): message.append(number, "")
    case (.boolean, .null): message.append(number, false)
    case (.double, .null): message.append(number, 0.0)
    default: throw .mismatch("\(type)")
    }
    return end
  }

  private mutating func append(
    _ json: [UInt8], _ value: Int, _ shape: Shape, _ layout: ProtobufMessages.Layout, at number: Int, _ depth: Int
  ) throws(ProtobufError) -> Int {
    let start = message.begin(number)
    let end: Int
    if let special = layout.writer {
      end = Self.end(json, value)
      try special(&self, json, value..<end, depth)
    } else if shape == .object {
      end = try write(layout, json, value, depth: depth + 1)
    } else if shape == .null {
      end = Self.end(json, value)
    } else {
      throw .mismatch("an object")
    }
    message.end(start)
    return end
  }

  // MARK: The text

  static func shape(_ json: [UInt8], _ value: Int) -> Shape {
    guard value < json.count else { return .null }
    return switch json[value] {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
    case UInt8(ascii: "n"): .null
    default: .number
    }
  }

  /// Where a value ends; the text's end where it does not.
  private static func end(_ json: [UInt8], _ value: Int) -> Int {
    JSONScanner.valueEnd(json.span, value) ?? json.count
  }

  /// Nil for what is no string.
  static func string(_ json: [UInt8], _ value: Range<Int>) -> String? { JSONScanner.string(json.span, value) }

  /// Also of a number that was written with a point; zero for null.
  static func wholeNumber(_ json: [UInt8], _ value: Range<Int>) -> Int64? {
    if value.count < 18, let short = shortNumber(json, value) { return short }
    return switch tree(json, value) {
    case .integer(let whole): whole
    case .double(let double): Int64(exactly: double)
    case .null: 0
    default: nil
    }
  }

  /// Of digits alone, so few that they fit.
  private static func shortNumber(_ json: [UInt8], _ value: Range<Int>) -> Int64? {
    var number: Int64 = 0
    for index in value {
      let digit = json[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      number = number &* 10 &+ Int64(digit)
    }
    return number
  }

  private static func tree(_ json: [UInt8], _ value: Range<Int>) -> JSONValue? {
    try? JSONReader.value(of: json.span.extracting(value))
  }
}
