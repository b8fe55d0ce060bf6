/// Finds where members stand in a JSON text without building a tree: what serving and splicing need.
///
/// The text must be one that `JSONReader` has taken: the scanner finds the ends of values by their brackets and
/// quotation marks, and looks no deeper. On other bytes it answers something or nil, and never fails otherwise.
public struct JSONScanner: Sendable {
  /// A member of an object, as ranges of bytes in the text.
  public struct Member: Sendable, Equatable {
    /// The name without its quotation marks, as it stands, escapes and all.
    public let name: Range<Int>
    /// The value, without the space around it.
    public let value: Range<Int>
  }

  /// Visits the members of the object that begins at `start` (space may stand before it), in order; stops early when
  /// `visit` returns false. Returns where the object ends (the index behind its bracket), nil where there is no object
  /// or it was left early.
  @discardableResult
  public static func members(
    of bytes: Span<UInt8>, at start: Int = 0, _ visit: (Member) -> Bool
  ) -> Int? {
    var index = skipSpace(bytes, start)
    guard index < bytes.count, bytes[index] == UInt8(ascii: "{") else { return nil }
    index = skipSpace(bytes, index + 1)
    if index < bytes.count, bytes[index] == UInt8(ascii: "}") { return index + 1 }
    while index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
      guard let nameEnd = stringEnd(bytes, index) else { return nil }
      let name = index + 1..<nameEnd - 1
      index = skipSpace(bytes, nameEnd)
      guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { return nil }
      index = skipSpace(bytes, index + 1)
      guard let end = valueEnd(bytes, index) else { return nil }
      guard visit(Member(name: name, value: index..<end)) else { return nil }
      index = skipSpace(bytes, end)
      guard index < bytes.count else { return nil }
      if bytes[index] == UInt8(ascii: "}") { return index + 1 }
      guard bytes[index] == UInt8(ascii: ",") else { return nil }
      index = skipSpace(bytes, index + 1)
    }
    return nil
  }

  /// Visits the elements of the array that begins at `start`, in order; stops early when `visit` returns false. Returns
  /// where the array ends, nil where there is no array or it was left early.
  @discardableResult
  public static func elements(
    of bytes: Span<UInt8>, at start: Int = 0, _ visit: (Range<Int>) -> Bool
  ) -> Int? {
    var index = skipSpace(bytes, start)
    guard index < bytes.count, bytes[index] == UInt8(ascii: "[") else { return nil }
    index = skipSpace(bytes, index + 1)
    if index < bytes.count, bytes[index] == UInt8(ascii: "]") { return index + 1 }
    while index < bytes.count {
      guard let end = valueEnd(bytes, index) else { return nil }
      guard visit(index..<end) else { return nil }
      index = skipSpace(bytes, end)
      guard index < bytes.count else { return nil }
      if bytes[index] == UInt8(ascii: "]") { return index + 1 }
      guard bytes[index] == UInt8(ascii: ",") else { return nil }
      index = skipSpace(bytes, index + 1)
    }
    return nil
  }

  /// Where the value of one member stands; nil where the object that begins at `start` has none of that name, or there
  /// is no object. Of two members of one name it is the last, the one that a reader keeps.
  public static func value(of name: StaticString, in bytes: Span<UInt8>, at start: Int = 0)
    -> Range<Int>?
  {
    var found: Range<Int>?
    members(of: bytes, at: start) { member in
      if equals(bytes, member.name, name) { found = member.value }
      return true
    }
    return found
  }

  /// As `value(of:in:at:)`, but the first of two members of one name: the rest of the object is not looked at.
  static func firstValue(of name: StaticString, in bytes: Span<UInt8>, at start: Int = 0) -> Range<Int>? {
    var found: Range<Int>?
    members(of: bytes, at: start) { member in
      guard equals(bytes, member.name, name) else { return true }
      found = member.value
      return false
    }
    return found
  }

  /// Whether a range of the text holds the very bytes of a name.
  public static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: StaticString) -> Bool {
    guard range.count == name.utf8CodeUnitCount else { return false }
    return name.withUTF8Buffer { expected in
      for (offset, byte) in expected.enumerated() where bytes[range.lowerBound + offset] != byte {
        return false
      }
      return true
    }
  }

  /// The string whose quotation marks are the first and last bytes of a range; nil where there is none.
  public static func string(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String? {
    guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "\""),
      bytes[range.upperBound - 1] == UInt8(ascii: "\"")
    else { return nil }
    let inner = bytes.extracting(range.lowerBound + 1..<range.upperBound - 1)
    var isPlain = true
    for index in inner.indices where inner[index] < 0x20 || inner[index] == 0x22 || inner[index] == 0x5C {
      isPlain = false
      break
    }
    if isPlain, let text = try? UTF8Span(validating: inner) { return String(copying: text) }
    return try? JSONReader.value(of: bytes.extracting(range)).stringValue
  }

  // MARK: Steps

  @inlinable @inline(__always)
  static func skipSpace(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
        break
      }
      index &+= 1
    }
    return index
  }

  /// The index behind the closing quotation mark of the string that begins at `start`.
  @inlinable @inline(__always)
  static func stringEnd(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
    var index = start &+ 1
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") { return index &+ 1 }
      index &+= byte == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  /// The index behind the value that begins at `start`; nil where it does not end.
  public static func valueEnd(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
    guard start < bytes.count else { return nil }
    switch bytes[start] {
    case UInt8(ascii: "\""):
      return stringEnd(bytes, start)
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      // Brackets of both kinds match in a text that was read: one count does for both.
      var depth = 0
      var index = start
      while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "\""):
          guard let end = stringEnd(bytes, index) else { return nil }
          index = end
          continue
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          depth &+= 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          depth &-= 1
          if depth == 0 { return index &+ 1 }
        default: break
        }
        index &+= 1
      }
      return nil
    default:
      var index = start
      while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x0A, 0x0D, 0x09:
          return index > start ? index : nil
        default: index &+= 1
        }
      }
      return index
    }
  }
}
