import AsyncWork
import FoundationEssentials
import ImageStore
import Linux
import OCI
import Synchronization

/// A store in a directory of its own, gone after the test.
struct StoreFixture: Sendable {
  let directory: String
  let pool: BlockingPool
  let store: ImageStore

  var root: String { directory + "/images" }

  static func with<Result>(
    _ change: (inout ImageStoreConfiguration) -> Void = { _ in }, _ body: (StoreFixture) async throws -> Result
  ) async throws -> Result {
    let directory = "/tmp/apus-images-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(directory, mode: 0o700)
    let pool = try BlockingPool(name: "test")
    var configuration = ImageStoreConfiguration(root: directory + "/images")
    configuration.firstRetryDelay = 0.001
    configuration.idleTimeout = 60
    change(&configuration)
    do {
      let store = try await ImageStore(configuration: configuration, pool: pool)
      let fixture = StoreFixture(directory: directory, pool: pool, store: store)
      let result: Result
      do { result = try await body(fixture) } catch {
        try await fixture.close()
        throw error
      }
      try await fixture.close()
      return result
    } catch {
      try FileSystem.removeTree(directory)
      throw error
    }
  }

  private func close() async throws {
    try await store.shutDown()
    for mount in try Mounts.all() where mount.path.hasPrefix(directory) { try Mounts.unmount(mount.path, lazily: true) }
    try FileSystem.removeTree(directory)
  }

  /// A second store on the same directory, as after a crash.
  func reopened(report: @escaping @Sendable (String) -> Void = { _ in }) async throws -> ImageStore {
    var configuration = ImageStoreConfiguration(root: root)
    configuration.firstRetryDelay = 0.001
    configuration.report = report
    return try await ImageStore(configuration: configuration, pool: pool)
  }

  /// Paths below the store's root that a half-made image would leave.
  func leftovers() throws -> [String] {
    try ["staging", "layers", "images", "content/sha256"].flatMap { folder in
      try FileSystem.list(root + "/" + folder).map { folder + "/" + $0 }
    }
  }
}

/// Collects progress.
final class Recorder: Sendable {
  private let list = Mutex<[ProgressEvent]>([])
  var events: [ProgressEvent] { list.withLock { $0 } }
  var texts: [String] { events.map { $0.id.isEmpty ? $0.status : "\($0.id): \($0.status)" } }
  func take(_ event: ProgressEvent) { list.withLock { $0.append(event) } }
}

/// An image made by a test, in memory.
struct ImageFixture: Sendable {
  struct Layer: Sendable {
    var tar: [UInt8]
    var blob: [UInt8]
    var mediaType = MediaType.dockerLayerGzip
  }
  var layers: [Layer]
  var config: [UInt8]
  var manifest: [UInt8]
  var manifestType = MediaType.dockerManifest

  init(layers: [[ArchiveEntry]], files: [String: [UInt8]] = [:], edit: (inout ImageConfiguration) -> Void = { _ in })
    throws
  {
    try self.init(tars: layers.map { try Self.tar($0, files) }, edit: edit)
  }

  init(tars: [[UInt8]], edit: (inout ImageConfiguration) -> Void = { _ in }) throws {
    layers = try tars.map { Layer(tar: $0, blob: try Deflater().write($0, finish: true)) }
    var process = ProcessConfiguration()
    process.command = ["sh"]
    var configuration = ImageConfiguration(
      created: "2024-01-02T03:04:05Z", config: process, layers: layers.map { sha256($0.tar) },
      history: layers.indices.map { .init(created: "2024-01-02T03:04:05Z", createdBy: "step \($0)") })
    edit(&configuration)
    config = try configuration.encoded()
    manifest = []
    try makeManifest()
  }

  mutating func makeManifest() throws {
    let manifest = Manifest(
      mediaType: manifestType,
      config: Descriptor(mediaType: MediaType.dockerConfig, digest: sha256(config), size: Int64(config.count)),
      layers: layers.map { Descriptor(mediaType: $0.mediaType, digest: sha256($0.blob), size: Int64($0.blob.count)) })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    self.manifest = Array(try encoder.encode(manifest))
  }

  var id: Digest { sha256(config) }

  static func tar(_ entries: [ArchiveEntry], _ files: [String: [UInt8]] = [:]) throws -> [UInt8] {
    var out: [UInt8] = []
    let writer = try ArchiveWriter { out += $0 }
    for entry in entries {
      var entry = entry
      let data = files[entry.displayPath] ?? []
      if entry.kind == .regular && entry.hardLink == nil { entry.size = Int64(data.count) }
      try writer.writeHeader(entry)
      if entry.size > 0 { try writer.write(data) }
    }
    try writer.finish()
    return out
  }

  /// Two small layers: a shell-less root with a file that the second one changes.
  static func small() throws -> ImageFixture {
    let first = try tar(
      [.directory("etc"), .file("etc/a"), .file("etc/b")], ["etc/a": Array("one".utf8), "etc/b": Array("two".utf8)])
    let second = try tar([.directory("etc"), .file("etc/.wh.b"), .file("etc/c")], ["etc/c": Array("three".utf8)])
    return try ImageFixture(tars: [first, second])
  }
}

extension ArchiveEntry {
  static func file(_ path: String, mode: UInt32 = 0o644) -> ArchiveEntry {
    ArchiveEntry(path: Array(path.utf8), kind: .regular, mode: mode, modified: (1_700_000_000, 0))
  }
  static func directory(_ path: String, mode: UInt32 = 0o755) -> ArchiveEntry {
    ArchiveEntry(path: Array(path.utf8), kind: .directory, mode: mode, modified: (1_700_000_000, 0))
  }
  static func link(_ path: String, to target: String) -> ArchiveEntry {
    ArchiveEntry(path: Array(path.utf8), kind: .symbolicLink, mode: 0o777, linkTarget: Array(target.utf8))
  }
  static func hardLink(_ path: String, to target: String) -> ArchiveEntry {
    ArchiveEntry(path: Array(path.utf8), kind: .regular, mode: 0o644, hardLink: Array(target.utf8))
  }
}

/// Chunks of bytes as an asynchronous source.
struct Chunks: AsyncSequence, Sendable {
  typealias Element = [UInt8]
  let bytes: [UInt8]
  var size = 1000
  func makeAsyncIterator() -> Iterator { Iterator(rest: bytes[...], size: size) }
  struct Iterator: AsyncIteratorProtocol {
    var rest: ArraySlice<UInt8>
    let size: Int
    mutating func next() async throws -> [UInt8]? {
      if rest.isEmpty { return nil }
      defer { rest = rest.dropFirst(size) }
      return Array(rest.prefix(size))
    }
  }
}

func collect(_ stream: ByteStream) async throws -> [UInt8] {
  var out: [UInt8] = []
  for try await piece in stream { out += piece }
  return out
}
