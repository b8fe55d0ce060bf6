extension Message {
  /// The message's bytes, names compressed (RFC 1035, section 4.1.4).
  ///
  /// What does not fit `limit` bytes is left out, whole records from the end; where an answer or an authority is
  /// missing, TC is set (RFC 2181, section 9). The OPT record stays. Throws `.invalid` where a record cannot be written
  /// at all, or the questions do not fit.
  public func encoded(limit: Int = 65535) throws(DNSError) -> [UInt8] {
    var writer = WireWriter()
    var flags = header.flags
    writer.begin(header, limit: limit)
    for question in questions {
      guard writer.question(question) else { throw DNSError(.invalid, "the questions do not fit \(limit) bytes") }
    }
    writer.setCount(.questions, questions.count)
    let missing = try writer.records(
      answers: answers, authorities: authorities, additionals: additionals, reserving: optSize())
    if missing {
      flags.isTruncated = true
      writer.setFlags(flags)
    }
    writer.finish()
    return writer.bytes
  }

  private func optSize() -> Int {
    var size = 0
    for record in additionals {
      guard case .opt(let options) = record.data else { continue }
      size += 11
      for option in options { size += 4 + option.bytes.count }
    }
    return size
  }
}

extension WireWriter {
  /// Writes the three sections, as much of them as fits.
  /// - Parameter reserve: bytes of the OPT record, which may be among the additionals or come after this.
  /// - Returns: true when an answer or an authority is missing. A missing additional is none: who needs it asks for it.
  mutating func records(
    answers: [ResourceRecord], authorities: [ResourceRecord] = [], additionals: [ResourceRecord] = [],
    reserving reserve: Int
  ) throws(DNSError) -> Bool {
    var missing = try !section(.answers, answers, reserve)
    if !missing { missing = try !section(.authorities, authorities, reserve) }
    var (count, reserve, isFull) = (0, reserve, missing)
    for record in additionals {
      let isOPT = record.type == .opt
      if isFull, !isOPT { continue }
      // What was kept free for it is its own.
      if isOPT { reserve = 0 }
      if try self.record(record, reserving: reserve) {
        count += 1
      } else {
        if isOPT { throw DNSError(.invalid, "the OPT record does not fit") }
        isFull = true
      }
    }
    setCount(.additionals, count)
    return missing
  }

  /// False when a record did not fit.
  private mutating func section(
    _ section: Section, _ records: [ResourceRecord], _ reserve: Int
  ) throws(DNSError) -> Bool {
    if records.isEmpty { return true }
    var count = 0
    for record in records {
      guard try self.record(record, reserving: reserve) else { break }
      count += 1
    }
    setCount(section, count)
    return count == records.count
  }
}
