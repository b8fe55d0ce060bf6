/// Says how questions are answered. Handlers form a chain: one that does not know the answer asks the next and gives
/// back what that says, changed or not.
public protocol DNSHandler: Sendable {
  /// Called on the server's thread, which serves everybody: it must not block.
  /// - Parameter question: may be of any type and class; where the class is not IN, an answer becomes REFUSED.
  func handle(_ question: Question) -> Disposition

  /// Hears the answer to a question that it had forwarded, before the client gets it: for a cache, or a firewall that
  /// follows names. Called on the server's thread. Failures (SERVFAIL, REFUSED, silence) are not told.
  /// - Parameter message: as the upstream sent it, but for the id.
  func forwarded(_ question: Question, message: [UInt8])
}

extension DNSHandler {
  public func forwarded(_ question: Question, message: [UInt8]) {}
}

/// What becomes of a question.
public enum Disposition: Sendable {
  /// NOERROR with these records; none means that the name has none of this type.
  case answer([ResourceRecord], authoritative: Bool)
  /// An answer with all its sections.
  case response(Response)
  /// Only a code.
  case code(ResponseCode)
  /// Whoever of these answers first in their order; three at most are asked (resolv.conf(5) knows no more).
  case forward([Upstream])
}

/// An answer with all its sections, for what is more than records: the addresses of an SRV record's targets, the SOA of
/// a zone that does not have the name (RFC 2308).
public struct Response: Sendable {
  public var code: ResponseCode
  /// From who is responsible for the name.
  public var isAuthoritative: Bool
  public var answers: [ResourceRecord]
  public var authorities: [ResourceRecord]
  /// Left out where they do not fit. Without an OPT record: the server writes that.
  public var additionals: [ResourceRecord]

  public init(
    _ code: ResponseCode = .noError, isAuthoritative: Bool = false, answers: [ResourceRecord] = [],
    authorities: [ResourceRecord] = [], additionals: [ResourceRecord] = []
  ) {
    self.code = code
    self.isAuthoritative = isAuthoritative
    self.answers = answers
    self.authorities = authorities
    self.additionals = additionals
  }
}

/// The usual end of a chain: everything goes to the upstreams. Without any, everything is refused.
public struct ForwardAll: DNSHandler {
  private let upstreams: [Upstream]
  public init(_ upstreams: [Upstream]) { self.upstreams = upstreams }
  public func handle(_ question: Question) -> Disposition {
    upstreams.isEmpty ? .code(.refused) : .forward(upstreams)
  }
}
