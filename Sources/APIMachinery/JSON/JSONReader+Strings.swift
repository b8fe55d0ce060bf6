extension JSONReader {
  /// Reads a string whose opening quotation mark stands at `index`.
  mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> String {
    index &+= 1
    let start = index
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        let text = try Self.text(bytes, start..<index)
        index &+= 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(bytes, from: start) }
      if byte < 0x20 { throw .unexpected(byte, "in string literal", at: index) }
      index &+= 1
    }
    throw .truncated(at: index)
  }

  @inline(__always)
  private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> String {
    do {
      return String(copying: try UTF8Span(validating: bytes.extracting(range)))
    } catch {
      throw JSONError(
        .encoding, "invalid UTF-8 in string literal",
        at: range.lowerBound + error.byteOffsets.lowerBound)
    }
  }

  /// Reads on from the first backslash of a string, at `index`.
  private mutating func escapedString(_ bytes: Span<UInt8>, from start: Int) throws(JSONError)
    -> String
  {
    var text: [UInt8] = []
    var plain = start
    func copy(to end: Int, _ text: inout [UInt8]) {
      for position in plain..<end { text.append(bytes[position]) }
    }
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        copy(to: index, &text)
        index &+= 1
        do {
          return String(copying: try UTF8Span(validating: text.span))
        } catch {
          throw JSONError(.encoding, "invalid UTF-8 in string literal", at: start)
        }
      }
      if byte < 0x20 { throw .unexpected(byte, "in string literal", at: index) }
      index &+= 1
      guard byte == UInt8(ascii: "\\") else { continue }
      copy(to: index - 1, &text)
      guard index < bytes.count else { throw .truncated("in string escape code", at: index) }
      switch bytes[index] {
      case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
      case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "u"): text.append(contentsOf: UTF8.encode(try escapedScalar(bytes))!)
      case let byte: throw .unexpected(byte, "in string escape code", at: index)
      }
      index &+= 1
      plain = index
    }
    throw .truncated(at: index)
  }

  /// Reads `uXXXX` at `index`, and a second half where the first one begins a surrogate pair; leaves `index` on the last
  /// digit.
  private mutating func escapedScalar(_ bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
    let first = try hexadecimal(bytes)
    if let scalar = Unicode.Scalar(first) { return scalar }
    let replacement: Unicode.Scalar = "\u{FFFD}"
    guard first < 0xDC00, index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "\\"),
      bytes[index + 2] == UInt8(ascii: "u")
    else { return replacement }
    let end = index
    index += 2
    let second = try hexadecimal(bytes)
    guard (0xDC00..<0xE000).contains(second) else {
      // Another character: it is read again by itself.
      index = end
      return replacement
    }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
  }

  /// Reads four digits behind the `u` at `index`; leaves `index` on the last one.
  private mutating func hexadecimal(_ bytes: Span<UInt8>) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      index &+= 1
      guard index < bytes.count else { throw .truncated("in \\u hexadecimal character escape", at: index) }
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"):
        value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"):
        value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
      default: throw .unexpected(byte, "in \\u hexadecimal character escape", at: index)
      }
    }
    return value
  }
}
