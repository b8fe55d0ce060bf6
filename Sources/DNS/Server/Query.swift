/// A query as a server needs it, read straight from its bytes: the header, the one question, and EDNS's fixed part.
struct Query {
  let id: UInt16
  let flags: HeaderFlags
  let question: Question
  /// Where the question ends.
  let questionEnd: Int
  let edns: QueryEDNS?

  /// The most bytes of a datagram that the client takes (RFC 1035, section 4.2.1; RFC 6891, section 6.2.5).
  var datagramLimit: Int {
    guard let edns else { return 512 }
    // The most that IPv4 carries in a datagram.
    return min(max(Int(edns.payloadSize), 512), 65507)
  }
}

/// What a query says with EDNS, options aside.
struct QueryEDNS {
  let payloadSize: UInt16
  let version: UInt8
  let dnssecOK: Bool
}

/// What the bytes of a query turned out to be.
enum ReadQuery {
  case query(Query)
  /// Not served, but there is a header to answer to.
  case refused(Header, ResponseCode)
  /// No query at all.
  case nothing

  /// Reads the first `count` bytes.
  init(_ bytes: [UInt8], count: Int) {
    guard count >= Header.size else {
      self = .nothing
      return
    }
    let header = Header(
      id: UInt16(bytes[0]) << 8 | UInt16(bytes[1]),
      flags: HeaderFlags(rawValue: UInt16(bytes[2]) << 8 | UInt16(bytes[3])))
    if header.flags.isResponse {
      self = .nothing
    } else if header.flags.opcode != .query {
      self = .refused(header, .notImplemented)
    } else {
      do throws(DNSError) { self = .query(try Self.query(header, bytes, count)) } catch {
        self = .refused(header, .formatError)
      }
    }
  }

  private static func query(_ header: Header, _ bytes: [UInt8], _ count: Int) throws(DNSError) -> Query {
    var reader = WireReader(bytes, from: 4, to: count)
    // One question, no more and no less (RFC 9619).
    guard try reader.u16() == 1 else { throw oneQuestion }
    let others = Int(try reader.u16()) + Int(try reader.u16())
    let additionals = Int(try reader.u16())
    let question = try reader.question()
    let questionEnd = reader.offset
    var edns: QueryEDNS?
    for index in 0..<(others + additionals) {
      let isRoot = reader.offset < count && bytes[reader.offset] == 0
      try reader.skipName()
      let type = RecordType(rawValue: try reader.u16())
      let recordClass = try reader.u16()
      let timeToLive = try reader.u32()
      _ = try reader.take(Int(try reader.u16()))
      guard type == .opt else { continue }
      guard isRoot, edns == nil, index >= others else { throw oneOPT }
      edns = QueryEDNS(
        payloadSize: recordClass, version: UInt8(truncatingIfNeeded: timeToLive >> 16),
        dnssecOK: timeToLive & UInt32(EDNS.dnssecOKBit) != 0)
    }
    guard reader.offset == count else { throw rest }
    return Query(id: header.id, flags: header.flags, question: question, questionEnd: questionEnd, edns: edns)
  }

  private static let oneQuestion = DNSError(.malformed, "a query has not one question")
  private static let oneOPT = DNSError(.malformed, "a query has a second OPT record, or a misplaced one")
  private static let rest = DNSError(.malformed, "bytes follow the query's last record")
}
