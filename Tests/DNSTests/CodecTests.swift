import Addressing
import DNS
import Testing

@Suite struct CodecTests {
  @Test func queryBytes() throws {
    let query = Message(
      id: 0x1234, Question(try name("web.example.com"), .a), edns: EDNS(payloadSize: 1232, dnssecOK: true))
    #expect(
      try query.encoded()
        == bytes(
          """
          1234 0100 0001 0000 0000 0001
          03 776562 07 6578616d706c65 03 636f6d 00 0001 0001
          00 0029 04d0 00 00 8000 0000
          """))
  }

  @Test func responseBytes() throws {
    let web = try name("web.example.com")
    let response = Message(
      Header(id: 1, flags: responseFlags(authoritative: true)), questions: [Question(web, .a)],
      answers: [
        ResourceRecord(web, timeToLive: 600, .cname(try name("w1.example.com"))),
        ResourceRecord(try name("w1.example.com"), timeToLive: 60, .a(IPv4Address(10, 1, 2, 3))),
      ],
      authorities: [ResourceRecord(try name("com"), timeToLive: 1, .ns(try name("ns.com")))])
    let golden = try bytes(
      """
      0001 8580 0001 0002 0001 0000
      03 776562 07 6578616d706c65 03 636f6d 00 0001 0001
      c00c 0005 0001 00000258 0005 02 7731 c010
      c02d 0001 0001 0000003c 0004 0a010203
      c018 0002 0001 00000001 0005 02 6e73 c018
      """)
    #expect(try response.encoded() == golden)
    #expect(try Message(decoding: golden) == response)
  }

  /// The names of RFC 1035, section 4.1.4, with the pointers that it draws.
  @Test func pointersOfTheStandard() throws {
    let message = try bytes(
      """
      0000 0000 0003 0000 0000 0000
      01 46 03 495349 04 41525041 00 0001 0001
      03 464f4f c00c 0001 0001
      c012 0001 0001
      """)
    let read = try Message(decoding: message)
    #expect(read.questions.map(\.name.description) == ["F.ISI.ARPA.", "FOO.F.ISI.ARPA.", "ARPA."])
    #expect(try read.encoded() == message)
  }

  @Test func serviceTargetsAreNotCompressed() throws {
    let web = try name("web.example.com")
    let response = Message(
      Header(id: 0), questions: [Question(web, .srv)],
      answers: [ResourceRecord(web, timeToLive: 0, .srv(priority: 1, weight: 2, port: 80, target: web))])
    let encoded = try response.encoded()
    #expect(encoded.suffix(25) == [0, 23, 0, 1, 0, 2, 0, 80] + web.wire)
    #expect(try Message(decoding: encoded) == response)
  }

  @Test func everythingSurvives() throws {
    for message in try sampleMessages() {
      let encoded = try message.encoded()
      #expect(try Message(decoding: encoded) == message)
      #expect(try Message(decoding: encoded).encoded() == encoded)
    }
  }

  @Test func capitalsSurvive() throws {
    let message = Message(
      Header(id: 0), questions: [Question(try name("WEB.example.com"), .ptr)],
      answers: [ResourceRecord(try name("WEB.example.com"), timeToLive: 0, .ptr(try name("web.Example.com")))])
    let read = try Message(decoding: try message.encoded())
    #expect(read.questions[0].name.description == "WEB.example.com.")
    #expect(read.answers[0].data == .ptr(try name("web.Example.com")))
    guard case .ptr(let target) = read.answers[0].data else { return }
    #expect(target.description == "web.Example.com.")
  }

  @Test func codesWithEDNS() throws {
    let message = Message(Header(id: 0, flags: responseFlags()), additionals: [EDNS(extendedCode: 1).record])
    #expect(message.responseCode == .badVersion)
    #expect(Message(Header(id: 0, flags: responseFlags(.refused))).responseCode == .refused)
    #expect(ResponseCode.badVersion.description == "BADVERS")
    #expect(RecordType(rawValue: 65).description == "TYPE65")
    #expect(RecordClass(rawValue: 7).description == "CLASS7")
  }

  @Test func whatDoesNotFitIsLeftOut() throws {
    let web = try name("web.example.com")
    let records = (0..<100).map { ResourceRecord(web, timeToLive: 1, .a(IPv4Address(10, 0, 0, UInt8($0)))) }
    let message = Message(
      Header(id: 9, flags: responseFlags()), questions: [Question(web, .a)], answers: records,
      additionals: [records[0], EDNS().record])
    let cut = try message.encoded(limit: 512)
    // 12 of the header, 21 of the question, 11 of OPT, 16 a record.
    #expect(cut.count == 44 + 29 * 16)
    let read = try Message(decoding: cut)
    #expect(read.header.flags.isTruncated)
    #expect(read.answers == Array(records.prefix(29)))
    #expect(read.additionals == [EDNS().record])
    // An additional may be missing without a word.
    let enough = try message.encoded(limit: 44 + 100 * 16)
    #expect(try !Message(decoding: enough).header.flags.isTruncated)
    #expect(try Message(decoding: enough).answers.count == 100)
    #expect(try Message(decoding: enough).additionals == [EDNS().record])
    #expect(try Message(decoding: try message.encoded()) == message)
  }

  @Test func manyNamesStayRight() throws {
    // More names than the table of pointers has places, and offsets that pointers cannot reach.
    let records = try (0..<3000).map { number in
      ResourceRecord(
        try name("host\(number).rack\(number % 70).example.com"), timeToLive: 1,
        .ptr(try name("rack\(number % 97).example.com")))
    }
    let message = Message(Header(id: 9), answers: Array(records.prefix(1500)))
    #expect(try Message(decoding: try message.encoded()) == message)
    let read = try Message(decoding: try Message(Header(id: 9), answers: records + records).encoded())
    #expect(read.header.flags.isTruncated)
    #expect(read.answers == Array((records + records).prefix(read.answers.count)))
  }

  @Test func pointersReachOnlySoFar() throws {
    let far = try name("far.away")
    let message = Message(
      Header(id: 9),
      answers: [
        ResourceRecord(.root, timeToLive: 0, .unknown(RecordType(rawValue: 999), .init(repeating: 0, count: 0x4000))),
        ResourceRecord(far, timeToLive: 0, .ptr(far)), ResourceRecord(far, timeToLive: 0, .ptr(far)),
      ])
    let encoded = try message.encoded()
    #expect(encoded.count == 12 + 11 + 0x4000 + 2 * (2 * far.wire.count + 10))
    #expect(try Message(decoding: encoded) == message)
  }

  @Test func whatNoMessageCanCarry() throws {
    let long = ResourceRecord(.root, timeToLive: 0, .txt([[UInt8](repeating: 1, count: 256)]))
    let large = ResourceRecord(
      .root, timeToLive: 0, .unknown(RecordType(rawValue: 999), .init(repeating: 0, count: 65536)))
    for record in [long, large] {
      let error = #expect(throws: DNSError.self) { try Message(Header(id: 0), answers: [record]).encoded() }
      #expect(error?.code == .invalid)
    }
    let questions = [Question](repeating: Question(.root, .a), count: 101)
    #expect(throws: DNSError.self) { try Message(Header(id: 0), questions: questions).encoded(limit: 512) }
  }
}
