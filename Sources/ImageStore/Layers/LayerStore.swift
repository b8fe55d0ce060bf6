import Linux
import OCI
import Synchronization

/// Unpacked layers. These block: they run on the pool.
extension ImageStore {
  /// Whether a layer is unpacked.
  func hasLayer(_ diffID: Digest) -> Bool { state.withLock { $0.layers[diffID] != nil } }

  /// Makes an empty directory in which a layer can be unpacked; gives the directory and the tree in it.
  func stageLayer() throws -> (directory: String, tree: String) {
    let directory = paths.temporary()
    try FileSystem.makeDirectory(directory, mode: 0o700)
    // The tree's own mode shows as the mode of `/` where the layer has no entry for it.
    let tree = directory + "/d"
    try FileSystem.makeDirectory(tree, mode: 0o755)
    try FileSystem.changeMode(tree, 0o755)
    return (directory, tree)
  }

  /// Makes a staged layer visible. Where another operation was faster, the staged one is thrown away.
  func publishLayer(staged directory: String, _ record: LayerRecord) throws {
    if hasLayer(record.diffID) {
      try FileSystem.removeTree(directory)
      return
    }
    // Not synchronised here: the pull's one syncfs comes before any image names the layer.
    try MetadataFile.write(record, to: directory + "/layer.json", durable: false)
    let target = paths.layer(record.diffID)
    // A crash of the whole machine may have left a directory that no start accepted.
    if FileSystem.exists(target) { try FileSystem.removeTree(target) }
    try FileSystem.rename(directory, to: target)
    state.withLock { $0.layers[record.diffID] = record }
  }

  /// Unpacks a complete blob that is in the store already.
  func unpackStoredBlob(_ blob: Descriptor, expecting diffID: Digest) throws {
    let staged = try stageLayer()
    do {
      let file = try FileDescriptor.open(paths.blob(blob.digest), .readOnly)
      let unpacker = LayerUnpacker(file: file, growth: nil, limit: configuration.maximumLayerSize)
      let layer = try unpacker.unpack(into: staged.tree, expecting: blob.digest)
      try check(layer, blob: blob, diffID: diffID)
      try publishLayer(staged: staged.directory, LayerRecord(diffID: diffID, size: layer.size, blob: blob))
    } catch {
      try FileSystem.removeTree(staged.directory)
      throw error
    }
  }

  /// Compares what was unpacked with what the image promises.
  func check(_ layer: UnpackedLayer, blob: Descriptor, diffID: Digest) throws {
    guard layer.blobDigest == blob.digest else { throw LayerUnpacker.wrongDigest(blob.digest) }
    guard layer.diffID == diffID else {
      throw ImageStoreError(
        .corrupt,
        "layers from manifest don't match image configuration: wrong diff id calculated on extraction \"\(layer.diffID)\", "
          + "the config says \"\(diffID)\"")
    }
  }

  /// Removes layers and blobs that nothing needs any more. Goes on after an error and throws the first at the end.
  /// - Returns: bytes that came free.
  @discardableResult
  func collectGarbage() throws -> Int64 {
    let (layers, blobs) = state.withLock { state in
      let used = state.layersInUse
      let layers = state.layers.values.filter { !used.contains($0.diffID) }
      for layer in layers { state.layers[layer.diffID] = nil }
      let usedBlobs = state.blobsInUse
      let blobs = state.blobs.filter { !usedBlobs.contains($0.key) }
      for blob in blobs.keys { state.blobs[blob] = nil }
      for id in state.configurations.keys where state.images[id] == nil { state.configurations[id] = nil }
      return (layers, blobs)
    }
    var first: (any Error)?
    var freed: Int64 = 0
    for layer in layers {
      do {
        // Renamed first, so that a crash in the middle leaves no layer with holes.
        let doomed = paths.temporary()
        try FileSystem.rename(paths.layer(layer.diffID), to: doomed)
        freed += layer.size
        try FileSystem.removeTree(doomed)
      } catch { first = first ?? error }
    }
    for (digest, _) in blobs {
      do { try FileSystem.removeFile(paths.blob(digest)) } catch { first = first ?? error }
    }
    if let first { throw first }
    return freed
  }
}
