/// Reads one JSON text (RFC 8259) into a ``JSONValue``, with Go's error words.
struct JSONParser {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  /// Deeper nesting than any document of this API has; keeps a hostile body from exhausting the stack.
  private static let deepest = 256

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Parses the whole text; anything but white space after the value is refused.
  static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes)
    parser.skipSpace()
    if parser.position == bytes.count { throw JSONError(.empty, "EOF") }
    let value = try parser.value()
    parser.skipSpace()
    if parser.position < bytes.count { throw JSONError(.trailing, "unexpected content after JSON") }
    return value
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private func failure(_ context: String) -> JSONError {
    guard position < bytes.count else { return JSONError(.truncated, "unexpected EOF") }
    return JSONError(.syntax, "invalid character \(Self.quoted(bytes[position])) \(context)")
  }

  /// A byte as Go's `quoteChar` prints it.
  private static func quoted(_ byte: UInt8) -> String {
    switch byte {
    case 0x27: return #"'\''"#
    case 0x22: return #"'"'"#
    case 0x5C: return #"'\\'"#
    case 0x07: return #"'\a'"#
    case 0x08: return #"'\b'"#
    case 0x0C: return #"'\f'"#
    case 0x0A: return #"'\n'"#
    case 0x0D: return #"'\r'"#
    case 0x09: return #"'\t'"#
    case 0x0B: return #"'\v'"#
    case 0..<0x20, 0x7F: return "'\\x" + hex(byte) + "'"
    case 0x80..<0xA0: return "'\\u00" + hex(byte) + "'"
    default: return "'\(Character(Unicode.Scalar(byte)))'"
    }
  }

  private static func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    guard position < bytes.count else { throw failure("") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"):
      try literal("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try literal("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try literal("null")
      return .null
    default: throw failure("looking for beginning of value")
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONError) -> JSONValue
  ) throws(JSONError) -> JSONValue {
    depth += 1
    if depth > Self.deepest { throw JSONError(.syntax, "exceeded max depth") }
    defer { depth -= 1 }
    position += 1
    return try body(&self)
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    var members: [JSONMember] = []
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
      position += 1
      return .object(members)
    }
    while true {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw failure("looking for beginning of object key string")
      }
      let name = try string()
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { throw failure("after object key") }
      position += 1
      skipSpace()
      members.append(JSONMember(name: name, value: try value()))
      skipSpace()
      guard position < bytes.count else { throw failure("") }
      switch bytes[position] {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"):
        position += 1
        return .object(members)
      default: throw failure("after object key:value pair")
      }
    }
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    var elements: [JSONValue] = []
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
      position += 1
      return .array(elements)
    }
    while true {
      skipSpace()
      elements.append(try value())
      skipSpace()
      guard position < bytes.count else { throw failure("") }
      switch bytes[position] {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        return .array(elements)
      default: throw failure("after array element")
      }
    }
  }

  private mutating func literal(_ word: StaticString) throws(JSONError) {
    let text = Array(word.description.utf8)
    for (index, byte) in text.enumerated() {
      guard position < bytes.count, bytes[position] == byte else {
        throw failure("in literal \(word) (expecting \(Self.quoted(text[index])))")
      }
      position += 1
    }
  }

  private func isDigit(_ offset: Int) -> Bool {
    offset < bytes.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset])
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    if bytes[position] == UInt8(ascii: "-") {
      position += 1
      guard isDigit(position) else { throw failure("in numeric literal") }
    }
    if bytes[position] == UInt8(ascii: "0") {
      position += 1
    } else {
      while isDigit(position) { position += 1 }
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      guard isDigit(position) else { throw failure("after decimal point in numeric literal") }
      while isDigit(position) { position += 1 }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      guard isDigit(position) else { throw failure("in exponent of numeric literal") }
      while isDigit(position) { position += 1 }
    }
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        defer { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw failure("in string literal")
      default: position += 1
      }
    }
    throw failure("")
  }

  /// The slow way, for a string that has an escape in it.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var text = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case 0..<0x20: throw failure("in string literal")
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &text)
      default:
        text.append(byte)
        position += 1
      }
    }
    throw failure("")
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    guard position < bytes.count else { throw failure("") }
    switch bytes[position] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(bytes[position])
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      position += 1
      text.append(contentsOf: String(Character(try scalar())).utf8)
      return
    default: throw failure("in string escape code")
    }
    position += 1
  }

  /// A `\u` escape, joined with the low half that follows a high one; a lone half becomes U+FFFD as it does in Go.
  private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
    let replacement: Unicode.Scalar = "\u{FFFD}"
    let first = try fourHexDigits()
    guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) ?? replacement }
    guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
    else { return replacement }
    let back = position
    position += 2
    let second = try fourHexDigits()
    guard (0xDC00..<0xE000).contains(second) else {
      position = back
      return replacement
    }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue,
        bytes[position] < 0x80
      else { throw failure("in \\u hexadecimal character escape") }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
