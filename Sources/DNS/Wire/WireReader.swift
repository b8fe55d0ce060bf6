/// Reads numbers and names out of a message, never beyond its end.
struct WireReader {
  let bytes: [UInt8]
  /// Where the message ends; the bytes may go on.
  let end: Int
  private(set) var offset: Int

  init(_ bytes: [UInt8], from offset: Int = 0, to end: Int) {
    self.bytes = bytes
    self.offset = offset
    self.end = end
  }

  mutating func u8() throws(DNSError) -> UInt8 {
    guard offset < end else { throw Self.short }
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func u16() throws(DNSError) -> UInt16 {
    guard end - offset >= 2 else { throw Self.short }
    defer { offset += 2 }
    return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
  }

  mutating func u32() throws(DNSError) -> UInt32 { UInt32(try u16()) << 16 | UInt32(try u16()) }

  mutating func take(_ count: Int) throws(DNSError) -> ArraySlice<UInt8> {
    guard end - offset >= count else { throw Self.short }
    defer { offset += count }
    return bytes[offset..<(offset + count)]
  }

  /// Passes over a name without looking at where its pointer leads.
  mutating func skipName() throws(DNSError) {
    while true {
      let length = try u8()
      switch length {
      case 0: return
      case 1...63: _ = try take(Int(length))
      case 0xC0...:
        _ = try u8()
        return
      default: throw Self.labelKind
      }
    }
  }

  /// Reads a name, which may end in a pointer to an earlier one (RFC 1035, section 4.1.4).
  mutating func name() throws(DNSError) -> DomainName {
    let start = offset
    var position = offset
    while position < end {
      let length = Int(bytes[position])
      if length >= 0xC0 { return try compressedName() }
      guard length <= DomainName.longestLabel else { throw Self.labelKind }
      position += 1 + length
      guard position - start <= DomainName.longest else { throw Self.longName }
      if length == 0 {
        offset = position
        return DomainName(checked: Array(bytes[start..<position]))
      }
    }
    throw Self.short
  }

  private mutating func compressedName() throws(DNSError) -> DomainName {
    var wire: [UInt8] = []
    wire.reserveCapacity(64)
    var position = offset
    // Where the labels that are being read began. Each pointer must lead before them, so that there is an end.
    var run = offset
    var jumped = false
    while true {
      guard position < end else { throw Self.short }
      let length = Int(bytes[position])
      if length >= 0xC0 {
        guard position + 1 < end else { throw Self.short }
        let target = (length & 0x3F) << 8 | Int(bytes[position + 1])
        guard target < run, target >= Header.size else {
          throw DNSError(.malformed, "a name's pointer does not lead back to an earlier name")
        }
        if !jumped { offset = position + 2 }
        jumped = true
        run = target
        position = target
        continue
      }
      guard length <= DomainName.longestLabel else { throw Self.labelKind }
      guard position + 1 + length <= end else { throw Self.short }
      guard wire.count + 1 + length <= DomainName.longest else { throw Self.longName }
      wire.append(contentsOf: bytes[position..<(position + 1 + length)])
      position += 1 + length
      if length == 0 { return DomainName(checked: wire) }
    }
  }

  static let short = DNSError(.malformed, "the message ends before what it announces")
  static let labelKind = DNSError(.malformed, "a label is neither text nor a pointer")
  static let longName = DNSError(.malformed, "a name is longer than 255 bytes")
}
