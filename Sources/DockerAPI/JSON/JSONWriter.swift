/// Builds a JSON text: fields in declaration order, no white space, `/`, `<`, `>` and `&` unescaped, as Docker prints it.
public struct JSONWriter: JSONFieldVisitor {
  /// The text so far.
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false

  /// Makes an empty text with room for a usual answer.
  public init(capacity: Int = 512) {
    bytes.reserveCapacity(capacity)
  }

  public mutating func callAsFunction<Value: JSONCodable>(
    _ name: String, _ value: inout Value, _ presence: JSONPresence
  ) {
    if presence == .omitEmpty && value.isOmittable { return }
    member(name) { writer in value.writeJSON(to: &writer) }
  }

  public mutating func embedded<Value: JSONObject>(_ name: String, _ value: inout Value) {
    value.visitFields(&self)
  }

  /// Writes `{`, what the body writes, and `}`.
  public mutating func object(_ body: (inout JSONWriter) -> Void) {
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  /// Writes a name, a colon and what the body writes.
  public mutating func member(_ name: String, _ body: (inout JSONWriter) -> Void) {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
    body(&self)
    needsComma = true
  }

  /// Writes `[`, each element, and `]`.
  public mutating func array<Elements: Sequence>(
    _ elements: Elements, _ body: (inout JSONWriter, Elements.Element) -> Void
  ) {
    bytes.append(UInt8(ascii: "["))
    var first = true
    for element in elements {
      if !first { bytes.append(UInt8(ascii: ",")) }
      first = false
      body(&self, element)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  /// Writes text that is JSON already: a number, `true`, `null`, or a stored document.
  public mutating func raw(_ text: some Sequence<UInt8>) {
    bytes.append(contentsOf: text)
  }

  /// Writes a string with the escapes that JSON demands (and U+2028 and U+2029, as Go does).
  public mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20: control(byte)
      case 0xA8, 0xA9: lineSeparator(byte)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func control(_ byte: UInt8) {
    switch byte {
    case 0x08: bytes.append(contentsOf: "\\b".utf8)
    case 0x0C: bytes.append(contentsOf: "\\f".utf8)
    case 0x0A: bytes.append(contentsOf: "\\n".utf8)
    case 0x0D: bytes.append(contentsOf: "\\r".utf8)
    case 0x09: bytes.append(contentsOf: "\\t".utf8)
    default:
      let digits = Array("0123456789abcdef".utf8)
      bytes.append(contentsOf: "\\u00".utf8)
      bytes.append(digits[Int(byte >> 4)])
      bytes.append(digits[Int(byte & 15)])
    }
  }

  /// The last byte of U+2028 or U+2029 is rewritten together with the two before it; any other byte goes through.
  private mutating func lineSeparator(_ byte: UInt8) {
    guard bytes.count >= 2, bytes[bytes.count - 1] == 0x80, bytes[bytes.count - 2] == 0xE2 else {
      bytes.append(byte)
      return
    }
    bytes.removeLast(2)
    bytes.append(contentsOf: byte == 0xA8 ? "\\u2028".utf8 : "\\u2029".utf8)
  }
}
