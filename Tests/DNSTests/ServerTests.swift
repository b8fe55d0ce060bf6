import Addressing
import DNS
import Linux
import Testing

@Suite struct ServerTests {
  let server: DNSServer
  init() throws { server = try DNSServer(name: "test-dns") }

  @Test func datagrams() async throws {
    let (id, port) = try server.serve(oneAddress)
    let client = try DatagramClient(port)
    for number in 0..<300 {
      let question = Question(try name("WEB\(number).example.com"), .a)
      let answer = try client.ask(Message(id: UInt16(number), question))
      #expect(answer.header.id == UInt16(number))
      #expect(answer.header.flags == responseFlags())
      #expect(answer.questions.map(\.name.description) == ["WEB\(number).example.com."])
      #expect(answer.answers == [ResourceRecord(question.name, timeToLive: 600, .a(IPv4Address(172, 18, 0, 2)))])
      #expect(answer.additionals.isEmpty)
    }
    await server.remove(id)
  }

  @Test func answerBytes() async throws {
    let (id, port) = try server.serve(oneAddress)
    let client = try DatagramClient(port)
    try client.send(bytes("abcd 0110 0001 0000 0000 0001 03 576562 00 0001 0001 00 0029 1000 00 00 8000 0000"))
    #expect(
      try client.receive()
        == bytes(
          """
          abcd 8190 0001 0001 0000 0001 03 576562 00 0001 0001
          c00c 0001 0001 00000258 0004 ac120002
          00 0029 04d0 00 00 8000 0000
          """))
    await server.remove(id)
  }

  @Test func manyAtOnce() async throws {
    let (id, port) = try server.serve(oneAddress)
    let client = try DatagramClient(port)
    let web = Question(try name("web"), .a)
    for number in 0..<200 { try client.send(Message(id: UInt16(number), web)) }
    for number in 0..<200 {
      #expect(try Message(decoding: client.receive()).header.id == UInt16(number))
    }
    await server.remove(id)
  }

  @Test func everyKindOfDisposition() async throws {
    let soa = StartOfAuthority(
      server: .root, mailbox: .root, serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5)
    let zone = ResourceRecord(try name("zone"), timeToLive: 5, .soa(soa))
    let target = ResourceRecord(try name("target"), timeToLive: 5, .a(.loopback))
    let (id, port) = try server.serve(
      Script { question in
        switch question.type {
        case .a: .answer([], authoritative: true)
        case .txt: .code(.serverFailure)
        case .mx: .code(.badVersion)
        case .aaaa: .response(Response(.nameError, isAuthoritative: true, authorities: [zone]))
        case .ptr:
          .answer(
            [ResourceRecord(.root, timeToLive: 0, .txt([.init(repeating: 0, count: 256)]))], authoritative: false)
        case .srv: .response(Response(answers: [target], additionals: [target]))
        default: .forward([])
        }
      })
    let client = try DatagramClient(port)
    func ask(_ type: RecordType, _ recordClass: RecordClass = .internet, edns: EDNS? = nil) throws -> Message {
      try client.ask(Message(id: 7, Question(try name("x"), type, recordClass), edns: edns))
    }
    #expect(try ask(.a).header.flags == responseFlags(authoritative: true))
    #expect(try ask(.txt).responseCode == .serverFailure)
    // A code of more than four bits needs EDNS.
    #expect(try ask(.mx).responseCode == .serverFailure)
    #expect(try ask(.mx, edns: EDNS()).responseCode == .badVersion)
    let missing = try ask(.aaaa)
    #expect(missing.header.flags == responseFlags(.nameError, authoritative: true))
    #expect(missing.authorities == [zone])
    // A record that no message can carry.
    #expect(try ask(.ptr).responseCode == .serverFailure)
    let service = try ask(.srv, edns: EDNS(dnssecOK: true))
    #expect(service.answers == [target])
    #expect(service.additionals == [target, EDNS(dnssecOK: true).record])
    // Nobody to ask.
    #expect(try ask(.ns).responseCode == .serverFailure)
    // Other classes are not answered from what is known of IN.
    #expect(try ask(.a, .chaos).responseCode == .refused)
    #expect(try ask(.a, .any).responseCode == .refused)
    #expect(try ask(.txt, .chaos).responseCode == .serverFailure)
    #expect(try ask(.axfr).responseCode == .notImplemented)
    await server.remove(id)
  }

  @Test func answersAreCutToWhatTheClientTakes() async throws {
    let records = try (0..<200).map {
      ResourceRecord(try name("web"), timeToLive: 1, .a(IPv4Address(10, 0, 0, UInt8($0))))
    }
    let (id, port) = try server.serve(Script { _ in .answer(records, authoritative: false) })
    let client = try DatagramClient(port)
    for (edns, limit) in [
      (nil, 512), (EDNS(payloadSize: 100), 512), (EDNS(payloadSize: 1240), 1240), (EDNS(payloadSize: 4096), 4096),
    ] as [(EDNS?, Int)] {
      try client.send(Message(id: 1, Question(try name("web"), .a), edns: edns))
      let bytes = try client.receive()
      let answer = try Message(decoding: bytes)
      #expect(bytes.count <= limit && answer.header.flags.isTruncated == (limit < 4096))
      #expect(answer.answers == Array(records.prefix(answer.answers.count)))
      #expect(answer.answers.count == (limit < 4096 ? (limit - (edns == nil ? 21 : 32)) / 16 : 200))
      #expect(answer.edns?.payloadSize == edns.map { _ in EDNS.ourPayloadSize })
    }
    let stream = try StreamPeer(connectingTo: port)
    let whole = try stream.ask(Message(id: 1, Question(try name("web"), .a)))
    #expect(whole.answers == records && !whole.header.flags.isTruncated)
    await server.remove(id)
  }

  @Test func whatIsNoQuery() async throws {
    let (id, port) = try server.serve(oneAddress)
    let client = try DatagramClient(port)
    let stream = try StreamPeer(connectingTo: port)
    func code(_ hex: String) throws -> ResponseCode {
      let query = try bytes(hex)
      try client.send(query)
      let answer = try Message(decoding: client.receive())
      #expect(answer.header.id == UInt16(query[0]) << 8 | UInt16(query[1]))
      #expect(answer.header.flags.isResponse)
      try stream.send(query)
      #expect(try stream.receive() == answer.encoded())
      return answer.responseCode
    }
    #expect(try code("0001 0100 0000 0000 0000 0000") == .formatError)
    #expect(try code("0002 0100 0001 0000 0000 0000") == .formatError)
    #expect(try code("0003 0100 0002 0000 0000 0000 00 0001 0001 00 0001 0001") == .formatError)
    #expect(try code("0004 0100 0001 0000 0000 0000 c00c 0001 0001") == .formatError)
    #expect(try code("0005 0100 0001 0000 0000 0000 00 0001 0001 ff") == .formatError)
    #expect(try code("0006 0100 0001 0000 0000 0001 00 0001 0001") == .formatError)
    #expect(
      try code("0007 0100 0001 0000 0000 0002 00 0001 0001 00 0029 1000 00000000 0000 00 0029 1000 00000000 0000")
        == .formatError)
    #expect(
      try code("000d 0100 0001 0001 0000 0000 00 0001 0001 00 0029 1000 00000000 0000") == .formatError)
    #expect(try code("0008 2100 0001 0000 0000 0000 00 0006 0001") == .notImplemented)
    #expect(try code("000a 0100 0001 0000 0000 0001 00 0001 0001 00 0029 1000 00 01 0000 0000") == .badVersion)
    // Responses, and what has no header, get no answer: the next query's comes first.
    for silent in ["", "00", "0000 0000 0001 0000 0000", "000b 8100 0001 0000 0000 0000 00 0001 0001"] {
      try client.send(bytes(silent))
      try stream.send(bytes(silent))
    }
    #expect(try code("000c 0100 0001 0000 0000 0000 00 0001 0001") == .noError)
    await server.remove(id)
  }

  @Test func answersLeaveFromTheAddressThatWasAsked() async throws {
    for wildcard in [SocketAddress.ipv4([0, 0, 0, 0], port: 0), .ipv6([UInt8](repeating: 0, count: 16), port: 0)] {
      let sockets = try LocalSockets(wildcard)
      let id = try server.add(
        DNSListener(datagrams: sockets.datagrams, connections: sockets.connections, handler: oneAddress))
      // A connected socket hears only whom it asked.
      let client = try DatagramClient(0, address: .ipv4([127, 0, 0, 77], port: sockets.port))
      #expect(try client.ask(Message(id: 1, Question(try name("web"), .a))).answers.count == 1)
      await server.remove(id)
    }
  }

  @Test func listenersComeAndGoWhileOthersServe() async throws {
    let (id, port) = try server.serve(oneAddress)
    let question = Question(try name("web"), .a)
    try await withThrowingTaskGroup(of: Void.self) { [server] group in
      for _ in 0..<3 {
        group.addTask {
          for number in 0..<60 {
            let (other, otherPort) = try server.serve(Script { _ in .code(.nameError) })
            let client = try DatagramClient(otherPort)
            #expect(try client.ask(Message(id: UInt16(number), question)).responseCode == .nameError)
            await server.remove(other)
            // Its sockets are closed by now: the port refuses.
            _ = try? client.send(Message(id: 0, question))
            let error = #expect(throws: SystemError.self) { try client.send(Message(id: 0, question)) }
            #expect(error?.code == .connectionRefused)
          }
        }
      }
      group.addTask {
        let client = try DatagramClient(port)
        for number in 0..<1000 {
          #expect(try client.ask(Message(id: UInt16(number), question)).answers.count == 1)
        }
      }
      try await group.waitForAll()
    }
    await server.remove(id)
    await server.remove(id)
  }

  @Test func aStoppedServerTakesNothing() async throws {
    let (_, port) = try server.serve(oneAddress)
    let stream = try StreamPeer(connectingTo: port)
    _ = try stream.ask(Message(id: 1, Question(.root, .a)))
    await server.stop()
    #expect(try stream.receive() == nil)
    await server.stop()
    let error = #expect(throws: DNSError.self) { try server.serve(oneAddress) }
    #expect(error?.code == .stopped)
    let sockets = try LocalSockets()
    sockets.datagrams.close()
    let unusable = try DNSServer(name: "test-dns")
    let refused = #expect(throws: DNSError.self) {
      try unusable.add(
        DNSListener(datagrams: sockets.datagrams, connections: sockets.connections, handler: oneAddress))
    }
    #expect(refused?.code == .unavailable)
    #expect(sockets.connections.rawValue == -1)
  }
}
