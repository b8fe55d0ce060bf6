import Addressing
import DNS
import Linux
import Synchronization
import Testing

@Suite struct ForwardTests {
  let query: Message
  init() throws { query = Message(id: 0x1234, Question(try name("www.example.com"), .a)) }

  func start(_ change: (inout DNSServer.Settings) -> Void = { _ in }) throws -> DNSServer {
    var settings = DNSServer.Settings()
    change(&settings)
    return try DNSServer(name: "test-dns", settings: settings)
  }

  /// A port where nobody is.
  func deadUpstream() throws -> Upstream {
    let sockets = try LocalSockets()
    sockets.datagrams.close()
    sockets.connections.close()
    return sockets.upstream
  }

  func record(_ last: UInt8) throws -> ResourceRecord {
    ResourceRecord(try name("www.example.com"), timeToLive: 60, .a(IPv4Address(192, 0, 2, last)))
  }

  @Test func datagramsPassUnchanged() async throws {
    let server = try start()
    let upstream = try LocalSockets()
    let (id, port) = try server.serve(ForwardAll([upstream.upstream]))
    let client = try DatagramClient(port)
    var ids: Set<UInt16> = []
    var ports: Set<UInt16> = []
    for number in 0..<50 {
      let (id, port) = try passThrough(UInt8(number), client, upstream)
      ids.insert(id)
      ports.insert(port)
    }
    // Guessing takes an id and a port, new ones for each.
    #expect(ids.count > 40 && ports.count > 40)
    await server.remove(id)
  }

  /// One query with all that it may have, and an answer of which we know little; gives id and port at the upstream.
  func passThrough(
    _ number: UInt8, _ client: DatagramClient, _ upstream: LocalSockets
  ) throws -> (id: UInt16, port: UInt16) {
    let edns = EDNS(payloadSize: 4096, dnssecOK: true, options: [.init(code: 10, bytes: [1, 2, 3, 4, 5, 6, 7, 8])])
    let sent = Message(id: UInt16(number), Question(try name("wWw.example.com"), .txt), edns: edns)
    try client.send(sent)
    let (asked, peer) = try upstream.question()
    var restored = asked
    restored.header.id = sent.header.id
    #expect(restored == sent)
    // Uncompressed names, a flag, a type: all stays as it is.
    var raw = try asked.answered([
      ResourceRecord(.root, timeToLive: 9, .unknown(RecordType(rawValue: 46), [1, 2, 3]))
    ]).encoded()
    raw[3] |= 0x20
    _ = try Sockets.send(raw, from: upstream.datagrams, to: peer)
    (raw[0], raw[1]) = (0, number)
    #expect(try client.receive() == raw)
    return (asked.header.id, try #require(peer.port))
  }

  @Test func onlyTheAnswerToTheQuestionCounts() async throws {
    let server = try start()
    let upstream = try LocalSockets()
    let stranger = try LocalSockets()
    let (id, port) = try server.serve(ForwardAll([upstream.upstream]))
    let client = try DatagramClient(port)
    try client.send(query)
    let (asked, peer) = try upstream.question()
    var wrong = asked.answered([try record(1)])
    wrong.header.id ^= 1
    try upstream.answer(wrong, to: peer)
    for question in [
      Question(try name("www.example.org"), .a), Question(try name("www.example.com"), .aaaa),
      Question(try name("www.example.com"), .a, .chaos), Question(try name("www.example.com.x"), .a),
    ] {
      wrong = asked.answered([try record(1)])
      wrong.questions = [question]
      try upstream.answer(wrong, to: peer)
    }
    wrong = asked.answered([try record(1)])
    wrong.questions += wrong.questions
    try upstream.answer(wrong, to: peer)
    wrong.questions = []
    try upstream.answer(wrong, to: peer)
    // The question itself is no answer, nor is half a header, nor is what comes from elsewhere.
    try upstream.answer(asked, to: peer)
    _ = try Sockets.send([0, 1, 2], from: upstream.datagrams, to: peer)
    // The kernel refuses it: the server's socket is connected to the upstream.
    _ = try Sockets.send(asked.answered([try record(1)]).encoded(), from: stranger.datagrams, to: peer)
    for _ in 0..<40 { _ = try Sockets.send([0], from: upstream.datagrams, to: peer) }
    // Other capitals are the same question.
    var right = asked.answered([try record(2)])
    right.questions = [Question(try name("WWW.EXAMPLE.COM"), .a)]
    try upstream.answer(right, to: peer)
    #expect(try Message(decoding: client.receive()).answers == [try record(2)])
    await server.remove(id)
  }

  @Test func silentUpstreamsArePassedOver() async throws {
    let server = try start { $0.upstreamTimeout = .milliseconds(50) }
    let upstreams = try (0..<4).map { _ in try LocalSockets() }
    let (id, port) = try server.serve(ForwardAll(upstreams.map(\.upstream)))
    let client = try DatagramClient(port)
    try client.send(query)
    let (first, _) = try upstreams[0].question()
    let (second, late) = try upstreams[1].question()
    let (third, peer) = try upstreams[2].question()
    #expect(Set([first, second, third].map(\.questions)).count == 1)
    // Too late: nobody listens there any more.
    _ = try? upstreams[1].answer(second.answered([try record(1)]), to: late)
    try upstreams[2].answer(third.answered([try record(3)]), to: peer)
    let answer = try Message(decoding: client.receive())
    // The third may have been given up as well on a machine that is very busy.
    #expect(try answer.answers == [record(3)] || answer.responseCode == .serverFailure)
    // The fourth is never asked.
    try client.send(query)
    let failed = try Message(decoding: client.receive())
    #expect(failed.header.flags == responseFlags(.serverFailure) && failed.questions == query.questions)
    try expectNothing(at: upstreams[3].datagrams)
    await server.remove(id)
  }

  @Test(arguments: [false, true])
  func deadAndUnreachableUpstreamsArePassedOver(_ overTCP: Bool) async throws {
    let server = try start()
    let upstream = try LocalSockets()
    // Broadcast is refused to a socket that did not ask for it, by the first call already.
    let (id, port) = try server.serve(
      ForwardAll([Upstream(.v4(.broadcast)), try deadUpstream(), upstream.upstream]))
    let answer: Message
    if overTCP {
      let client = try StreamPeer(connectingTo: port)
      try client.send(query)
      let exchange = try upstream.connection()
      let asked = try Message(decoding: try #require(try exchange.receive()))
      try exchange.send(asked.answered([try record(4)]))
      answer = try Message(decoding: try #require(try client.receive()))
    } else {
      let client = try DatagramClient(port)
      try client.send(query)
      let (asked, peer) = try upstream.question()
      try upstream.answer(asked.answered([try record(4)]), to: peer)
      answer = try Message(decoding: client.receive())
    }
    #expect(try answer.header.id == query.header.id && answer.answers == [record(4)])
    await server.remove(id)
  }

  @Test(arguments: [false, true])
  func whereAllAreDeadTheServerFails(_ overTCP: Bool) async throws {
    let server = try start()
    let (id, port) = try server.serve(ForwardAll([Upstream(.v4(.broadcast)), try deadUpstream()]))
    var edns = query
    edns.additionals = [EDNS().record]
    let answer =
      overTCP ? try StreamPeer(connectingTo: port).ask(edns) : try DatagramClient(port).ask(edns)
    #expect(answer.header == Header(id: query.header.id, flags: responseFlags(.serverFailure)))
    #expect(answer.questions == query.questions && answer.edns != nil)
    await server.remove(id)
  }

  @Test func afterAFailureTheNextIsAskedAndTheLastOneIsOurs() async throws {
    let server = try start()
    let upstreams = try (0..<2).map { _ in try LocalSockets() }
    let (id, port) = try server.serve(ForwardAll(upstreams.map(\.upstream)))
    let client = try DatagramClient(port)
    func play(_ first: Message, _ second: Message) throws -> Message {
      try client.send(query)
      for (upstream, answer) in zip(upstreams, [first, second]) {
        let (asked, peer) = try upstream.question()
        var answer = answer
        answer.header.id = asked.header.id
        try upstream.answer(answer, to: peer)
      }
      return try Message(decoding: client.receive())
    }
    #expect(try play(query.answered(.serverFailure), query.answered([try record(5)])).answers == [try record(5)])
    #expect(try play(query.answered(.refused), query.answered(.nameError)).responseCode == .nameError)
    let failed = try play(query.answered(.refused, [try record(6)]), query.answered(.refused))
    #expect(failed.responseCode == .serverFailure && failed.answers.isEmpty)
    // An error without the question tells a client nothing, and still is one.
    var bare = query.answered(.formatError)
    bare.questions = []
    #expect(try play(bare, query.answered([try record(7)])).answers == [try record(7)])
    #expect(try play(bare, bare).responseCode == .serverFailure)
    // A name that is not there is an answer: the second is not asked.
    try client.send(query)
    let (asked, peer) = try upstreams[0].question()
    try upstreams[0].answer(asked.answered(.nameError), to: peer)
    #expect(try Message(decoding: client.receive()).responseCode == .nameError)
    try expectNothing(at: upstreams[1].datagrams)
    await server.remove(id)
  }

  @Test func truncatedAndLargeAnswers() async throws {
    let server = try start()
    let upstream = try LocalSockets()
    let (id, port) = try server.serve(ForwardAll([upstream.upstream]))
    let client = try DatagramClient(port)
    func play(_ query: Message, truncated: Bool, _ count: Int) throws -> Message {
      try client.send(query)
      let (asked, peer) = try upstream.question()
      let records = try (0..<count).map { try record(UInt8($0)) }
      try upstream.answer(asked.answered(truncated: truncated, records), to: peer)
      return try Message(decoding: client.receive())
    }
    let passed = try play(query, truncated: true, 3)
    #expect(passed.header.flags.isTruncated && passed.answers.count == 3)
    // 33 bytes of header and question, 16 a record: 513 is one too many.
    #expect(try play(query, truncated: false, 29).answers.count == 29)
    let cut = try play(query, truncated: false, 30)
    #expect(cut.header == Header(id: query.header.id, flags: responseFlags(truncated: true)))
    #expect(cut.questions == query.questions && cut.answers.isEmpty && cut.edns == nil)
    var edns = query
    edns.additionals = [EDNS(payloadSize: 1232).record]
    #expect(try play(edns, truncated: false, 70).answers.count == 70)
    let cutWithEDNS = try play(edns, truncated: false, 80)
    #expect(cutWithEDNS.header.flags.isTruncated && cutWithEDNS.answers.isEmpty && cutWithEDNS.edns != nil)
    await server.remove(id)
  }

  @Test func streamsAreForwardedOverStreams() async throws {
    let server = try start { $0.pipelineLimit = 2 }
    let upstream = try LocalSockets()
    let (id, port) = try server.serve(
      Script { $0.type == .a ? .forward([upstream.upstream]) : .answer([], authoritative: false) })
    let client = try StreamPeer(connectingTo: port)
    for id in [1, 2, 3] as [UInt16] { try client.send(Message(id: id, query.questions[0])) }
    try client.send(Message(id: 4, Question(.root, .txt)))
    let first = try upstream.connection()
    let second = try upstream.connection()
    let asked = try [first, second].map { try Message(decoding: try #require(try $0.receive())) }
    // Two at most: the third waits, and what is behind it.
    try expectNothing(at: upstream.connections)
    // Answers come as they come, large ones in pieces.
    let large = try (0..<3000).map { try record(UInt8($0 % 250)) }
    let raw = StreamPeer.framed(try asked[1].answered(large).encoded())
    let other = try DatagramClient(port)
    for part in [raw[..<1], raw[1..<20000], raw[20000...]] {
      try second.send(raw: Array(part))
      // When it has answered this, the server has seen the part by itself.
      _ = try other.ask(Message(id: 9, Question(.root, .txt)))
    }
    let early = try Message(decoding: try #require(try client.receive()))
    #expect(early.header.id == 2 && early.answers == large)
    #expect(try second.receive() == nil)
    let third = try upstream.connection()
    #expect(try third.receive() != nil)
    try first.send(asked[0].answered([try record(1)]))
    #expect(try Message(decoding: try #require(try client.receive())).header.id == 1)
    #expect(try Message(decoding: try #require(try client.receive())).header.id == 4)
    // A connection that ends without an answer is a dead upstream.
    third.socket.close()
    let failed = try Message(decoding: try #require(try client.receive()))
    #expect(failed.header.id == 3 && failed.responseCode == .serverFailure)
    // An answer to something else is none.
    try client.send(Message(id: 5, query.questions[0]))
    let fourth = try upstream.connection()
    var wrong = try Message(decoding: try #require(try fourth.receive())).answered()
    wrong.header.id ^= 1
    try fourth.send(wrong)
    #expect(try Message(decoding: try #require(try client.receive())).responseCode == .serverFailure)
    await server.remove(id)
  }

  @Test func outstandingForwardsAreBounded() async throws {
    let server = try start { $0.forwardLimit = 2 }
    let upstream = try LocalSockets()
    let (id, port) = try server.serve(ForwardAll([upstream.upstream]))
    let client = try DatagramClient(port)
    for number in 0..<3 { try client.send(Message(id: UInt16(number), query.questions[0])) }
    let refused = try Message(decoding: client.receive())
    #expect(refused.header.id == 2 && refused.responseCode == .refused)
    for _ in 0..<2 {
      let (asked, peer) = try upstream.question()
      try upstream.answer(asked.answered([try record(1)]), to: peer)
    }
    for _ in 0..<2 { #expect(try Message(decoding: client.receive()).answers.count == 1) }
    try client.send(query)
    let (asked, peer) = try upstream.question()
    try upstream.answer(asked.answered([try record(1)]), to: peer)
    #expect(try Message(decoding: client.receive()).answers.count == 1)
    await server.remove(id)
  }

  @Test func handlersHearAnswers() async throws {
    final class Listening: DNSHandler {
      let upstream: Upstream
      let heard = Mutex<[(Question, [UInt8])]>([])
      init(_ upstream: Upstream) { self.upstream = upstream }
      func handle(_ question: Question) -> Disposition { .forward([upstream]) }
      func forwarded(_ question: Question, message: [UInt8]) { heard.withLock { $0.append((question, message)) } }
    }
    let server = try start()
    let upstream = try LocalSockets()
    let handler = Listening(upstream.upstream)
    let (id, port) = try server.serve(handler)
    let client = try DatagramClient(port)
    for code in [ResponseCode.noError, .refused] {
      try client.send(query)
      let (asked, peer) = try upstream.question()
      try upstream.answer(asked.answered(code, [try record(1)]), to: peer)
      let answer = try client.receive()
      // What no upstream answers is our failure.
      #expect(try Message(decoding: answer).responseCode == (code == .noError ? .noError : .serverFailure))
      let heard = handler.heard.withLock { $0 }
      #expect(heard.count == 1)
      if code == .noError { #expect(heard.first?.1 == answer && heard.first?.0 == query.questions[0]) }
    }
    await server.remove(id)
  }

  @Test func nothingIsLeftBehind() async throws {
    let server = try start { $0.upstreamTimeout = .milliseconds(1) }
    let silent = try LocalSockets()
    let upstream = try LocalSockets()
    let before = try openSockets()
    let (id, port) = try server.serve(
      ForwardAll([Upstream(.v4(.broadcast)), try deadUpstream(), silent.upstream]))
    let (pending, pendingPort) = try server.serve(ForwardAll(.init(repeating: upstream.upstream, count: 3)))
    for number in 0..<20 {
      let client = try DatagramClient(port)
      #expect(try client.ask(Message(id: UInt16(number), query.questions[0])).responseCode == .serverFailure)
      let stream = try StreamPeer(connectingTo: port)
      #expect(try stream.ask(Message(id: UInt16(number), query.questions[0])).responseCode == .serverFailure)
      // Left while they wait.
      try DatagramClient(pendingPort).send(query)
      try StreamPeer(connectingTo: pendingPort).send(query)
    }
    await server.remove(id)
    await server.remove(pending)
    #expect(try openSockets() == before)
    withExtendedLifetime((silent, upstream)) {}
  }

  @Test func removalEndsWhatIsUnderWay() async throws {
    let server = try start()
    let upstream = try LocalSockets()
    let (id, port) = try server.serve(ForwardAll([upstream.upstream]))
    let client = try StreamPeer(connectingTo: port)
    try client.send(query)
    let exchange = try upstream.connection()
    _ = try exchange.receive()
    await server.remove(id)
    #expect(try exchange.receive() == nil)
    #expect(try client.receive() == nil)
    // The same when the server itself goes.
    let (_, otherPort) = try server.serve(ForwardAll([upstream.upstream]))
    let other = try StreamPeer(connectingTo: otherPort)
    try other.send(query)
    let otherExchange = try upstream.connection()
    _ = try otherExchange.receive()
    await server.stop()
    #expect(try otherExchange.receive() == nil)
    #expect(try other.receive() == nil)
  }
}
