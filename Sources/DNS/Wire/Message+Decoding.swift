extension Message {
  /// Reads a message (RFC 1035, section 4). Throws `.malformed` where the counts promise more or less than there is,
  /// where a name is too long or its pointers do not lead strictly backwards, where a record's data does not fill its
  /// length, and where there is more than one OPT record (RFC 6891, section 6.1.1).
  public init(decoding bytes: [UInt8]) throws(DNSError) {
    var reader = WireReader(bytes, to: bytes.count)
    header = Header(id: try reader.u16(), flags: HeaderFlags(rawValue: try reader.u16()))
    let counts = (try reader.u16(), try reader.u16(), try reader.u16(), try reader.u16())
    questions = []
    for _ in 0..<counts.0 { questions.append(try reader.question()) }
    answers = try Self.records(counts.1, &reader)
    authorities = try Self.records(counts.2, &reader)
    additionals = try Self.records(counts.3, &reader)
    guard reader.offset == bytes.count else { throw DNSError(.malformed, "bytes follow the message's last record") }
    guard additionals.count(where: { $0.type == .opt }) <= 1 else {
      throw DNSError(.malformed, "more than one OPT record")
    }
  }

  private static func records(_ count: UInt16, _ reader: inout WireReader) throws(DNSError) -> [ResourceRecord] {
    // Room is made for what is there, not for what the count promises.
    var records: [ResourceRecord] = []
    for _ in 0..<count { records.append(try reader.record()) }
    return records
  }
}
