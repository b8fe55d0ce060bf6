import ImageStore
import Linux
import OCI
import Testing

/// Names, removal, archives, commits: what an image goes through on a host.
@Suite struct ImageLifeTests {
  private func withImage(_ body: (StoreFixture, Digest) async throws -> Void) async throws {
    try await StoreFixture.with { fixture in
      let tar = try ImageFixture.tar(
        [.directory("etc"), .file("etc/a"), .file("etc/b")], ["etc/a": [1], "etc/b": [2]])
      let id = try await fixture.store.importRootFilesystem(
        Chunks(bytes: tar), changes: ["CMD [\"sh\"]", "ENV A=\"b c\" D=e", "EXPOSE 80", "LABEL k=v"],
        name: Reference("app:1"))
      try await body(fixture, id)
    }
  }

  private func message(_ body: () async throws -> Void) async -> String {
    do {
      try await body()
      return ""
    } catch { return "\(error)" }
  }

  @Test func importSetsTheConfig() async throws {
    try await withImage { fixture, id in
      let image = try await fixture.store.image(named: "app:1")
      #expect(image.id == id)
      #expect(image.configuration.config?.command == ["sh"])
      #expect(image.configuration.config?.environment == ["A=b c", "D=e"])
      #expect(image.configuration.config?.exposedPorts?.keys.sorted() == ["80/tcp"])
      try await #expect(fixture.store.history(of: "app:1").map(\.size) == [2])
      #expect(
        await message { _ = try await fixture.store.importRootFilesystem(Chunks(bytes: []), changes: ["RUN x"]) }
          == "RUN is not a valid change command")
      #expect(
        await message { _ = try await fixture.store.importRootFilesystem(Chunks(bytes: Array("junk junk".utf8))) } != ""
      )
      try #expect(FileSystem.list(fixture.root + "/staging").isEmpty)
    }
  }

  @Test func namesAndIDs() async throws {
    try await withImage { fixture, id in
      let store = fixture.store
      for name in ["app:1", id.description, id.hex, id.short, String(id.hex.prefix(4)), "docker.io/library/app:1"] {
        try await #expect(store.image(named: name).id == id, "\(name)")
      }
      #expect(await message { _ = try await store.image(named: "nope") } == "No such image: nope:latest")
      try await store.tag("app:1", as: "localhost:5000/other")
      try await #expect(store.image(named: "localhost:5000/other:latest").id == id)
      #expect(await message { _ = try await store.tag("app:1", as: "Bad") }.contains("must be lowercase"))
    }
  }

  @Test func removal() async throws {
    try await withImage { fixture, id in
      let store = fixture.store
      try await store.tag("app:1", as: "app:2")
      #expect(
        await message { _ = try await store.remove(id.short, force: false, prune: true) { _ in [] } }
          == "conflict: unable to delete \(id.short) (must be forced) - image is referenced in multiple repositories")
      let use = ImageUse(container: String(repeating: "c", count: 64), isRunning: true)
      try await #expect(
        store.remove("app:2", force: false, prune: true) { _ in [use] } == [.untagged("app:2", image: id)])
      #expect(
        await message { _ = try await store.remove("app:1", force: false, prune: true) { _ in [use] } }
          == "conflict: unable to remove repository reference \"app:1\" (must force) - container cccccccccccc is using its "
          + "referenced image \(id.short)")
      #expect(
        await message { _ = try await store.remove(id.hex, force: true, prune: true) { _ in [use] } }
          == "conflict: unable to delete \(id.short) (cannot be forced) - image is being used by running container cccccccccccc"
      )
      let layer = try await store.image(id: id).layers
      let changes = try await store.remove("app:1", force: false, prune: true) { _ in [] }
      #expect(changes == [.untagged("app:1", image: id), .deleted(id)] + layer.map { .deleted($0) })
      try #expect(fixture.leftovers().isEmpty)
    }
  }

  @Test func saveAndLoad() async throws {
    try await withImage { fixture, id in
      let bytes = try await collect(fixture.store.save(["app:1"]))
      try await StoreFixture.with { other in
        let loaded = try await other.store.load(Chunks(bytes: bytes, size: 4096))
        #expect(loaded == [LoadedImage(image: id, names: ["app:1"])])
        try #expect(FileSystem.read(other.store.layerDirectories(of: id)[0] + "/etc/b") == [2])
        try await #expect(collect(other.store.save(["app:1"])) == bytes)
        // Loading again, and loading what is compressed, changes nothing.
        try await #expect(other.store.load(Chunks(bytes: Deflater().write(bytes, finish: true))).map(\.image) == [id])
      }
      try await StoreFixture.with { other in
        for broken in [Array(bytes.prefix(bytes.count / 2)), Array("nonsense".utf8), []] {
          #expect(await message { _ = try await other.store.load(Chunks(bytes: broken)) } != "")
        }
        try #expect(other.leftovers().isEmpty)
      }
    }
  }

  /// A member of a tar says its size in octal digits, or in eight bytes (POSIX pax, "ustar Interchange Format").
  private static func member(_ name: String, size: Int64) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at place: Int) { header.replaceSubrange(place..<place + text.utf8.count, with: text.utf8) }
    put(name, at: 0)
    put("0000644\0" + "0000000\0" + "0000000\0", at: 100)
    header[124] = 0x80
    for byte in 0..<8 { header[128 + byte] = UInt8(truncatingIfNeeded: size >> (56 - 8 * Int64(byte))) }
    put("00000000000\0" + "        " + "0", at: 136)
    put("ustar\0" + "00", at: 257)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    put(String(repeating: "0", count: 6 - sum.utf8.count) + sum + "\0 ", at: 148)
    return header
  }

  @Test func membersOfAnArchiveThatSayMoreThanCanBeCounted() async throws {
    let first = Self.member("a", size: 10) + [UInt8](repeating: 7, count: 512)
    try await StoreFixture.with { fixture in
      for size in [Int64.max - 5, 1 << 60, 257 << 30] {
        let archive = first + Self.member("b", size: size) + [UInt8](repeating: 0, count: 1024)
        let text = await message { _ = try await fixture.store.load(Chunks(bytes: archive)) }
        #expect(text.contains("it is too large"), "\(text)")
      }
      try #expect(fixture.leftovers().isEmpty)
    }
  }

  @Test func snapshotDiffAndCommit() async throws {
    try await withImage { fixture, id in
      let store = fixture.store
      try await store.prepareSnapshot("c1", image: id)
      let root = try await store.mountSnapshot("c1")
      try await #expect(store.mountSnapshot("c1") == root)
      #expect(FileSystem.exists(root + "/etc/hosts") && FileSystem.exists(root + "/proc"))
      try await #expect(store.snapshotChanges("c1").isEmpty)
      try FileSystem.write(root + "/etc/a", [9, 9])
      try FileSystem.removeFile(root + "/etc/b")
      try FileSystem.makeDirectory(root + "/new")
      try await #expect(
        store.snapshotChanges("c1") == [
          FileChange(kind: .modified, path: "/etc"), FileChange(kind: .modified, path: "/etc/a"),
          FileChange(kind: .deleted, path: "/etc/b"), FileChange(kind: .added, path: "/new"),
        ])
      var options = CommitOptions(process: try await store.image(id: id).configuration.config ?? .init())
      options.changes = ["USER nobody"]
      options.name = try Reference("app:2")
      let committed = try await store.commit(snapshot: "c1", options)
      try await #expect(store.image(id: committed).configuration.config?.user == "nobody")
      try await #expect(store.image(id: committed).parent == id)
      try await store.prepareSnapshot("c2", image: committed)
      let second = try await store.mountSnapshot("c2")
      try #expect(FileSystem.read(second + "/etc/a") == [9, 9])
      #expect(!FileSystem.exists(second + "/etc/b"))
      // An image goes by force; its layers stay while a container needs them.
      for snapshot in ["c1", "c2"] { try await store.removeSnapshot(snapshot) }
      try #expect(Mounts.all().allSatisfy { !$0.path.hasPrefix(fixture.root) })
      try #expect(FileSystem.list(fixture.root + "/snapshots").isEmpty)
      try #expect(FileSystem.list(fixture.root + "/staging").isEmpty)
    }
  }

  @Test func snapshotsSurviveARestart() async throws {
    try await withImage { fixture, id in
      try await fixture.store.prepareSnapshot("c1", image: id)
      let root = try await fixture.store.mountSnapshot("c1")
      try FileSystem.write(root + "/x", [1])
      let again = try await fixture.reopened()
      #expect(again.snapshots == ["c1"])
      try await #expect(again.mountSnapshot("c1") == root)
      try #expect(FileSystem.read(root + "/x") == [1])
      try await again.removeSnapshot("c1")
    }
  }

  @Test func leftoversOfACrashGo() async throws {
    try await withImage { fixture, id in
      let root = fixture.root
      try FileSystem.makeDirectories(root + "/staging/half/d")
      try FileSystem.makeDirectories(root + "/layers/0123/d")
      try FileSystem.makeDirectories(root + "/snapshots/half/u")
      try FileSystem.write(root + "/images/\(String(repeating: "0", count: 64)).json", Array("{".utf8))
      try FileSystem.write(root + "/references.json.1.tmp", Array("{".utf8))
      let again = try await fixture.reopened()
      try await #expect(again.list().map(\.id) == [id])
      try #expect(FileSystem.list(root + "/staging").isEmpty)
      #expect(!FileSystem.exists(root + "/layers/0123"))
      #expect(!FileSystem.exists(root + "/snapshots/half"))
      #expect(!FileSystem.exists(root + "/references.json.1.tmp"))
    }
  }

  @Test func pruneKeepsWhatIsUsed() async throws {
    try await withImage { fixture, id in
      let use = ImageUse(container: "c", isRunning: false)
      try await #expect(fixture.store.prune(danglingOnly: true) { _ in [] }.changes.isEmpty)
      try await #expect(fixture.store.prune(danglingOnly: false) { _ in [use] }.changes.isEmpty)
      try await #expect(fixture.store.prune(danglingOnly: false) { _ in [] }.changes.contains(.deleted(id)))
      try #expect(fixture.leftovers().isEmpty)
    }
  }
}
