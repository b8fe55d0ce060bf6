/// A whole message (RFC 1035, section 4.1).
public struct Message: Hashable, Sendable {
  public var header: Header
  public var questions: [Question]
  public var answers: [ResourceRecord]
  public var authorities: [ResourceRecord]
  public var additionals: [ResourceRecord]

  public init(
    _ header: Header, questions: [Question] = [], answers: [ResourceRecord] = [], authorities: [ResourceRecord] = [],
    additionals: [ResourceRecord] = []
  ) {
    self.header = header
    self.questions = questions
    self.answers = answers
    self.authorities = authorities
    self.additionals = additionals
  }

  /// A query with one question.
  public init(id: UInt16, _ question: Question, recursionDesired: Bool = true, edns: EDNS? = nil) {
    var flags = HeaderFlags()
    flags.recursionDesired = recursionDesired
    self.init(
      Header(id: id, flags: flags), questions: [question], additionals: edns.map { [$0.record] } ?? [])
  }

  /// What its OPT record says, where it has one.
  public var edns: EDNS? {
    for record in additionals {
      if let edns = EDNS(record) { return edns }
    }
    return nil
  }

  /// The response code, with EDNS's bits where there are some.
  public var responseCode: ResponseCode {
    ResponseCode(rawValue: UInt16(edns?.extendedCode ?? 0) << 4 | header.flags.responseCode.rawValue)
  }
}
