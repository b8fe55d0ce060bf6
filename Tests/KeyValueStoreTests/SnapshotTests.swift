import Linux
import Testing

@testable import KeyValueStore

@Suite("Snapshots", .serialized)
struct SnapshotTests {
  @Test(arguments: engines) func anyEnginesSnapshotBecomesAStore(_ engine: Engine) async throws {
    try await withTemporaryDirectory { directory in
      let snapshot = directory + "/snapshot.db"
      let path = directory + "/store.db"
      var values: [KeyValue] = []
      var revision: Int64 = 0
      try await engine.withStore { store in
        let lease = try await store.grantLease(seconds: 3600)
        for number in 0..<40 { try await store.put("k/\(number)", Array("value \(number)".utf8)) }
        try await store.commit([.put(key: "k/7", value: []), .put(key: "leased", value: [1])], where: [], lease: lease)
        try await store.commit((0..<30).map { .put(key: "one/\($0)", value: [UInt8($0)]) })
        try await store.delete("k/3")
        values = try await store.list(prefix: "")
        revision = try await store.revision()
        try await store.snapshot(to: snapshot)
        // What comes later is not in it, and a file that is there is not touched.
        try await store.put("late", [])
        let error = await fault { () throws(StoreError) in try await store.snapshot(to: snapshot) }
        #expect(error?.code == .failed && error?.message.contains("already") == true)
      }
      #expect(try await StoreSnapshot.verify(snapshot) == .init(revision: revision, keys: values.count))
      let contents = try await StoreSnapshot.restore(snapshot, to: path, raisingRevisionBy: 1000)
      #expect(contents == .init(revision: revision + 1000, keys: values.count))
      let store = try await SQLiteStore(path: path)
      #expect(try await store.revision() == revision + 1000)
      let restored = try await store.list(prefix: "")
      #expect(restored == values)
      // Whoever watched has to list again.
      let watch = await fault { () throws(StoreError) in
        var iterator = store.watch(prefix: "", from: revision + 1).makeAsyncIterator()
        _ = try await iterator.next()
      }
      #expect(watch?.code == .compacted)
      #expect(try await store.put("k/1", []) == revision + 1001)
      let lease = try #require(restored.first { $0.key == "leased" }?.lease)
      try await store.revoke(Lease(id: lease, timeToLive: 3600))
      #expect(try await store.get("leased") == nil)
      await store.close()
    }
  }

  @Test func aStoreThatIsReplacedIsKept() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      let snapshot = directory + "/snapshot.db"
      var store = try await SQLiteStore(path: path)
      try await store.put("a", [1])
      // By another process, as it were, while the store is open.
      #expect(try await StoreSnapshot.take(of: path, to: snapshot) == .init(revision: 1, keys: 1))
      try await store.put("a", [2])
      let busy = await fault { () throws(StoreError) in try await StoreSnapshot.restore(snapshot, to: path) }
      #expect(busy?.code == .busy)
      await store.close()
      try await StoreSnapshot.restore(snapshot, to: path)
      store = try await SQLiteStore(path: path)
      #expect(try await store.get("a")?.value == [1])
      #expect(try await store.revision() == 1 + StoreSnapshot.usualRaise)
      await store.close()
      let names = try FileSystem.list(directory)
      let old = try #require(names.first { $0.hasPrefix("store.db.replaced-") })
      #expect(names.count == 4, "\(names)")
      try await StoreSnapshot.restore(directory + "/" + old, to: directory + "/other.db", raisingRevisionBy: 0)
      store = try await SQLiteStore(path: directory + "/other.db")
      #expect(try await store.get("a")?.value == [2])
      await store.close()
    }
  }

  @Test func aRestoreThatWasBrokenOffIsNotTakenForAStore() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      let snapshot = directory + "/snapshot.db"
      let memory = MemoryStore()
      try await memory.put("a", [1])
      try await memory.snapshot(to: snapshot)
      try FileSystem.write(StoreFile.restoring(path), [])
      let error = await fault { () throws(StoreError) in _ = try await SQLiteStore(path: path) }
      #expect(error?.code == .failed && error?.message.contains("restore") == true)
      try await StoreSnapshot.restore(snapshot, to: path)
      let store = try await SQLiteStore(path: path)
      #expect(try await store.get("a")?.value == [1])
      await store.close()
    }
  }

  @Test func aDamagedSnapshotIsRefused() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      let snapshot = directory + "/snapshot.db"
      let store = try await SQLiteStore(path: path)
      for number in 0..<100 { try await store.put("k\(number)", Array("number \(number) is whole".utf8)) }
      try await store.snapshot(to: snapshot)
      await store.close()
      var bytes = try FileSystem.read(snapshot)
      let words = Array("number 50 is whole".utf8)
      let place = try #require(bytes.indices.first { bytes[$0...].starts(with: words) })
      bytes[place + 8] = UInt8(ascii: "6")
      try FileSystem.write(snapshot, bytes)
      for error in [
        await fault { () throws(StoreError) in _ = try await StoreSnapshot.verify(snapshot) },
        await fault { () throws(StoreError) in try await StoreSnapshot.restore(snapshot, to: path) },
      ] { #expect(error?.code == .damaged && error?.message.contains("k50") == true) }
      // The store is as it was.
      let again = try await SQLiteStore(path: path)
      #expect(try await again.count(prefix: "") == 100)
      await again.close()
      try FileSystem.write(snapshot, [1, 2, 3])
      #expect(await fault { () throws(StoreError) in _ = try await StoreSnapshot.verify(snapshot) }?.code != nil)
      #expect(try FileSystem.list(directory).sorted() == ["snapshot.db", "store.db", "store.db.lock"])
    }
  }
}
