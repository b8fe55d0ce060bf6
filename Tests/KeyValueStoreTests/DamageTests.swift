import Linux
import Testing

@testable import KeyValueStore

/// A file that is not what was written says so, or holds what was written all the same. It never gives out anything
/// else.
@Suite("Damaged store", .serialized)
struct DamageTests {
  private static let objects = 300

  private static func value(_ number: Int) -> [UInt8] {
    Array("\(number) of \(objects) ".utf8) + Array(repeating: 46, count: 400)
  }

  private func withFile(_ body: (String, [UInt8]) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      let store = try await SQLiteStore(path: path)
      for number in 0..<Self.objects {
        try await store.put("/registry/configmaps/default/object-\(number)", Self.value(number))
      }
      await store.close()
      try await body(path, try FileSystem.read(path))
    }
  }

  /// What comes of opening a file, reading all of it and writing to it.
  private func use(_ path: String) async throws -> StoreError? {
    do throws(StoreError) {
      let store = try await SQLiteStore(path: path)
      defer { Task { await store.close() } }
      let values: [KeyValue]
      do throws(StoreError) {
        values = try await store.list(prefix: "/registry/")
        try await store.put("/registry/configmaps/default/object-7", Self.value(7))
      } catch {
        await store.close()
        throw error
      }
      await store.close()
      #expect(values.count == Self.objects)
      for value in values {
        let number = Int(value.key.split(separator: "-").last ?? "") ?? -1
        #expect(value.value == Self.value(number), "\(value.key)")
      }
      return nil
    } catch { return error }
  }

  @Test func aFlippedBitIsFoundOrHarmless() async throws {
    try await withFile { path, good in
      var random = SeededGenerator(seed: UInt64.random(in: 1 ... .max))
      var found = 0
      for _ in 0..<150 {
        var bad = good
        // A bit, or a part of a page.
        let start = Int.random(in: 0..<bad.count, using: &random)
        if Bool.random(using: &random) {
          bad[start] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        } else {
          for index in start..<min(bad.count, start + Int.random(in: 1..<3000, using: &random)) {
            bad[index] = UInt8.random(in: 0...255, using: &random)
          }
        }
        try FileSystem.write(path, bad)
        if let error = try await use(path) {
          #expect(error.code == .damaged || error.code == .failed, "\(error)")
          if error.code == .damaged {
            found += 1
            #expect(error.message.contains(path) && error.message.contains("damaged"))
          }
        }
        for companion in StoreFile.companions where FileSystem.exists(path + companion) {
          try FileSystem.removeFile(path + companion)
        }
      }
      #expect(found > 50)
    }
  }

  @Test func aFileThatWasCutShortIsFound() async throws {
    try await withFile { path, good in
      for part in [good.count / 2, good.count - 4096, 4096, 5000, 100] {
        try FileSystem.write(path, good[..<part])
        let error = try await use(path)
        #expect(error?.code == .damaged, "\(part) of \(good.count): \(error?.message ?? "nothing")")
      }
    }
  }

  /// Found while the store runs: nothing is written any more, what can be read is read.
  @Test func damageEndsAllWriting() async throws {
    try await withFile { path, good in
      // A value's bytes: pages and indices are whole.
      var bad = good
      let place = try #require(Self.position(of: Array("150 of \(Self.objects)".utf8), in: good))
      bad[place] = UInt8(ascii: "9")
      try FileSystem.write(path, bad)
      let store = try await SQLiteStore(path: path)
      let key = "/registry/configmaps/default/object-150"
      let error = await fault { () throws(StoreError) in _ = try await store.get(key) }
      #expect(error?.code == .damaged && error?.message.contains(key) == true)
      #expect(await fault { () throws(StoreError) in _ = try await store.list(prefix: "/") }?.code == .damaged)
      #expect(await fault { () throws(StoreError) in try await store.put("other", []) }?.code == .damaged)
      #expect(try await store.get("/registry/configmaps/default/object-151")?.value == Self.value(151))
      await store.close()
    }
  }

  private static func position(of words: [UInt8], in bytes: [UInt8]) -> Int? {
    bytes.indices.first { bytes[$0...].starts(with: words) }
  }
}
