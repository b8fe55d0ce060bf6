import Addressing
import DNS
import Testing

/// A name that must be one.
func name(_ text: String) throws -> DomainName { try #require(DomainName(text), "\(text)") }

/// Bytes from hexadecimal digits; blanks and line ends between them do not count.
func bytes(_ hex: String) throws -> [UInt8] {
  let digits = hex.compactMap(\.hexDigitValue)
  try #require(digits.count % 2 == 0)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Header flags by name, for responses.
func responseFlags(
  _ code: ResponseCode = .noError, authoritative: Bool = false, truncated: Bool = false
) -> HeaderFlags {
  var flags = HeaderFlags()
  flags.isResponse = true
  flags.recursionDesired = true
  flags.recursionAvailable = true
  flags.isAuthoritative = authoritative
  flags.isTruncated = truncated
  flags.responseCode = code
  return flags
}

/// Messages of every kind that there is here.
func sampleMessages() throws -> [Message] {
  let web = try name("web.example.com")
  let zone = try name("example.com")
  let address: IPv6Address = try #require(IPv6Address("2001:db8::1"))
  let soa = StartOfAuthority(
    server: try name("ns1.example.com"), mailbox: try name("host\\.master.example.com"), serial: 2_024_010_101,
    refresh: 7200, retry: 3600, expire: 1_209_600, minimum: 300)
  let response = Header(id: 0xBEEF, flags: responseFlags())
  return [
    Message(id: 1, Question(web, .a)),
    Message(id: 2, Question(.root, .ns), recursionDesired: false),
    Message(id: 3, Question(web, .any, .chaos), edns: EDNS(payloadSize: 4096, dnssecOK: true)),
    Message(
      id: 4, Question(try name("WeB.eXample.com"), .aaaa),
      edns: EDNS(options: [.init(code: 10, bytes: [1, 2, 3, 4, 5, 6, 7, 8]), .init(code: 12, bytes: [])])),
    Message(
      response, questions: [Question(web, .a)],
      answers: [
        ResourceRecord(web, timeToLive: 600, .cname(try name("a.web.example.com"))),
        ResourceRecord(try name("a.web.example.com"), timeToLive: 0, .a(IPv4Address(172, 18, 0, 2))),
        ResourceRecord(try name("a.web.example.com"), timeToLive: .max, .aaaa(address)),
      ],
      authorities: [ResourceRecord(zone, timeToLive: 1, .ns(try name("ns1.example.com")))],
      additionals: [EDNS(extendedCode: 1, version: 0, dnssecOK: true).record]),
    Message(
      Header(id: 0, flags: responseFlags(.nameError, authoritative: true)), questions: [Question(web, .txt)],
      authorities: [ResourceRecord(zone, timeToLive: 300, .soa(soa))]),
    Message(
      response, questions: [Question(try name("_http._tcp.example.com"), .srv)],
      answers: [
        ResourceRecord(
          try name("_http._tcp.example.com"), timeToLive: 600,
          .srv(priority: 1, weight: 2, port: 8080, target: web)),
        ResourceRecord(zone, timeToLive: 5, .mx(preference: 10, exchange: try name("mail.example.com"))),
        ResourceRecord(zone, timeToLive: 5, .txt([Array("v=spf1 -all".utf8), [], [0, 255]])),
        ResourceRecord(zone, timeToLive: 5, .unknown(RecordType(rawValue: 257), [0, 5, 1, 2, 3])),
        ResourceRecord(zone, timeToLive: 5, recordClass: .chaos, .unknown(.a, [1, 2, 3])),
      ],
      additionals: [ResourceRecord(web, timeToLive: 600, .a(IPv4Address(10, 0, 0, 1)))]),
    Message(
      response, questions: [Question(DomainName(reverse: .v4(IPv4Address(172, 18, 0, 2))), .ptr)],
      answers: [
        ResourceRecord(
          DomainName(reverse: .v4(IPv4Address(172, 18, 0, 2))), timeToLive: 600, .ptr(try name("web.net1")))
      ]),
  ]
}

/// Numbers that are the same in every run (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
