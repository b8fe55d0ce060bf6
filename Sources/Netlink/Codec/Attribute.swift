/// An attribute that was received: its number and its payload. The readers return nil where the payload has another
/// size than asked for; nothing traps on what the kernel (or a test) sends.
public struct Attribute: Sendable {
  /// Without the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER.
  public let type: UInt16
  /// The bytes behind the attribute's header.
  public let payload: ArraySlice<UInt8>

  /// A number of one byte.
  public var u8: UInt8? { payload.count == 1 ? payload.first : nil }
  /// A number of two bytes in the host's byte order.
  public var u16: UInt16? { number(UInt16.self) }
  /// A number of four bytes in the host's byte order.
  public var u32: UInt32? { number(UInt32.self) }
  /// A number of eight bytes in the host's byte order.
  public var u64: UInt64? { number(UInt64.self) }
  /// A number of four bytes with a sign.
  public var i32: Int32? { number(Int32.self) }
  /// Numbers in network byte order.
  public var u16BigEndian: UInt16? { u16.map { UInt16(bigEndian: $0) } }
  /// A number of four bytes in network byte order.
  public var u32BigEndian: UInt32? { u32.map { UInt32(bigEndian: $0) } }
  /// A number of eight bytes in network byte order.
  public var u64BigEndian: UInt64? { u64.map { UInt64(bigEndian: $0) } }
  /// Text up to the closing zero.
  public var string: String { String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self) }
  /// The payload as an array.
  public var bytes: [UInt8] { Array(payload) }

  private func number<T: FixedWidthInteger>(_: T.Type) -> T? {
    payload.count == T.bitWidth / 8 ? readNumber(payload, at: 0, T.self) : nil
  }

  /// The attributes inside.
  public func nested() throws(NetlinkError) -> Attributes { try Attributes(payload) }
}

/// The attributes of a message or of a nested attribute, in the order in which they came.
public struct Attributes: Sendable, Sequence {
  /// All of them, repeated ones too.
  public let all: [Attribute]

  /// Splits bytes into attributes. Throws `.malformed` where a length leads out of them.
  public init(_ bytes: ArraySlice<UInt8>) throws(NetlinkError) {
    var all: [Attribute] = []
    var offset = 0
    while bytes.count - offset >= 4 {
      guard let length = readNumber(bytes, at: offset, UInt16.self).map({ Int($0) }),
        let type = readNumber(bytes, at: offset + 2, UInt16.self), length >= 4, offset + length <= bytes.count
      else { throw .malformed("an attribute's length leads out of its message") }
      let start = bytes.startIndex + offset
      all.append(Attribute(type: type & 0x3FFF, payload: bytes[(start + 4)..<(start + length)]))
      offset += (length + 3) & ~3
    }
    self.all = all
  }

  /// The last attribute of that type, as the kernel's own parser takes it.
  public subscript(_ type: AttributeType) -> Attribute? { all.last { $0.type == type.rawValue } }

  /// In the order in which they came.
  public func makeIterator() -> IndexingIterator<[Attribute]> { all.makeIterator() }
}

/// Reads a number in the host's byte order; nil where the bytes end before it does.
func readNumber<T: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, at offset: Int, _: T.Type) -> T? {
  let size = T.bitWidth / 8
  guard offset >= 0, bytes.count - offset >= size else { return nil }
  let start = bytes.startIndex + offset
  var value: T = 0
  for index in (0..<size).reversed() { value = value << 8 | T(truncatingIfNeeded: bytes[start + index]) }
  return T(littleEndian: value)
}
