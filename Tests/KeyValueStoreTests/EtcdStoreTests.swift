import KeyValueStore
import Linux
import Synchronization
import Testing

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
  private func answer(_ body: String, status: String = "200 OK") -> String {
    "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
  }

  private func fault(_ answer: String) async throws -> StoreError? {
    let member = try await FakeMember(answer)
    let store = EtcdStore(try #require(EtcdLocation("etcd://127.0.0.1:\(member.port)")))
    let error = await #expect(throws: StoreError.self) { _ = try await store.list(prefix: "") }
    await store.close()
    try await member.close()
    return error
  }

  @Test(arguments: [
    "<html>", "{}", "[]", #"{"header":{"revision":"x"}}"#, #"{"header":{"revision":"5"},"kvs":[{"key":"!"}]}"#,
    // A key that is not ours.
    #"{"header":{"revision":"5"},"kvs":[{"key":"b3RoZXI="}]}"#,
  ])
  func nonsenseIsTold(_ body: String) async throws {
    #expect(try await fault(answer(body))?.code == .malformed)
  }

  @Test func refusalsKeepTheirMeaning() async throws {
    #expect(try await fault(answer("gone", status: "404 Not Found"))?.code == .malformed)
    #expect(try await fault(answer("", status: "502 Bad Gateway"))?.code == .unavailable)
    #expect(
      try await fault(
        answer(#"{"error":"no leader","message":"no leader","code":14}"#, status: "503 Service Unavailable"))?.code
        == .unavailable)
    let full = try await fault(
      answer(#"{"error":"etcdserver: mvcc: database space exceeded","code":8}"#, status: "429 Too Many Requests"))
    #expect(full?.code == .full && full?.message.contains("space exceeded") == true)
    #expect(try await fault("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")?.code == .unavailable)
    #expect(try await fault("\r\n\r\n")?.code == .unavailable)
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
