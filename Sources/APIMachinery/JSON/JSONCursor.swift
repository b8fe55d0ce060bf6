/// Steps from member to member of an object, or from element to element of an array, in a JSON text that `JSONReader` has
/// taken.
///
/// Whoever steps says where each value ends: what reads values in values so looks at each byte once, where a
/// `JSONScanner` finds the end of a value before it tells of it. On other bytes the steps end early, and never fail
/// otherwise.
public struct JSONCursor: Sendable {
  /// Where the next step looks.
  @usableFromInline var index: Int
  /// Whether no step was made yet, before which no comma stands.
  @usableFromInline var isFirst = true
  /// Behind the closing bracket, once all steps are made.
  public var end: Int { index }

  /// - Parameter start: where the opening bracket stands, without space before it.
  @inlinable
  public init(at start: Int) { index = start &+ 1 }

  /// The name of the next member, without its quotation marks, and where its value begins; nil at the object's end.
  @inlinable
  public mutating func member(of bytes: Span<UInt8>) -> (name: Range<Int>, value: Int)? {
    guard hasMore(bytes) else { return nil }
    guard index < bytes.count, bytes[index] == UInt8(ascii: "\""), let end = JSONScanner.stringEnd(bytes, index) else {
      index = bytes.count
      return nil
    }
    let name = index &+ 1..<end &- 1
    let colon = JSONScanner.skipSpace(bytes, end)
    let value = JSONScanner.skipSpace(bytes, colon &+ 1)
    guard value < bytes.count, bytes[colon] == UInt8(ascii: ":") else {
      index = bytes.count
      return nil
    }
    return (name, value)
  }

  /// Where the next element begins; nil at the array's end.
  @inlinable
  public mutating func element(of bytes: Span<UInt8>) -> Int? {
    guard hasMore(bytes), index < bytes.count else { return nil }
    return index
  }

  /// Says where the value ends that the last step has told of.
  @inlinable
  public mutating func pass(to end: Int) { index = end }

  /// Goes over the comma to what comes next, or over the closing bracket.
  @inlinable
  mutating func hasMore(_ bytes: Span<UInt8>) -> Bool {
    index = JSONScanner.skipSpace(bytes, index)
    guard index < bytes.count else { return false }
    switch bytes[index] {
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      index &+= 1
      return false
    case UInt8(ascii: ","): index = JSONScanner.skipSpace(bytes, index &+ 1)
    default:
      guard isFirst else {
        index = bytes.count
        return false
      }
    }
    isFirst = false
    return true
  }
}
