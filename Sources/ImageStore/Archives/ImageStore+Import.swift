import Linux
import OCI
import Synchronization

extension ImageStore {
  /// Makes an image of one layer from a tar of a root file system, compressed or not (`docker import`).
  /// - Parameters:
  ///   - changes: lines of a Dockerfile that set the config.
  ///   - name: nil for a nameless image.
  /// - Returns: the image's identity.
  public func importRootFilesystem<Source: AsyncSequence & Sendable>(
    _ archive: Source, changes: [String] = [], message: String = "", platform: Platform? = nil, name: Reference? = nil
  ) async throws -> Digest where Source.Element == [UInt8] {
    var process = ProcessConfiguration()
    try ConfigurationChange.apply(changes, to: &process)
    let settings = process
    let comment = message.isEmpty ? "Imported from -" : message
    do {
      return try await ByteFeed.run(archive, pool: pool) { [self] input in
        let path = paths.temporary()
        let file = try FileDescriptor.open(path, [.readWrite, .create, .exclusive], mode: 0o600)
        do {
          var buffer = [UInt8](repeating: 0, count: 256 * 1024)
          var offset: Int64 = 0
          while true {
            let count = try input.read(into: &buffer)
            if count == 0 { break }
            try file.write(buffer, count: count, at: offset)
            offset += Int64(count)
          }
          let diffID = try adoptLayer(path, file)
          let now = Timestamp.now()
          var configuration = ImageConfiguration(
            created: now, platform: platform ?? .host, config: settings, layers: [diffID],
            history: [.init(created: now, createdBy: nil, comment: comment)])
          configuration.comment = comment
          return try register(configuration, parent: nil, name: name)
        } catch {
          try FileSystem.removeFile(path)
          throw error
        }
      }
    } catch { throw Self.shaped(error) }
  }

  /// Takes a complete file as a layer's blob and unpacks it. The layer stays pinned; `register` lets it go.
  func adoptLayer(_ path: String, _ file: FileDescriptor) throws -> Digest {
    let staged = try stageLayer()
    do {
      let unpacker = LayerUnpacker(file: file, growth: nil, limit: configuration.maximumLayerSize)
      let layer = try unpacker.unpack(into: staged.tree, expecting: nil)
      let compression = Compression(magic: try file.read(upTo: 4, at: 0))
      let blob = Descriptor(
        mediaType: LayerMediaType.docker(compression), digest: layer.blobDigest, size: layer.blobSize)
      // The layer's pin holds its blob too, once the layer is visible.
      state.withLock { $0.pin([layer.diffID, blob.digest]) }
      defer { state.withLock { $0.unpin([blob.digest]) } }
      do {
        if hasLayer(layer.diffID) {
          try FileSystem.removeFile(path)
        } else {
          try adoptBlob(path, blob.digest, size: blob.size)
        }
        try publishLayer(staged: staged.directory, LayerRecord(diffID: layer.diffID, size: layer.size, blob: blob))
      } catch {
        state.withLock { $0.unpin([layer.diffID]) }
        throw error
      }
      return layer.diffID
    } catch {
      try FileSystem.removeTree(staged.directory)
      throw error
    }
  }

  /// Stores a config as an image whose topmost layer `adoptLayer` brought.
  func register(_ configuration: ImageConfiguration, parent: Digest?, name: Reference?) throws -> Digest {
    let bytes = try configuration.encoded()
    let id = ContentHash.digest(bytes)
    let layers = configuration.rootFileSystem.layers
    state.withLock { $0.pin([id]) }
    defer {
      state.withLock { $0.unpin([id] + layers.suffix(1)) }
    }
    try storeBlob(bytes, id)
    try register(id: id, manifest: nil, diffIDs: layers, parent: parent)
    if let name { try setReferences([name.withDefaultTag], to: id) }
    return id
  }
}
