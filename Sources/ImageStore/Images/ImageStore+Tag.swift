import Linux
import OCI
import Synchronization

extension ImageStore {
  /// Gives an image one more name; the name leaves the image that had it.
  /// - Parameter target: `repository[:tag]`, `latest` where it has no tag.
  @discardableResult
  public func tag(_ source: String, as target: String) async throws -> Digest {
    let id = try resolve(source)
    let reference = try Self.parse(target)
    guard reference.digest == nil else {
      throw ImageStoreError(.invalid, "refusing to create a tag with a digest reference")
    }
    try await tag(id, as: reference.withDefaultTag)
    return id
  }

  func tag(_ id: Digest, as reference: Reference) async throws {
    try await blocking { [self] in
      guard state.withLock({ $0.images[id] != nil }) else { throw ImageStoreError.noSuchImage(id.description) }
      try setReferences([reference], to: id)
      try writer.withLock { _ in
        guard var record = state.withLock({ $0.images[id] }) else { return }
        record.lastTagged = Clock.realtime
        try MetadataFile.write(record, to: paths.image(id))
        state.withLock { $0.images[id] = record }
      }
    }
  }
}
