/// Writes a tree as a JSON text (RFC 8259), byte for byte as Kubernetes' encoder does: `<`, `>`, `&`, U+2028 and U+2029
/// stand as `\u` escapes, so that the text can stand in a page or a script, and doubles in Go's shortest form.
///
/// A document that Kubernetes serves ends with a line feed; this writes none.
public struct JSONWriter: Sendable {
  /// How a text is laid out.
  public enum Layout: Sendable {
    /// No space between tokens.
    case compact
    /// A line for each member and element, two spaces deeper for each level: what `?pretty=true` asks for.
    case indented
  }

  /// The text so far.
  public private(set) var bytes: [UInt8]
  private let layout: Layout
  private let sortsKeys: Bool
  private let escapesHTML: Bool
  private var level = 0

  /// - Parameters:
  ///   - sortsKeys: members in the order of their names' bytes, as Go writes a map, rather than in their own.
  ///   - escapesHTML: false leaves `<`, `>` and `&` as they are.
  ///   - capacity: how many bytes to reserve.
  public init(
    layout: Layout = .compact, sortsKeys: Bool = false, escapesHTML: Bool = true,
    capacity: Int = 256
  ) {
    bytes = []
    bytes.reserveCapacity(capacity)
    self.layout = layout
    self.sortsKeys = sortsKeys
    self.escapesHTML = escapesHTML
  }

  /// Appends a value with all that is in it.
  public mutating func append(_ value: JSONValue) {
    switch value {
    case .null: append(verbatim: "null")
    case .bool(true): append(verbatim: "true")
    case .bool(false): append(verbatim: "false")
    case .integer(let number): append(number)
    case .double(let number): append(number)
    case .string(let text): append(text)
    case .array(let elements): append(elements)
    case .object(let object): append(object)
    }
  }

  /// Appends an array.
  public mutating func append(_ elements: [JSONValue]) {
    bytes.append(UInt8(ascii: "["))
    level += 1
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      breakLine()
      append(element)
    }
    level -= 1
    if !elements.isEmpty { breakLine() }
    bytes.append(UInt8(ascii: "]"))
  }

  /// Appends an object, its members in their order or sorted by their names.
  public mutating func append(_ object: JSONObject) {
    bytes.append(UInt8(ascii: "{"))
    level += 1
    var isFirst = true
    if sortsKeys {
      for (name, value) in object.sorted { append(name, value, &isFirst) }
    } else {
      for (name, value) in object { append(name, value, &isFirst) }
    }
    level -= 1
    if !isFirst { breakLine() }
    bytes.append(UInt8(ascii: "}"))
  }

  @inline(__always)
  private mutating func append(_ name: String, _ value: JSONValue, _ isFirst: inout Bool) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    breakLine()
    append(name)
    bytes.append(UInt8(ascii: ":"))
    if layout == .indented { bytes.append(0x20) }
    append(value)
  }

  private mutating func breakLine() {
    guard layout == .indented else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: 2 * level))
  }

  // MARK: Scalars

  /// Appends a string between quotation marks, escaped.
  public mutating func append(_ text: String) {
    let span = text.utf8Span.span
    var index = 0
    while index < span.count, Self.isPlain(span[index]) { index &+= 1 }
    guard index < span.count else { return append(plain: text, span) }
    bytes.append(UInt8(ascii: "\""))
    var plain = 0
    while index < span.count {
      let byte = span[index]
      if Self.isPlain(byte) || (!escapesHTML && Self.isMarkup(byte)) {
        index &+= 1
        continue
      }
      if byte == 0xE2 {
        // U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
        guard index + 2 < span.count, span[index + 1] == 0x80, span[index + 2] & 0xFE == 0xA8 else {
          index &+= 1
          continue
        }
        append(span, plain..<index)
        append(verbatim: span[index + 2] == 0xA8 ? "\\u2028" : "\\u2029")
        index += 3
      } else {
        append(span, plain..<index)
        append(escaped: byte)
        index &+= 1
      }
      plain = index
    }
    append(span, plain..<span.count)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Appends a string of which no byte needs an escape, as those of nearly all are.
  @inline(__always)
  private mutating func append(plain text: String, _ span: Span<UInt8>) {
    guard span.count <= Self.short else {
      bytes.append(UInt8(ascii: "\""))
      bytes.append(contentsOf: text.utf8)
      return bytes.append(UInt8(ascii: "\""))
    }
    bytes.append(addingCapacity: span.count + 2) { output in
      output.append(UInt8(ascii: "\""))
      for index in span.indices { output.append(span[index]) }
      output.append(UInt8(ascii: "\""))
    }
  }

  /// Up to so many bytes a loop is faster than what copies any number.
  private static let short = 48

  /// Below 0x40 a bit for each byte that stands as it is: neither a control character nor `"`, `&`, `<` or `>`.
  private static let plainBits: UInt64 = 0xAFFF_FFBB_0000_0000

  @inline(__always)
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte < 0x40 ? plainBits >> UInt64(byte) & 1 == 1 : byte != UInt8(ascii: "\\") && byte != 0xE2
  }

  @inline(__always)
  private static func isMarkup(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "&")
  }

  private mutating func append(_ span: Span<UInt8>, _ range: Range<Int>) {
    for index in range { bytes.append(span[index]) }
  }

  private mutating func append(escaped byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append(verbatim: "\\\"")
    case UInt8(ascii: "\\"): append(verbatim: "\\\\")
    case 0x08: append(verbatim: "\\b")
    case 0x0C: append(verbatim: "\\f")
    case 0x0A: append(verbatim: "\\n")
    case 0x0D: append(verbatim: "\\r")
    case 0x09: append(verbatim: "\\t")
    default:
      append(verbatim: "\\u00")
      append(digit: byte >> 4)
      append(digit: byte & 15)
    }
  }

  private mutating func append(digit: UInt8) {
    bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }

  /// Appends a whole number.
  public mutating func append(_ number: Int64) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  /// What is no number (infinite, or not a number) has no JSON form: it becomes null. The reader makes none.
  public mutating func append(_ number: Double) {
    guard number.isFinite else {
      append(verbatim: "null")
      return
    }
    bytes.append(contentsOf: number.goJSON.utf8)
  }

  /// Appends JSON text that is ready: a value, or part of the syntax around values that were appended.
  public mutating func append(verbatim text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Appends the bytes of a JSON value that is ready.
  public mutating func append(verbatim text: some Sequence<UInt8>) {
    bytes.append(contentsOf: text)
  }
}

extension JSONValue {
  /// The value as a JSON text; see `JSONWriter`.
  public func jsonBytes(sortedKeys: Bool = false) -> [UInt8] {
    var writer = JSONWriter(sortsKeys: sortedKeys)
    writer.append(self)
    return writer.bytes
  }

  /// The value as a JSON text; see `JSONWriter`.
  public func jsonText(sortedKeys: Bool = false) -> String {
    String(decoding: jsonBytes(sortedKeys: sortedKeys), as: UTF8.self)
  }
}
