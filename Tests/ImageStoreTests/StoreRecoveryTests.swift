import ImageStore
import Linux
import OCI
import Synchronization
import Testing

/// What a store makes of its own files when it opens.
@Suite struct StoreRecoveryTests {
  private static let kinds = ["layers/*/layer.json", "images/*"]

  private static func withImage(_ body: (StoreFixture, Digest) async throws -> Void) async throws {
    try await StoreFixture.with { fixture in
      let tar = try ImageFixture.tar([.file("a")], ["a": [1]])
      let id = try await fixture.store.importRootFilesystem(
        Chunks(bytes: tar), changes: [], name: Reference("app:1"))
      try await body(fixture, id)
    }
  }

  /// The one file of a kind, `*` standing for the one name that is there.
  private static func file(_ kind: String, _ fixture: StoreFixture) throws -> String {
    var path = fixture.root
    for part in kind.split(separator: "/") {
      path += "/" + (part == "*" ? try #require(try FileSystem.list(path).first) : String(part))
    }
    return path
  }

  @Test(arguments: kinds) func whatCannotBeReadForNowIsNotThrownAway(kind: String) async throws {
    try await Self.withImage { fixture, id in
      let record = try Self.file(kind, fixture)
      let aside = fixture.directory + "/aside"
      try FileSystem.rename(record, to: aside)
      // A directory is there and cannot be read: so it is with a failing disk, or without descriptors.
      try FileSystem.makeDirectory(record)
      await #expect(throws: (any Error).self) { try await fixture.reopened() }
      try FileSystem.removeDirectory(record)
      try FileSystem.rename(aside, to: record)
      let images = try await fixture.reopened().image(named: "app:1")
      #expect(images.id == id)
    }
  }

  @Test(arguments: kinds) func aRecordThatIsNoneIsClearedAway(kind: String) async throws {
    try await Self.withImage { fixture, id in
      try FileSystem.write(Self.file(kind, fixture), Array("{".utf8))
      let told = Reports()
      let store = try await fixture.reopened { report in told.all.withLock { $0.append(report) } }
      await #expect(throws: ImageStoreError.self) { try await store.image(named: "app:1") }
      #expect(try FileSystem.list(fixture.root + "/images").isEmpty)
      let reports = told.all.withLock { $0 }
      #expect(reports.count == 1)
      #expect(reports.first?.contains("app:1 is no more: not all of its image \(id) is there") == true, "\(reports)")
    }
  }

  @Test(arguments: kinds) func anImageWithoutANameIsToldToo(kind: String) async throws {
    try await Self.withImage { fixture, id in
      try FileSystem.write(fixture.root + "/references.json", Array("{}".utf8))
      try FileSystem.write(Self.file(kind, fixture), Array("{".utf8))
      let told = Reports()
      _ = try await fixture.reopened { report in told.all.withLock { $0.append(report) } }
      let reports = told.all.withLock { $0 }
      #expect(reports.count == 1)
      #expect(reports.first?.contains("the image \(id), which has no name, is no more") == true, "\(reports)")
    }
  }

  @Test func aNameThatIsNoneIsTold() async throws {
    try await Self.withImage { fixture, id in
      let names = fixture.root + "/references.json"
      let text = try FileSystem.readText(names)
      try FileSystem.write(names, Array(text.replacing("app:1", with: "App:1").utf8))
      let told = Reports()
      let store = try await fixture.reopened { report in told.all.withLock { $0.append(report) } }
      #expect(try await store.image(id: id).id == id)
      let reports = told.all.withLock { $0 }
      #expect(reports.count == 1)
      #expect(reports.first?.contains("has lost its name docker.io/library/App:1: ") == true, "\(reports)")
    }
  }

  private final class Reports: Sendable {
    let all = Mutex<[String]>([])
  }
}
