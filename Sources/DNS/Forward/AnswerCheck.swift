/// Tells the answer to our question from anything else that arrives (RFC 5452, section 9).
struct AnswerCheck {
  /// The query with an id of its own, as it is sent.
  let request: [UInt8]
  private let id: UInt16
  private let questionEnd: Int

  /// - Parameter bytes: the client's query; all but its id is kept.
  init(_ query: Query, _ bytes: [UInt8]) {
    id = .random(in: .min ... .max)
    questionEnd = query.questionEnd
    var request = bytes
    request[0] = UInt8(truncatingIfNeeded: id >> 8)
    request[1] = UInt8(truncatingIfNeeded: id)
    self.request = request
  }

  enum Verdict {
    case answer
    /// An error of an upstream that did not even repeat the question: it says nothing that a client could use.
    case failure
    /// Forged, late or broken: as if it had not come.
    case foreign
  }

  /// Looks at the first `count` bytes.
  func verdict(_ bytes: [UInt8], count: Int) -> Verdict {
    guard count >= Header.size, UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == id else { return .foreign }
    let flags = HeaderFlags(rawValue: UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
    guard flags.isResponse, flags.opcode == .query else { return .foreign }
    let questions = UInt16(bytes[4]) << 8 | UInt16(bytes[5])
    if questions == 0, flags.responseCode != .noError { return .failure }
    guard questions == 1, count >= questionEnd else { return .foreign }
    // The name's letters in either case; its lengths are below the letters. Type and class as they are.
    let nameEnd = questionEnd - 4
    for index in Header.size..<nameEnd where folded(bytes[index]) != folded(request[index]) { return .foreign }
    for index in nameEnd..<questionEnd where bytes[index] != request[index] { return .foreign }
    return .answer
  }
}
