/// A message in the wire format of Protocol Buffers (the encoding of proto3), written field by field: what is appended
/// is there, defaults too.
public struct ProtobufMessage: Sendable {
  public private(set) var bytes: [UInt8] = []

  /// - Parameter capacity: how many bytes to reserve.
  public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  private mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func appendTag(_ field: Int, _ type: ProtobufWireType) {
    appendVarint(UInt64(field) << 3 | type.rawValue)
  }

  private mutating func append(_ field: Int, delimited content: some Collection<UInt8>) {
    begin(field, count: content.count)
    bytes.append(contentsOf: content)
  }

  public mutating func append(_ field: Int, _ text: String) { append(field, delimited: text.utf8) }

  public mutating func append(_ field: Int, _ content: [UInt8]) { append(field, delimited: content) }

  public mutating func append(_ field: Int, _ content: ArraySlice<UInt8>) { append(field, delimited: content) }

  public mutating func append(_ field: Int, _ content: Span<UInt8>) {
    begin(field, count: content.count)
    bytes.append(addingCapacity: content.count) { output in
      for index in content.indices { output.append(content[index]) }
    }
  }

  public mutating func append(_ field: Int, _ message: ProtobufMessage) { append(field, delimited: message.bytes) }

  /// Appends a message that is written in its place: its length is put before it when it is known.
  public mutating func append<Failure: Error>(
    _ field: Int, _ write: (inout ProtobufMessage) throws(Failure) -> Void
  ) throws(Failure) {
    let start = begin(field)
    try write(&self)
    end(start)
  }

  /// Begins a message in the place of a field; all that is appended is in it until its ``end(_:)``.
  /// - Returns: what ends it.
  public mutating func begin(_ field: Int) -> Int {
    appendTag(field, .lengthDelimited)
    let start = bytes.count
    // Most messages are short.
    bytes.append(0)
    return start
  }

  /// Begins a message whose length is known, and which stands elsewhere.
  public mutating func begin(_ field: Int, count: Int) {
    appendTag(field, .lengthDelimited)
    appendVarint(UInt64(count))
  }

  /// - Parameter start: what ``begin(_:)`` has returned; messages end in the opposite order.
  public mutating func end(_ start: Int) {
    var rest = UInt64(bytes.count - start - 1)
    guard rest >= 0x80 else {
      bytes[start] = UInt8(rest)
      return
    }
    bytes[start] = UInt8(truncatingIfNeeded: rest) | 0x80
    rest >>= 7
    var more: [UInt8] = []
    while rest >= 0x80 {
      more.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    more.append(UInt8(rest))
    bytes.insert(contentsOf: more, at: start + 1)
  }

  public mutating func append(_ field: Int, _ flag: Bool) {
    appendTag(field, .varint)
    appendVarint(flag ? 1 : 0)
  }

  public mutating func append(_ field: Int, _ number: Int64) {
    appendTag(field, .varint)
    appendVarint(UInt64(bitPattern: number))
  }

  public mutating func append(_ field: Int, _ number: Double) {
    appendTag(field, .fixed64)
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> shift))
    }
  }

  /// Appends bytes that are no field, such as what a format puts before a message.
  public mutating func append(verbatim content: [UInt8]) { bytes += content }
}
