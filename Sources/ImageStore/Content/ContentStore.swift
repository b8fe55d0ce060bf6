import Linux
import OCI
import Synchronization

/// Blobs by digest. These block: they run on the pool.
extension ImageStore {
  /// Whether a blob is here, complete.
  func hasBlob(_ digest: Digest) -> Bool { state.withLock { $0.blobs[digest] != nil } }

  /// A blob's bytes. For documents, not for layers.
  func readBlob(_ digest: Digest) throws -> [UInt8] {
    guard hasBlob(digest) else { throw ImageStoreError(.notFound, "content \(digest) is not in the store") }
    return try FileSystem.read(paths.blob(digest), limit: ImageConfiguration.maximumSize)
  }

  /// Stores a small document whose digest is known to be right.
  func storeBlob(_ bytes: [UInt8], _ digest: Digest) throws {
    if hasBlob(digest) { return }
    try FileSystem.replace(paths.blob(digest), bytes, mode: 0o600, durable: true)
    state.withLock { $0.blobs[digest] = Int64(bytes.count) }
  }

  /// Moves a complete, verified file into the store.
  func adoptBlob(_ path: String, _ digest: Digest, size: Int64) throws {
    try FileSystem.rename(path, to: paths.blob(digest))
    state.withLock { $0.blobs[digest] = size }
  }

  /// Makes everything that was written so far survive a power cut: one call for thousands of files.
  func synchronize() throws {
    try FileDescriptor.open(paths.root, [.readOnly, .directory]).synchronizeFileSystem()
  }
}
