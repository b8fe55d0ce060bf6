import Linux

/// Writes the payload of a netlink message: a fixed header of the family, then attributes. Lengths are never given: they
/// are patched in when an attribute ends, so they cannot be wrong.
public struct MessageWriter: Sendable {
  /// What has been written so far.
  public private(set) var bytes: [UInt8] = []
  /// Where each named attribute begins: the kernel's errors point at offsets.
  var labels: [(offset: Int, name: StaticString)] = []
  /// Descriptors whose numbers were written: they must stay open until the kernel has read the message.
  private var descriptors: [FileDescriptor] = []

  /// An empty payload.
  public init() { bytes.reserveCapacity(256) }

  /// Appends a number in the host's byte order, as netlink's headers and most attributes want it.
  public mutating func append(_ value: some FixedWidthInteger) {
    // Read from the little end, which is how the number lies in memory after this (a no-op on little-endian hosts).
    var rest = value.littleEndian
    for _ in 0..<(type(of: value).bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  /// Appends bytes as they are.
  public mutating func append(_ payload: some Sequence<UInt8>) { bytes.append(contentsOf: payload) }

  /// Fills up to the next multiple of four, where the next attribute must begin.
  public mutating func align() {
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  /// Appends an attribute whose payload `body` writes.
  public mutating func attribute<Failure: Error>(
    _ type: AttributeType, flags: UInt16 = 0, _ body: (inout MessageWriter) throws(Failure) -> Void
  ) throws(Failure) {
    align()
    let start = bytes.count
    if type.name.utf8CodeUnitCount > 0 { labels.append((start, type.name)) }
    append(UInt16(0))
    append(type.rawValue | flags)
    try body(&self)
    let length = bytes.count - start
    precondition(length <= Int(UInt16.max), "attribute \(type.name) (\(type.rawValue)) is longer than 64 kB")
    let patched = UInt16(length).littleEndian
    bytes[start] = UInt8(truncatingIfNeeded: patched)
    bytes[start + 1] = UInt8(truncatingIfNeeded: patched >> 8)
    align()
  }

  /// Appends an attribute made of attributes, with the NLA_F_NESTED flag that strict checking demands.
  public mutating func nested<Failure: Error>(
    _ type: AttributeType, _ body: (inout MessageWriter) throws(Failure) -> Void
  ) throws(Failure) {
    try attribute(type, flags: 0x8000, body)
  }

  /// Appends a number in the host's byte order.
  public mutating func attribute(_ type: AttributeType, _ value: some FixedWidthInteger) {
    attribute(type) { $0.append(value) }
  }

  /// Appends a number in network byte order.
  public mutating func attribute(_ type: AttributeType, bigEndian value: some FixedWidthInteger) {
    attribute(type) { $0.append(value.bigEndian) }
  }

  /// Appends bytes as they are.
  public mutating func attribute(_ type: AttributeType, bytes payload: some Sequence<UInt8>) {
    attribute(type) { $0.append(payload) }
  }

  /// Appends text with a closing zero.
  public mutating func attribute(_ type: AttributeType, string: String) {
    attribute(type) {
      $0.append(string.utf8)
      $0.append(UInt8(0))
    }
  }

  /// Appends the number of a descriptor and keeps it open as long as the message lives.
  public mutating func attribute(_ type: AttributeType, descriptor: FileDescriptor) {
    descriptors.append(descriptor)
    attribute(type, descriptor.rawValue)
  }

  /// Appends an attribute that says all by being there.
  public mutating func flag(_ type: AttributeType) { attribute(type) { _ in } }
}
