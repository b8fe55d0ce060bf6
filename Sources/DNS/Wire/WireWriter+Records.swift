import Addressing

extension WireWriter {
  /// Writes a record. False, with nothing written, where it does not fit beside `reserve` bytes that are still to come.
  /// Throws `.invalid` where its data cannot be written at all.
  mutating func record(_ record: ResourceRecord, reserving reserve: Int = 0) throws(DNSError) -> Bool {
    let mark = bytes.count
    name(record.name)
    u16(record.type.rawValue)
    u16(record.recordClass.rawValue)
    u32(record.timeToLive)
    let length = bytes.count
    u16(0)
    try data(record.data)
    let count = bytes.count - length - 2
    guard count <= Int(UInt16.max) else { throw DNSError(.invalid, "the data of a record is longer than 64 kB") }
    patch(UInt16(count), at: length)
    return keep(from: mark, reserving: reserve)
  }

  private mutating func data(_ data: RecordData) throws(DNSError) {
    switch data {
    case .a(let address): u32(address.rawValue)
    case .aaaa(let address):
      for shift in stride(from: 96, through: 0, by: -32) { u32(UInt32(truncatingIfNeeded: address.rawValue >> shift)) }
    case .ptr(let name), .cname(let name), .ns(let name): self.name(name)
    case .soa(let soa):
      name(soa.server)
      name(soa.mailbox)
      for number in [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum] { u32(number) }
    case .mx(let preference, let exchange):
      u16(preference)
      name(exchange)
    case .srv(let priority, let weight, let port, let target):
      u16(priority)
      u16(weight)
      u16(port.rawValue)
      plainName(target)
    case .txt(let strings):
      for string in strings {
        guard let length = UInt8(exactly: string.count) else {
          throw DNSError(.invalid, "a string of a TXT record is longer than 255 bytes")
        }
        u8(length)
        append(string)
      }
    case .opt(let options):
      for option in options {
        guard let length = UInt16(exactly: option.bytes.count) else {
          throw DNSError(.invalid, "an EDNS option is longer than 64 kB")
        }
        u16(option.code)
        u16(length)
        append(option.bytes)
      }
    case .unknown(_, let raw): append(raw)
    }
  }
}
