extension WireWriter {
  /// Writes the answer to a query, its question as it came and EDNS where the query had it (RFC 6891, section 6.1.1).
  /// What does not fit is left out, and TC says so. Where a record cannot be written the answer is SERVFAIL.
  /// - Parameters:
  ///   - bytes: the query.
  ///   - framed: for TCP, with its length in front.
  mutating func respond(to query: Query, in bytes: [UInt8], with response: Response, framed: Bool) {
    do throws(DNSError) { try write(query, bytes, response, framed) } catch {
      respond(to: query, in: bytes, code: .serverFailure, framed: framed)
    }
  }

  /// Writes an answer without records.
  mutating func respond(to query: Query, in bytes: [UInt8], code: ResponseCode, framed: Bool) {
    // Without EDNS there are four bits for the code.
    let code = query.edns == nil && code.rawValue > 15 ? ResponseCode.serverFailure : code
    start(query, bytes, query.flags.answering(code), framed)
    edns(query, code)
    finish()
  }

  /// Writes the answer to what is no query that we could read: only a header.
  mutating func refuse(_ header: Header, _ code: ResponseCode, framed: Bool) {
    begin(Header(id: header.id, flags: header.flags.answering(code)), framed: framed)
    finish()
  }

  /// Writes what a client gets whose datagrams are too small for a forwarded answer: its question, and TC, so that it
  /// asks again by TCP (RFC 2181, section 9).
  mutating func truncated(_ answer: HeaderFlags, to query: Query, in bytes: [UInt8]) {
    var flags = answer
    flags.isTruncated = true
    start(query, bytes, flags, false)
    edns(query, flags.responseCode)
    finish()
  }

  private mutating func write(
    _ query: Query, _ bytes: [UInt8], _ response: Response, _ framed: Bool
  ) throws(DNSError) {
    guard query.edns != nil || response.code.rawValue <= 15 else { throw DNSError(.invalid, "a code that needs EDNS") }
    var flags = query.flags.answering(response.code)
    flags.isAuthoritative = response.isAuthoritative
    start(query, bytes, flags, framed)
    let missing = try records(
      answers: response.answers, authorities: response.authorities, additionals: response.additionals,
      reserving: query.edns == nil ? 0 : Self.optSize)
    if missing {
      flags.isTruncated = true
      setFlags(flags)
    }
    edns(query, response.code)
    finish()
  }

  private mutating func start(_ query: Query, _ bytes: [UInt8], _ flags: HeaderFlags, _ framed: Bool) {
    begin(Header(id: query.id, flags: flags), framed: framed, limit: framed ? Self.largest : query.datagramLimit)
    copyQuestion(query.question, from: bytes, to: query.questionEnd)
  }

  /// Writes our OPT record where the query had one; its room was kept free.
  private mutating func edns(_ query: Query, _ code: ResponseCode) {
    guard let edns = query.edns else { return }
    u8(0)
    u16(RecordType.opt.rawValue)
    u16(EDNS.ourPayloadSize)
    u8(UInt8(truncatingIfNeeded: code.rawValue >> 4))
    u8(0)
    u16(edns.dnssecOK ? EDNS.dnssecOKBit : 0)
    u16(0)
    setCount(.additionals, count(.additionals) + 1)
  }

  /// Bytes of an OPT record without options.
  private static let optSize = 11
}
