import Linux
import Testing

@testable import KeyValueStore

/// What only the embedded store has: a file.
@Suite("SQLite store", .serialized)
struct SQLiteStoreTests {
  @Test func whatWasAcknowledgedIsThereAgain() async throws {
    try await withTemporaryDirectory { directory in
      let first = try await SQLiteStore(path: directory + "/store.db")
      #expect(try await first.revision() == 0)
      try await first.put("a", Array(repeating: 7, count: 100_000))
      try await first.put("empty", [])
      try await first.delete("a")
      await first.close()
      // Nothing is left beside the file but its lock.
      #expect(try FileSystem.list(directory).sorted() == ["store.db", "store.db.lock"])
      let second = try await SQLiteStore(path: directory + "/store.db")
      #expect(try await second.get("a") == nil)
      #expect(try await second.get("a", at: 2)?.value.count == 100_000)
      #expect(try await second.get("empty")?.value == [])
      let batches = try await second.watch(prefix: "", from: 1).next(3)
      #expect(batches.map { $0.events.map(\.key) } == [["a"], ["empty"], ["a"]])
      #expect(try await second.put("b", []) == 4)
      await second.close()
    }
  }

  @Test func theFileIsNobodyElses() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      let store = try await SQLiteStore(path: path)
      try await store.put("/registry/secrets/default/a", [1])
      for name in try FileSystem.list(directory) {
        #expect(try FileStatus(path: directory + "/" + name).mode & 0o777 == 0o600, "\(name)")
      }
      // Two at a time would give out the same revisions.
      let error = await fault { () throws(StoreError) in _ = try await SQLiteStore(path: path) }
      #expect(error?.code == .busy)
      await store.close()
      let again = try await SQLiteStore(path: path)
      await again.close()
    }
  }

  @Test func theRevisionOutlivesAllKeys() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      var store = try await SQLiteStore(path: path)
      for number in 0..<50 { try await store.put("k", [UInt8(number)]) }
      try await store.delete("k")
      try await store.compact(upTo: 51)
      await store.close()
      for _ in 0..<2 {
        store = try await SQLiteStore(path: path)
        #expect(try await store.revision() == 51)
        #expect(await fault { () throws(StoreError) in _ = try await store.get("k", at: 50) }?.code == .compacted)
        await store.close()
      }
      store = try await SQLiteStore(path: path)
      #expect(try await store.put("k", []) == 52)
      await store.close()
    }
  }

  @Test func theFileDoesNotGrowWithoutEnd() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      let store = try await SQLiteStore(path: path)
      var largest: Int64 = 0
      for round in 0..<40 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<500 {
            group.addTask { try await store.put("k\(number % 100)", Array(repeating: UInt8(round), count: 4000)) }
          }
          try await group.waitForAll()
        }
        try await store.compact(upTo: try await store.revision())
        largest = max(largest, try FileStatus(path: path).size, try FileStatus(path: path + "-wal").size)
      }
      // 80 MB were written; what is kept is a little more than 400 kB, and what a round and its log need.
      #expect(largest < 16 << 20)
      #expect(try await store.list(prefix: "").allSatisfy { $0.value == Array(repeating: 39, count: 4000) })
      await store.close()
      // What is compacted goes at last, and with it the room that it had.
      let again = try await SQLiteStore(path: path)
      try await eventually {
        try await again.put("tick", [])
        return try FileStatus(path: path).size < 4 << 20
      }
      await again.close()
    }
  }

  @Test func whoReadsTheNewestOnlyNeedNotCompact() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      let store = try await SQLiteStore(path: path, past: .recent)
      for round in 0..<30 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<100 {
            group.addTask { try await store.put("k\(number % 10)", Array(repeating: UInt8(round), count: 4000)) }
          }
          try await group.waitForAll()
        }
      }
      #expect(try FileStatus(path: path).size < 8 << 20)
      #expect(try await store.count(prefix: "") == 10)
      await store.close()
    }
  }

  @Test func leasesOutliveTheProcess() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      var store = try await SQLiteStore(path: path)
      let lease = try await store.grantLease(seconds: 3600)
      let short = try await store.grantLease(seconds: 1)
      try await store.commit([.put(key: "a", value: [1])], where: [], lease: lease)
      try await store.commit([.put(key: "b", value: [1])], where: [], lease: short)
      await store.close()
      store = try await SQLiteStore(path: path)
      try await store.keepAlive(lease)
      let batch = try await store.watch(prefix: "b", from: 3).next(1)
      #expect(
        batch.map(\.events) == [
          [
            .delete(
              key: "b", revision: 3,
              previous: KeyValue(
                key: "b", value: [1], createRevision: 2, modRevision: 2, lease: short.id))
          ]
        ])
      try await store.revoke(lease)
      #expect(try await store.list(prefix: "").isEmpty)
      await store.close()
    }
  }

  @Test func eachWriteIsOnDiskBeforeItIsAcknowledged() async throws {
    try await withTemporaryDirectory { directory in
      let connection = try SQLiteConnection(path: directory + "/store.db", .create)
      defer { connection.close() }
      try SQLiteSchema.prepare(connection)
      for (pragma, expected) in [("synchronous", "2"), ("journal_mode", "wal"), ("auto_vacuum", "2")] {
        var found = ""
        try connection.query("PRAGMA \(pragma)") { row in
          found = row.text(0)
          return true
        }
        #expect(found == expected, "\(pragma)")
      }
    }
  }

  /// The file of the version before: keys without their past.
  @Test func anOlderFileIsTakenOver() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      let old = try SQLiteConnection(path: path, .create)
      for statement in [
        "PRAGMA auto_vacuum=INCREMENTAL", "PRAGMA journal_mode=WAL",
        "CREATE TABLE kv(key TEXT PRIMARY KEY, value BLOB NOT NULL, created INTEGER NOT NULL, "
          + "modified INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO meta VALUES('revision', 9)",
        "INSERT INTO kv VALUES('b', x'0102', 2, 7), ('a', x'', 7, 7), ('c', zeroblob(300000), 8, 8)",
      ] { try old.execute(statement) }
      old.close()
      for past in [SQLiteStore.Past.recent, .untilCompacted] {
        let store = try await SQLiteStore(path: path, past: past)
        // The last change was a removal.
        #expect(try await store.revision() == 9)
        #expect(
          try await store.range(prefix: "").values == [
            KeyValue(key: "a", value: [], createRevision: 7, modRevision: 7),
            KeyValue(key: "b", value: [1, 2], createRevision: 2, modRevision: 7),
            KeyValue(key: "c", value: Array(repeating: 0, count: 300_000), createRevision: 8, modRevision: 8),
          ])
        #expect(await fault { () throws(StoreError) in _ = try await store.get("a", at: 8) }?.code == .compacted)
        await store.close()
      }
      let store = try await SQLiteStore(path: path)
      let previous = try await store.get("b")
      #expect(try await store.put("b", [3]) == 10)
      #expect(try await store.watch(prefix: "", from: 10).next(1).first?.events.first?.previous == previous)
      await store.close()
    }
  }

  @Test func foreignFilesAreRefused() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      try FileSystem.write(path, Array(repeating: UInt8(ascii: "x"), count: 8192))
      #expect(await fault { () throws(StoreError) in _ = try await SQLiteStore(path: path) }?.code == .damaged)
      for statement in ["CREATE TABLE other(x)", "PRAGMA user_version=99"] {
        try FileSystem.removeFile(path)
        let other = try SQLiteConnection(path: path, .create)
        try other.execute(statement)
        other.close()
        #expect(await fault { () throws(StoreError) in _ = try await SQLiteStore(path: path) }?.code == .failed)
      }
      let nowhere = await fault { () throws(StoreError) in _ = try await SQLiteStore(path: directory + "/no/store.db") }
      #expect(nowhere?.code == .failed && nowhere?.message.contains("/no/store.db") == true)
    }
  }
}
