import Linux
import Testing

@testable import KeyValueStore

/// A disk that is full refuses writes, serves reads, and goes on when there is room.
@Suite("Store on a full disk", .serialized, .enabled(if: Processes.isRoot, "mounting a small file system needs root"))
struct FullDiskTests {
  private func withSmallDisk(_ body: (String) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let disk = directory + "/disk"
      try FileSystem.makeDirectory(disk)
      try Mounts.mount(source: "tmpfs", at: disk, type: "tmpfs", options: "size=16m")
      do { try await body(disk) } catch {
        try Mounts.unmount(disk, lazily: true)
        throw error
      }
      try Mounts.unmount(disk)
    }
  }

  @Test func writesAreRefusedReadsAreServedAndItRecovers() async throws {
    try await withSmallDisk { disk in
      let path = disk + "/store.db"
      let ballast = disk + "/ballast"
      try FileSystem.write(ballast, Array(repeating: 0, count: 10 << 20))
      var store = try await SQLiteStore(path: path)
      let lease = try await store.grantLease(seconds: 3600)
      var written: [String: [UInt8]] = [:]
      var refusal: StoreError?
      var watch = store.watch(prefix: "", from: 1)
      while refusal == nil {
        let number = written.count
        let value = Array(repeating: UInt8(truncatingIfNeeded: number), count: 20_000)
        do throws(StoreError) {
          try await store.put("k\(number)", value)
          written["k\(number)"] = value
        } catch { refusal = error }
      }
      #expect(refusal?.code == .full && refusal?.message.contains(path) == true)
      let revision = Int64(written.count)
      // Many at a time are refused too, and small ones.
      let others = await withTaskGroup(of: StoreError.Code?.self) { group in
        for number in 0..<20 {
          group.addTask { [store] in
            do throws(StoreError) {
              try await store.put("more/\(number)", Array(repeating: 1, count: 200_000))
              return nil
            } catch { return error.code }
          }
        }
        return await group.reduce(into: [StoreError.Code?]()) { $0.append($1) }
      }
      #expect(others.allSatisfy { $0 == .full })
      #expect(try await store.revision() == revision)
      let values = try await store.list(prefix: "")
      #expect(Dictionary(uniqueKeysWithValues: values.map { ($0.key, $0.value) }) == written)
      #expect(try await watch.next(written.count).map(\.revision) == Array(1...revision))
      // What is refused is refused for a reason of its own still.
      let conflict = await fault { () throws(StoreError) in
        try await store.commit([.put(key: "k0", value: [])], where: [.modRevision(key: "k0", equals: 0)])
      }
      #expect(conflict?.code == .conflict || conflict?.code == .full)

      // A start on the full disk serves reads too.
      await store.close()
      store = try await SQLiteStore(path: path)
      #expect(try await store.count(prefix: "k") == written.count)
      #expect(await fault { () throws(StoreError) in try await store.put("k0", values[0].value) }?.code == .full)
      watch = store.watch(prefix: "", from: revision + 1)

      // What is in the log beside the file must have room in the file as well.
      try FileSystem.removeFile(ballast)
      #expect(try await store.put("after", [1]) == revision + 1)
      try await store.keepAlive(lease)
      #expect(try await watch.next(1).map { $0.events.map(\.key) } == [["after"]])
      await store.close()
      store = try await SQLiteStore(path: path)
      #expect(try await store.count(prefix: "k") == written.count)
      #expect(try await store.revision() == revision + 1)
      await store.close()
    }
  }

  @Test func aSnapshotThatDoesNotFitLeavesNothingBehind() async throws {
    try await withSmallDisk { disk in
      let store = try await SQLiteStore(path: disk + "/store.db")
      for number in 0..<100 { try await store.put("k\(number)", Array(repeating: 1, count: 20_000)) }
      try FileSystem.write(disk + "/ballast", Array(repeating: 0, count: 11 << 20))
      let error = await fault { () throws(StoreError) in try await store.snapshot(to: disk + "/snapshot") }
      #expect(error?.code == .full)
      #expect(!(try FileSystem.list(disk)).contains { $0.hasPrefix("snapshot") })
      #expect(try await store.count(prefix: "") == 100)
      await store.close()
    }
  }
}

extension Processes {
  static var isRoot: Bool { (try? FileSystem.readText("/proc/self/status"))?.contains("\nUid:\t0\t0\t") == true }
}
