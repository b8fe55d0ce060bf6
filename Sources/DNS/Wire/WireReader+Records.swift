import Addressing

extension WireReader {
  mutating func question() throws(DNSError) -> Question {
    let name = try name()
    return Question(name, RecordType(rawValue: try u16()), RecordClass(rawValue: try u16()))
  }

  mutating func record() throws(DNSError) -> ResourceRecord {
    let name = try name()
    let type = RecordType(rawValue: try u16())
    let recordClass = RecordClass(rawValue: try u16())
    let timeToLive = try u32()
    let length = Int(try u16())
    guard end - offset >= length else { throw Self.short }
    if type == .opt, !name.isRoot { throw DNSError(.malformed, "an OPT record has a name") }
    let limit = offset + length
    // A reader that ends with the record: its fields cannot reach into the next one, its names can point back.
    var inner = WireReader(bytes, from: offset, to: limit)
    let data = try inner.data(type, recordClass)
    guard inner.offset == limit else { throw DNSError(.malformed, "a record of type \(type) is longer than its data") }
    _ = try take(length)
    return ResourceRecord(name, timeToLive: timeToLive, recordClass: recordClass, data)
  }

  private mutating func data(_ type: RecordType, _ recordClass: RecordClass) throws(DNSError) -> RecordData {
    if type == .opt { return .opt(try options()) }
    // Other classes have other forms for the same types.
    guard recordClass == .internet else { return .unknown(type, Array(try take(end - offset))) }
    switch type {
    case .a: return .a(IPv4Address(rawValue: try u32()))
    case .aaaa:
      guard let address = IPv6Address(bytes: try take(16)) else { throw Self.short }
      return .aaaa(address)
    case .ptr: return .ptr(try name())
    case .cname: return .cname(try name())
    case .ns: return .ns(try name())
    case .soa:
      return .soa(
        StartOfAuthority(
          server: try name(), mailbox: try name(), serial: try u32(), refresh: try u32(), retry: try u32(),
          expire: try u32(), minimum: try u32()))
    case .mx: return .mx(preference: try u16(), exchange: try name())
    case .srv:
      return .srv(priority: try u16(), weight: try u16(), port: Port(try u16()), target: try name())
    case .txt:
      var strings: [[UInt8]] = []
      while offset < end {
        let length = Int(try u8())
        strings.append(Array(try take(length)))
      }
      return .txt(strings)
    default: return .unknown(type, Array(try take(end - offset)))
    }
  }

  private mutating func options() throws(DNSError) -> [EDNS.Option] {
    var options: [EDNS.Option] = []
    while offset < end {
      let code = try u16()
      let length = Int(try u16())
      options.append(EDNS.Option(code: code, bytes: Array(try take(length))))
    }
    return options
  }
}
