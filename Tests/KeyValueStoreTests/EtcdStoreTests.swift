import Linux
import NIOCore
import Testing

@testable import KeyValueStore

/// The client against a real etcd.
@Suite(.serialized, .enabled(if: EtcdServer.isThere, "etcd is missing: install etcd-server"))
struct EtcdStoreTests {
  private func withStore(_ body: (EtcdStore) async throws -> Void) async throws {
    try await EtcdServer.with { server in
      let store = EtcdStore(try server.location)
      do { try await body(store) } catch {
        await store.close()
        throw error
      }
      await store.close()
    }
  }

  @Test func transactionsAreAllOrNothing() async throws {
    try await withStore { store in
      try await store.put("a", [1])
      try await store.put("b", [2])
      let outcome = try await store.transact(
        [.absent("c"), .present("a"), .empty(prefix: "c"), .value("a", [1])], then: [.put("c", [3]), .get("a")])
      #expect(outcome.succeeded && outcome.reads.map { $0.map(\.value) } == [[[1]]])
      for comparison in [
        EtcdComparison.absent("c"), .present("d"), .empty(prefix: "c"), .value("a", [2]), .value("d", [1]),
      ] {
        let refused = try await store.transact(
          [comparison], then: [.deletePrefix("")], otherwise: [.list(prefix: ""), .get("d")])
        #expect(!refused.succeeded && refused.reads.map(\.count) == [3, 0])
      }
    }
  }

  @Test func anotherMemberIsAskedWhereOneIsAway() async throws {
    try await EtcdServer.with { server in
      let location = try #require(EtcdLocation("etcd://127.0.0.1:1,127.0.0.1:\(server.port)/tests"))
      let store = EtcdStore(location)
      try await store.put("a", [1])
      #expect(try await store.get("a")?.value == [1])
      await store.close()
      let closed = await #expect(throws: StoreError.self) { try await store.get("a") }
      #expect(closed?.code == .closed)
    }
  }
}

/// The client against what is no etcd, or a broken one.
@Suite(.serialized) struct EtcdFaultTests {
  private func fault(_ member: FakeMember, scheme: String = "http") async throws -> StoreError? {
    let endpoint = try #require(EtcdConfiguration.Endpoint("\(scheme)://127.0.0.1:\(member.port)"))
    let store = try EtcdStore(EtcdConfiguration(endpoints: [endpoint], prefix: "apus/"))
    let error = await #expect(throws: StoreError.self) { _ = try await store.list(prefix: "") }
    // What an answer holds is the cluster's, how one comes about the member's.
    if error?.cause != nil { #expect(error?.message.contains("127.0.0.1:\(member.port)") == true) }
    await store.close()
    try await member.close()
    return error
  }

  private func fault(_ reply: FakeMember.Reply) async throws -> StoreError? {
    try await fault(FakeMember { _, _ in reply })
  }

  @Test(
    arguments: [
      // No revision; a number without an end; a field without a number; a key that is not ours.
      [], [0x08, 0x80], [0x00, 0x01], [0x0A, 0x02, 0x18, 0x05, 0x12, 0x03, 0x0A, 0x01, 0x62],
      // A header that says it is longer than all there is.
      [0x0A, 0x20, 0x18],
      // Three keys, of which none is told.
      [0x0A, 0x02, 0x18, 0x05, 0x20, 0x03],
    ] as [[UInt8]])
  func nonsenseIsTold(_ bytes: [UInt8]) async throws {
    #expect(try await fault(.answer(ByteBuffer(bytes: bytes)))?.code == .malformed)
  }

  @Test func whatIsNotGRPCIsTold() async throws {
    #expect(try await fault(.init(http: "404", status: nil))?.code == .malformed)
    #expect(try await fault(.init(contentType: "text/html", status: nil))?.code == .malformed)
    #expect(try await fault(.init(http: "502", status: nil))?.code == .unavailable)
    // A compressed message, one that is longer than any, one without an end, and none at all.
    for bytes in [[1, 0, 0, 0, 0], [0, 0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0, 9, 1], []] as [[UInt8]] {
      #expect(try await fault(.init(bytes: ByteBuffer(bytes: bytes), status: "0"))?.code == .malformed)
    }
    #expect(try await fault(.init(status: "x"))?.code == .malformed)
    for text in ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "nonsense nonsense nonsense"] {
      #expect(try await fault(FakeMember(bytes: text))?.code == .malformed)
    }
    // It closes before it has said anything, or says nothing that TLS could begin with.
    #expect(try await fault(FakeMember(bytes: ""))?.code == .unavailable)
    #expect(try await fault(FakeMember(bytes: "no TLS"), scheme: "https")?.code == .unavailable)
  }

  @Test func refusalsKeepTheirMeaning() async throws {
    for (code, message, meaning) in [
      (14, "etcdserver: no leader", StoreError.Code.unavailable), (4, "context deadline exceeded", .unavailable),
      (8, "etcdserver: mvcc: database space exceeded", .full), (8, "etcdserver: too many requests", .unavailable),
      (8, "trying to send message larger than max", .invalid), (3, "etcdserver: request is too large", .invalid),
      (3, "etcdserver: user name is empty", .denied), (7, "etcdserver: permission denied", .denied),
      (11, "etcdserver: mvcc: required revision has been compacted", .compacted),
      (11, "etcdserver: mvcc: required revision is a future revision", .future),
      (11, "etcdserver: too large lease TTL", .invalid), (12, "unknown service", .malformed), (13, "x", .failed),
    ] {
      let error = try await fault(.refusal(code, message))
      #expect(error?.code == meaning && error?.message.contains(message) == true, "\(code) \(message): \(error as Any)")
    }
  }

  /// A change is made again elsewhere only where it was certainly not made.
  @Test func aChangeIsNotMadeTwice() async throws {
    let good = try await FakeMember { _, _ in .answer(Self.header(revision: 7)) }
    for (refusal, isRepeated) in [
      (FakeMember.Reply.refusal(14, "etcdserver: request timed out"), false),
      (.refusal(14, "etcdserver: no leader"), true), (.refusal(8, "etcdserver: too many requests"), true),
      (.init(bytes: ByteBuffer(bytes: [0, 0, 0]), status: "0"), false),
    ] {
      let bad = try await FakeMember { _, _ in refusal }
      let store = EtcdStore(try #require(EtcdLocation("etcd://127.0.0.1:\(bad.port),127.0.0.1:\(good.port)")))
      let answer = await #expect(throws: StoreError.self) { _ = try await store.commit([.delete(key: "a")], where: []) }
      // The good one's answer lacks the step, which is how it is told from a refusal.
      #expect(answer?.code == (isRepeated ? .malformed : .unavailable), "\(refusal.message)")
      #expect(answer?.message.contains("not known whether") == !isRepeated)
      await store.close()
      try await bad.close()
    }
    try await good.close()
  }

  private static func header(revision: Int64) -> ByteBuffer {
    ByteBuffer(bytes: [0x0A, 0x02, 0x18, UInt8(revision)])
  }

  @Test func nobodyThereIsToldWithEveryMember() async throws {
    let store = EtcdStore(try #require(EtcdLocation("etcd://127.0.0.1:1,127.0.0.1:2")))
    let error = await #expect(throws: StoreError.self) { try await store.get("a") }
    #expect(error?.code == .unavailable)
    for member in ["127.0.0.1:1:", "127.0.0.1:2:"] { #expect(error?.message.contains(member) == true) }
    await store.close()
  }

  @Test(arguments: [
    ("etcd://10.0.0.1:2379", "etcd://10.0.0.1:2379/apus"), ("etcd://a,b:5/x/y/", "etcd://a:2379,b:5/x/y"),
    ("etcd://[fd00::1]:2379", "etcd://[fd00::1]:2379/apus"),
  ])
  func locations(text: String, shown: String) { #expect(EtcdLocation(text)?.description == shown) }

  @Test(arguments: [
    "consul://a", "etcd://", "etcd://a:0", "etcd://a:x", "etcd://a,,b", "etcd://fd00::1:2379", "etcd://u@a",
    "etcd://a/x y",
  ])
  func noLocations(text: String) { #expect(EtcdLocation(text) == nil) }
}
