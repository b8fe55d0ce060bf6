import NIOCore
import Protobuf
import Synchronization
import Testing

@testable import KeyValueStore

/// Watches on one stream: what only some members do, and what only happens under load.
@Suite(.serialized) struct EtcdWatchTests {
  /// What is larger than what a reader is kept in memory comes all the same, in order and once.
  @Test(.enabled(if: EtcdServer.isThere, "etcd is missing: install etcd-server"), .timeLimit(.minutes(2)))
  func aSlowReaderMissesNothing() async throws {
    try await EtcdServer.with { server in
      let store = EtcdStore(try server.location)
      let base = try await store.revision()
      let slow = store.watch(prefix: "k/", from: base + 1)
      let quick = store.watch(prefix: "k/", from: base + 1)
      let reading = Task { try await quick.next(48).map(\.revision) }
      let large = [UInt8](repeating: 7, count: 1_000_000)
      for number in 0..<48 { try await store.put("k/\(number)", large) }
      let expected = Array(base + 1...base + 48)
      #expect(try await reading.value == expected)
      let batches = try await slow.next(48)
      #expect(batches.map(\.revision) == expected)
      #expect(batches.allSatisfy { $0.events.count == 1 && $0.events[0].current?.value.count == 1_000_000 })
      // Both go on.
      let last = try await store.put("k/last", [])
      #expect(try await slow.next(1).map(\.revision) == [last])
      #expect(try await quick.next(1).map(\.revision) == [last])
      await store.close()
    }
  }

  /// A transaction that comes in parts is one batch; a mark comes where it is asked for.
  @Test(.timeLimit(.minutes(1))) func partsAreOneBatchAndMarksAreAskedFor() async throws {
    let member = try await FakeMember { path, message in
      guard path.hasSuffix("/Watch") else { return .answer(Self.version("3.6.1")) }
      let request = Self.request(message)
      guard let id = request.created else {
        return request.isProgress ? .stream([Self.answer(-1, revision: 9)]) : .stream([])
      }
      return .stream([
        Self.answer(id, revision: 6, isCreated: true),
        Self.answer(id, revision: 6, isFragment: true, events: [("a", 4), ("b", 5)]),
        Self.answer(id, revision: 6, isFragment: true, events: [("c", 5)]),
        Self.answer(id, revision: 6, events: [("d", 5), ("e", 6)]),
        // An event that was told already.
        Self.answer(id, revision: 6, events: [("e", 6)]),
      ])
    }
    let store = EtcdStore(try #require(EtcdLocation("etcd://127.0.0.1:\(member.port)")))
    let watch = store.watch(prefix: "", from: 4)
    let batches = try await watch.next(3)
    #expect(batches.map(\.revision) == [4, 5, 6])
    #expect(batches.map { $0.events.map(\.key) } == [["a"], ["b", "c", "d"], ["e"]])
    watch.requestProgress()
    #expect(try await watch.next(1) == [WatchBatch(revision: 9, events: [])])
    await store.close()
    try await member.close()
  }

  /// A mark for all watches is none for one that the member has not begun yet: what that one missed is told afterwards.
  @Test(.timeLimit(.minutes(1))) func aMarkSkipsNothingOfAWatchThatIsBegun() async throws {
    let asked = Mutex(0)
    let member = try await FakeMember { path, message in
      guard path.hasSuffix("/Watch") else { return .answer(Self.version("3.6.1")) }
      let request = Self.request(message)
      guard let id = request.created else { return .stream([]) }
      let isFirst = asked.withLock { asked in
        asked += 1
        return asked == 1
      }
      guard !isFirst else { return .stream([Self.answer(id, revision: 6, isCreated: true)]) }
      return .stream([
        Self.answer(-1, revision: 9), Self.answer(id, revision: 9, isCreated: true),
        Self.answer(id, revision: 9, events: [("b", 5), ("b", 7)]),
      ])
    }
    let store = EtcdStore(try #require(EtcdLocation("etcd://127.0.0.1:\(member.port)")))
    let first = store.watch(prefix: "a", from: 4)
    let second = store.watch(prefix: "b", from: 4)
    #expect(try await second.next(2).map(\.revision) == [5, 7])
    #expect(try await first.next(1) == [WatchBatch(revision: 9, events: [])])
    await store.close()
    try await member.close()
  }

  /// A stream that breaks in the middle of a transaction begins again before it.
  @Test(.timeLimit(.minutes(1))) func aBrokenStreamGoesOnWhereItWas() async throws {
    let starts = Mutex<[Int64]>([])
    let member = try await FakeMember { path, message in
      guard path.hasSuffix("/Watch") else { return .answer(Self.version("3.4.23")) }
      let request = Self.request(message)
      guard let id = request.created else { return .stream([]) }
      let isFirst = starts.withLock { starts in
        starts.append(request.start)
        return starts.count == 1
      }
      let whole = [("b", 5), ("c", 5), ("d", 6)] as [(String, Int64)]
      var reply = FakeMember.Reply.stream([
        Self.answer(id, revision: 6, isCreated: true),
        isFirst
          ? Self.answer(id, revision: 6, isFragment: true, events: [("a", 4), ("b", 5)])
          : Self.answer(id, revision: 6, events: whole),
      ])
      if isFirst { (reply.status, reply.message) = ("14", "etcdserver: no leader") }
      return reply
    }
    let store = EtcdStore(try #require(EtcdLocation("etcd://127.0.0.1:\(member.port)")))
    let batches = try await store.watch(prefix: "", from: 4).next(3)
    #expect(batches.map { $0.events.map(\.key) } == [["a"], ["b", "c"], ["d"]])
    #expect(starts.withLock { $0 } == [4, 5])
    await store.close()
    try await member.close()
  }

  /// Nonsense ends the watch: another stream would bring the same.
  @Test(.timeLimit(.minutes(1))) func nonsenseEndsTheWatch() async throws {
    for reply in [
      FakeMember.Reply.stream([ByteBuffer(bytes: [0x0B])]), .init(http: "404"), .refusal(12, "unknown service"),
    ] {
      let member = try await FakeMember { path, _ in
        path.hasSuffix("/Watch") ? reply : .answer(Self.version("3.6.1"))
      }
      let store = EtcdStore(try #require(EtcdLocation("etcd://127.0.0.1:\(member.port)")))
      let error = await fault { () throws(StoreError) in
        var iterator = store.watch(prefix: "", from: 1).makeAsyncIterator()
        _ = try await iterator.next()
      }
      #expect(error?.code == .malformed)
      await store.close()
      try await member.close()
    }
  }

  // MARK: a member's messages

  private static func version(_ text: String) -> ByteBuffer {
    var message = ProtobufMessage()
    message.write(2, text)
    return ByteBuffer(bytes: message.bytes)
  }

  private static func answer(
    _ id: Int64, revision: Int64, isCreated: Bool = false, isFragment: Bool = false, events: [(String, Int64)] = []
  ) -> ByteBuffer {
    Answer(id: id, revision: revision, isCreated: isCreated, isFragment: isFragment, events: events.map { .init($0) })
      .buffer
  }

  private struct Answer: ProtobufEncodable {
    struct Event: ProtobufEncodable {
      struct Entry: ProtobufEncodable {
        let key: String
        let revision: Int64

        func encode(to message: inout ProtobufMessage) {
          message.write(1, "apus/" + key)
          message.write(2, revision)
          message.write(3, revision)
        }
      }
      let entry: Entry

      init(_ event: (String, Int64)) { entry = Entry(key: event.0, revision: event.1) }

      func encode(to message: inout ProtobufMessage) { message.write(2, entry) }
    }
    struct Header: ProtobufEncodable {
      let revision: Int64

      func encode(to message: inout ProtobufMessage) { message.write(3, revision) }
    }
    let id: Int64
    let revision: Int64
    let isCreated: Bool
    let isFragment: Bool
    let events: [Event]

    func encode(to message: inout ProtobufMessage) {
      message.write(1, Header(revision: revision))
      message.write(2, id)
      message.write(3, isCreated)
      message.write(7, isFragment)
      message.write(11, events)
    }
  }

  private struct Request {
    var created: Int64?
    var start: Int64 = 0
    var isProgress = false
  }

  private static func request(_ message: ByteBuffer) -> Request {
    var request = Request()
    var reader = ProtobufReader(Array(message.readableBytesView))
    while let field = try? reader.next() {
      request.isProgress = field.number == 3
      guard field.number == 1, let inner = try? field.bytes() else { continue }
      var create = ProtobufReader(inner)
      while let field = try? create.next() {
        if field.number == 7 { request.created = try? field.int64() }
        if field.number == 3 { request.start = (try? field.int64()) ?? 0 }
      }
    }
    return request
  }
}
