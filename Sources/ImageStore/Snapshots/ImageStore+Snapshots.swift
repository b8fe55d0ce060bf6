import Linux
import OCI
import Synchronization

extension ImageStore {
  /// Makes the writable layer of a container on top of an image. Making one that is there already changes nothing, so
  /// that a start after a crash may ask again.
  /// - Parameter id: the container's ID; hexadecimal digits, letters, `-`, `_` and `.`, at most 128.
  public func prepareSnapshot(_ id: String, image: Digest?) async throws {
    try Self.checkSnapshotName(id)
    try await blocking { [self] in try makeSnapshot(id, image: image) }
  }

  /// Mounts a snapshot, where it is not mounted yet.
  /// - Returns: the directory of the root file system.
  public func mountSnapshot(_ id: String) async throws -> String {
    try await blocking { [self] in try mountedRoot(id) }
  }

  /// Unmounts a snapshot; its files stay.
  public func unmountSnapshot(_ id: String) async throws {
    try await blocking { [self] in
      try Self.checkSnapshotName(id)
      try Self.unmount(paths.snapshot(id) + "/m")
    }
  }

  /// Unmounts and removes a snapshot with all it holds. Every step is tried; the first failure is thrown at the end.
  public func removeSnapshot(_ id: String) async throws {
    try Self.checkSnapshotName(id)
    try await blocking { [self] in try destroySnapshot(id) }
  }

  /// Names of all snapshots.
  public var snapshots: [String] { state.withLock { $0.snapshots.keys.sorted() } }

  /// The directory where `mountSnapshot` shows the root file system, mounted or not.
  public func snapshotRoot(_ id: String) -> String { paths.snapshot(id) + "/m" }

  /// Where the parts of a snapshot lie, as `docker inspect` shows them under `GraphDriver`.
  public func snapshotDirectories(_ id: String) throws -> SnapshotDirectories {
    let record = try snapshotRecord(id)
    let directory = paths.snapshot(id)
    return SnapshotDirectories(
      lower: lowerNames(record).map { StorePaths.resolve($0, from: paths.layers) }, upper: directory + "/u",
      work: directory + "/w", merged: directory + "/m")
  }

  /// Bytes that a snapshot's own files take.
  public func snapshotUsage(_ id: String) async throws -> Int64 {
    let upper = paths.snapshot(id) + "/u"
    _ = try snapshotRecord(id)
    return try await blocking { try FileTree.size(upper) }
  }

  /// What a container changed in its root file system, by path.
  public func snapshotChanges(_ id: String) async throws -> [FileChange] {
    let record = try snapshotRecord(id)
    return try await blocking { [self] in
      try SnapshotDifference(
        upper: paths.snapshot(id) + "/u", lower: lowerNames(record).map { StorePaths.resolve($0, from: paths.layers) }
      ).changes()
    }
  }

  func snapshotRecord(_ id: String) throws -> SnapshotRecord {
    guard let record = state.withLock({ $0.snapshots[id] }) else {
      throw ImageStoreError(.notFound, "No such snapshot: \(id)")
    }
    return record
  }

  private static func checkSnapshotName(_ id: String) throws {
    let isPlain = id.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || [0x2D, 0x2E, 0x5F].contains(byte)
    }
    guard isPlain, !id.isEmpty, id.utf8.count <= 128, !id.hasPrefix(".") else {
      throw ImageStoreError(.invalid, "invalid snapshot name \"\(id)\"")
    }
  }

  private func makeSnapshot(_ id: String, image: Digest?) throws {
    if state.withLock({ $0.snapshots[id] != nil }) { return }
    let layers = try state.withLock { state in
      guard let image else { return [Digest]() }
      guard let record = state.images[image] else { throw ImageStoreError.noSuchImage(image.description) }
      let layers = record.layers.map(\.diffID)
      state.pin(layers)
      return layers
    }
    defer { state.withLock { $0.unpin(layers) } }
    let record = SnapshotRecord(id: id, image: image, layers: layers)
    try makeInitLayer(record)
    let staged = paths.temporary()
    try FileSystem.makeDirectory(staged, mode: 0o710)
    do {
      try FileSystem.makeDirectory(staged + "/u", mode: 0o755)
      try FileSystem.changeMode(staged + "/u", 0o755)
      try FileSystem.makeDirectory(staged + "/w", mode: 0o700)
      try FileSystem.makeDirectory(staged + "/m", mode: 0o700)
      // Not synchronised: `prepareSnapshot` makes again what a power cut took before a container wrote anything.
      try MetadataFile.write(record, to: staged + "/snapshot.json", durable: false)
      try FileSystem.rename(staged, to: paths.snapshot(id))
    } catch {
      try FileSystem.removeTree(staged)
      throw error
    }
    state.withLock { $0.snapshots[id] = record }
  }

  private func mountedRoot(_ id: String) throws -> String {
    let record = try snapshotRecord(id)
    let root = paths.snapshot(id) + "/m"
    if try Self.isMounted(root) { return root }
    // The init layer is only a cache; it may have gone with an image of the same name.
    try makeInitLayer(record)
    let own = "../snapshots/\(id)"
    try Overlay.mount(
      .init(directory: paths.layers, lower: lowerNames(record), upper: own + "/u", work: own + "/w"), at: root)
    return root
  }

  /// Names of the layers below the writable one, relative to the layers' directory, topmost first.
  func lowerNames(_ record: SnapshotRecord) -> [String] {
    [initName(record)] + record.layers.reversed().map { paths.layerName($0) + "/d" }
  }

  private func destroySnapshot(_ id: String) throws {
    let directory = paths.snapshot(id)
    var first: (any Error)?
    do { try Self.unmount(directory + "/m") } catch { first = error }
    let doomed = paths.temporary()
    var renamed = true
    do { try FileSystem.rename(directory, to: doomed) } catch {
      renamed = false
      if (error).code != .noEntry { first = first ?? error }
    }
    state.withLock { $0.snapshots[id] = nil }
    do { try FileSystem.removeTree(renamed ? doomed : directory) } catch { first = first ?? error }
    // Layers that only this container still needed, of an image that was removed by force.
    do { try collectGarbage() } catch { first = first ?? error }
    if let first { throw first }
  }

  /// Unmounts; a root that some process still stands in is detached at once and goes when the process goes.
  static func unmount(_ root: String) throws {
    do { try Mounts.unmount(root) } catch {
      guard error.code == .busy else { throw error }
      try Mounts.unmount(root, lazily: true)
    }
  }

  /// Whether something is mounted at a directory: its device then differs from its parent's.
  static func isMounted(_ root: String) throws -> Bool {
    try FileStatus(path: root).device != FileStatus(path: FileSystem.directory(of: root)).device
  }
}

/// Where the parts of a snapshot lie.
public struct SnapshotDirectories: Sendable, Equatable {
  /// Topmost first.
  public var lower: [String]
  public var upper: String
  public var work: String
  public var merged: String
}

extension StorePaths {
  /// A relative name with `..` at its beginning at most, as a full path.
  static func resolve(_ name: String, from directory: String) -> String {
    name.hasPrefix("../") ? FileSystem.directory(of: directory) + "/" + name.dropFirst(3) : directory + "/" + name
  }
}
