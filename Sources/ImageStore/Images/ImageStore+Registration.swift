import Linux
import OCI
import Synchronization

/// Making images and names visible. These block: they run on the pool.
extension ImageStore {
  /// Writes an image's record, after everything it needs reached the disk. An image that is there stays as it is, but
  /// learns the manifest it had not.
  func register(id: Digest, manifest: Descriptor?, diffIDs: [Digest], parent: Digest?) throws {
    try synchronize()
    try writer.withLock { _ in
      let record = try state.withLock { state in
        let layers = try diffIDs.map { diffID in
          guard let layer = state.layers[diffID] else {
            throw ImageStoreError(.failed, "layer \(diffID) of image \(id) is missing")
          }
          return ImageLayer(diffID: diffID, blob: layer.blob)
        }
        var record =
          state.images[id] ?? ImageRecord(id: id, manifest: manifest, layers: layers, parent: parent, lastTagged: 0)
        if record.manifest == nil { record.manifest = manifest }
        return record == state.images[id] ? nil : record
      }
      guard let record else { return }
      try MetadataFile.write(record, to: paths.image(id))
      state.withLock { $0.images[id] = record }
    }
  }

  /// Gives an image names; each is taken from the image that had it.
  /// - Returns: whether anything changed.
  @discardableResult
  func setReferences(_ names: [Reference], to image: Digest) throws -> Bool {
    try changeReferences { references in
      var changed = false
      for name in names where references[name.description]?.image != image {
        references[name.description] = .init(reference: name, image: image)
        changed = true
      }
      return changed
    }
  }

  /// Takes names away.
  func removeReferences(_ names: [Reference]) throws {
    try changeReferences { references in
      var changed = false
      for name in names where references.removeValue(forKey: name.description) != nil { changed = true }
      return changed
    }
  }

  /// Changes the table of names: on disk first, then in memory.
  @discardableResult
  private func changeReferences(
    _ body: (inout [String: StoreState.NamedReference]) throws -> Bool
  ) throws -> Bool {
    try writer.withLock { _ in
      var references = state.withLock { $0.references }
      guard try body(&references) else { return false }
      try MetadataFile.write(references.mapValues(\.image), to: paths.references)
      state.withLock { $0.references = references }
      return true
    }
  }
}
