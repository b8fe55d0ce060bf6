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

  @Test func keysAndValues() async throws {
    try await withStore { store in
      #expect(try await store.get("a") == nil)
      let first = try await store.put("a", [0, 1, 255])
      let second = try await store.put("a", [])
      #expect(second == first + 1)
      #expect(
        try await store.get("a") == KeyValue(key: "a", value: [], createRevision: first, modRevision: second))
      for key in ["b/2", "b/10", "b0", "b/", "c/1", "b/é"] { try await store.put(key, [0]) }
      #expect(try await store.list(prefix: "b/").map(\.key) == ["b/", "b/10", "b/2", "b/é"])
      #expect(try await store.list(prefix: "").count == 7)
      try await store.delete("a")
      try await store.delete("a")
      #expect(try await store.get("a") == nil)
      let (values, revision) = try await store.snapshot(prefix: "c")
      #expect(values.map(\.key) == ["c/1"])
      #expect(try await store.revision() == revision)
    }
  }

  @Test func transactionsAreAllOrNothing() async throws {
    try await withStore { store in
      let revision = try await store.put("a", [1])
      let error = await #expect(throws: StoreError.self) {
        try await store.commit([.put(key: "b", value: [])], where: [.modRevision(key: "a", equals: revision - 1)])
      }
      #expect(error?.code == .conflict)
      #expect(try await store.get("b") == nil)
      _ = try await store.commit([.put(key: "b", value: [2])], where: [.modRevision(key: "a", equals: revision)])
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

  @Test func aKeyGoesWithItsLease() async throws {
    try await withStore { store in
      let lease = try await store.grantLease(seconds: 5)
      _ = try await store.transact([], then: [.put("a", [1], lease: lease), .put("b", [1])])
      try await store.keepAlive(lease)
      // Put again with another lease, a key outlives the first.
      let other = try await store.grantLease(seconds: 5)
      _ = try await store.transact([], then: [.put("a", [2], lease: other)])
      try await store.revoke(lease)
      try await store.revoke(lease)
      #expect(try await store.get("a")?.value == [2])
      try await store.revoke(other)
      #expect(try await store.list(prefix: "").map(\.key) == ["b"])
      let error = await #expect(throws: StoreError.self) { try await store.keepAlive(lease) }
      #expect(error?.code == .leaseGone)
      let put = await #expect(throws: StoreError.self) {
        _ = try await store.transact([], then: [.put("a", [], lease: lease)])
      }
      #expect(put?.code == .leaseGone)
    }
  }

  @Test func aWatchMissesNothing() async throws {
    try await EtcdServer.with { server in
      let store = EtcdStore(try server.location)
      let start = try await store.revision()
      let seen = Mutex<[EtcdEvent]>([])
      let watch = Task {
        try await store.watch(prefix: "k/", from: start + 1) { events in seen.withLock { $0 += events } }
      }
      for number in 0..<20 { try await store.put("k/\(number)", [UInt8(number)]) }
      try await store.put("other", [])
      _ = try await store.transact([], then: [.delete("k/0"), .put("k/1", [9])])
      try await eventually { seen.withLock { $0.count } == 22 }
      let events = seen.withLock { $0 }
      #expect(events[20...].contains(.delete(key: "k/0")))
      #expect(events.first.map { if case .put(let value) = $0 { value.key } else { "" } } == "k/0")
      watch.cancel()
      _ = await watch.result
      await store.close()
    }
  }

  @Test func aWatchOfAForgottenRevisionSaysSo() async throws {
    try await withStore { store in
      for _ in 0..<3 { try await store.put("a", []) }
      let now = try await store.revision()
      // No command of ours compacts: etcd's own does.
      let port = try #require(store.location.members.first)
      let child = try ChildProcess.start(
        ProcessRequest(
          "/usr/bin/etcdctl", ["--endpoints", port, "compact", "\(now)"], environment: ["ETCDCTL_API=3"]))
      #expect(try child.wait() == .exited(0))
      let error = await #expect(throws: StoreError.self) {
        try await store.watch(prefix: "", from: 1) { _ in }
      }
      #expect(error?.code == .compacted)
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
