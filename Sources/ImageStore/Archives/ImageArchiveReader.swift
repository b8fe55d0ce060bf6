import FoundationEssentials
import Linux
import OCI
import Synchronization

/// Reads one archive of images: first all its files into a directory of ours, under names of ours, then the images that
/// its documents describe. Blocks.
struct ImageArchiveReader {
  let store: ImageStore
  let directory: String
  let progress: ProgressHandler
  /// Where each member's bytes are, by its cleaned name.
  private var files: [String: String] = [:]
  /// Links of older archives, whose layers may point to each other.
  private var links: [String: String] = [:]
  private var total: Int64 = 0

  private static let maximumDocument = 16 << 20
  private static let maximumMembers = 100_000

  init(store: ImageStore, directory: String, progress: @escaping ProgressHandler) {
    self.store = store
    self.directory = directory
    self.progress = progress
  }

  mutating func read(_ input: FileDescriptor) throws {
    let archive = try TarInput.reader(input)
    var count = 0
    while let entry = try archive.next() {
      count += 1
      guard count <= Self.maximumMembers else { throw Self.invalid("it has more than \(Self.maximumMembers) members") }
      guard let path = LayerPath.normalize(entry.path) else {
        throw Self.invalid("member \"\(entry.displayPath)\" leads out of it")
      }
      let name = String(decoding: path, as: UTF8.self)
      if let target = entry.hardLink, let plain = LayerPath.normalize(target) {
        links[name] = String(decoding: plain, as: UTF8.self)
      } else if entry.kind == .symbolicLink {
        let base = LayerPath.split(path).directory
        if let plain = LayerPath.normalize(LayerPath.join(base, entry.linkTarget)) {
          links[name] = String(decoding: plain, as: UTF8.self)
        }
      } else if entry.kind == .regular {
        // A member can say any size of itself.
        guard (0...store.configuration.maximumLayerSize - total).contains(entry.size) else {
          throw Self.invalid("it is too large")
        }
        total += entry.size
        let file = "\(directory)/\(count)"
        let handle = try FileDescriptor.open(file, [.writeOnly, .create, .exclusive], mode: 0o600)
        try archive.copyData(to: handle, size: entry.size)
        files[name] = file
      }
    }
    // Bytes after the archive's end are the sender's padding.
    var rest = [UInt8](repeating: 0, count: 65536)
    while try input.read(into: &rest) > 0 {}
  }

  func load() throws -> [LoadedImage] {
    if files[ImageArchiveDocuments.manifest] != nil {
      let items = try decode([ImageArchiveDocuments.Item].self, ImageArchiveDocuments.manifest)
      return try items.map { try load($0) }
    }
    guard files[ImageArchiveDocuments.index] != nil else {
      throw Self.invalid("it has neither manifest.json nor index.json")
    }
    let index = try decode(Index.self, ImageArchiveDocuments.index)
    return try index.manifests.compactMap { try load($0, depth: 0) }
  }

  private static func invalid(_ why: String, cause: (any Error)? = nil) -> ImageStoreError {
    ImageStoreError(.invalid, "invalid archive: \(why)", cause: cause)
  }

  /// The file that holds a member's bytes.
  private func file(_ name: String) throws -> String {
    var name = String(decoding: LayerPath.normalize(Array(name.utf8)) ?? [], as: UTF8.self)
    for _ in 0..<16 {
      if let file = files[name] { return file }
      guard let next = links[name] else { break }
      name = next
    }
    throw Self.invalid("\"\(name)\" is missing")
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    let path = try file(name)
    guard try FileStatus(path: path).size <= Int64(Self.maximumDocument) else {
      throw Self.invalid("\"\(name)\" is too large")
    }
    return try FileSystem.read(path)
  }

  private func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    do { return try JSONDecoder().decode(type, from: Data(try bytes(name))) } catch let error as DecodingError {
      throw Self.invalid("\"\(name)\" is malformed", cause: error)
    }
  }

  private func load(_ item: ImageArchiveDocuments.Item) throws -> LoadedImage {
    let config = try bytes(item.config)
    let names = try (item.tags ?? []).map { try ImageStore.parse($0).withDefaultTag }
    return try load(config: config, layers: item.layers.map { ($0, nil) }, manifest: nil, names: names)
  }

  private func load(_ descriptor: Descriptor, depth: Int) throws -> LoadedImage? {
    let raw = try bytes(ImageArchiveDocuments.blob(descriptor.digest))
    guard ContentHash.digest(raw) == descriptor.digest else {
      throw ImageStoreError(.corrupt, "manifest verification failed for digest \(descriptor.digest)")
    }
    switch try ManifestDocument(raw, contentType: descriptor.mediaType) {
    case .index(let index):
      guard depth < 3, let chosen = index.manifest(for: .host) else { return nil }
      var inner = chosen
      inner.annotations = descriptor.annotations
      return try load(inner, depth: depth + 1)
    case .manifest(let manifest):
      guard MediaType.isImageConfig(manifest.config.mediaType) else { return nil }
      let config = try bytes(ImageArchiveDocuments.blob(manifest.config.digest))
      guard ContentHash.digest(config) == manifest.config.digest else {
        throw ImageStoreError(.corrupt, "image config verification failed for digest \(manifest.config.digest)")
      }
      let name = descriptor.annotations?[ImageArchiveDocuments.nameAnnotation]
      let names = try name.map { [try ImageStore.parse($0).withDefaultTag] } ?? []
      return try load(
        config: config, layers: manifest.layers.map { (ImageArchiveDocuments.blob($0.digest), $0) },
        manifest: (raw, Descriptor(mediaType: descriptor.mediaType, digest: descriptor.digest, size: Int64(raw.count))),
        names: names)
    }
  }

  private func load(
    config bytes: [UInt8], layers: [(name: String, descriptor: Descriptor?)],
    manifest: (bytes: [UInt8], descriptor: Descriptor)?, names: [Reference]
  ) throws -> LoadedImage {
    let configuration = try ImageConfiguration.parse(bytes)
    let diffIDs = configuration.rootFileSystem.layers
    guard diffIDs.count == layers.count else {
      throw Self.invalid("manifest and config disagree: \(layers.count) layers, \(diffIDs.count) diff IDs")
    }
    let id = ContentHash.digest(bytes)
    let needed = diffIDs + [id]
    store.state.withLock { $0.pin(needed) }
    defer { store.state.withLock { $0.unpin(needed) } }
    for (layer, diffID) in zip(layers, diffIDs) where !store.hasLayer(diffID) {
      try loadLayer(layer.name, layer.descriptor, diffID)
    }
    try store.storeBlob(bytes, id)
    if let manifest { try store.storeBlob(manifest.bytes, manifest.descriptor.digest) }
    try store.register(id: id, manifest: manifest?.descriptor, diffIDs: diffIDs, parent: nil)
    try store.setReferences(names, to: id)
    return LoadedImage(image: id, names: names.map(\.familiar))
  }

  private func loadLayer(_ name: String, _ descriptor: Descriptor?, _ diffID: Digest) throws {
    let path = try file(name)
    let handle = try FileDescriptor.open(path, .readOnly)
    let size = try FileStatus(of: handle).size
    let bar = LayerProgress(id: diffID.short, total: size, handler: progress)
    let staged = try store.stageLayer()
    do {
      let unpacker = LayerUnpacker(file: handle, growth: nil, limit: store.configuration.maximumLayerSize) {
        bar.step("Loading layer", $0)
      }
      let layer = try unpacker.unpack(into: staged.tree, expecting: descriptor?.digest)
      let compression = Compression(magic: try handle.read(upTo: 4, at: 0))
      let blob = Descriptor(
        mediaType: descriptor?.mediaType ?? LayerMediaType.docker(compression), digest: layer.blobDigest,
        size: layer.blobSize)
      try store.check(layer, blob: descriptor ?? blob, diffID: diffID)
      try store.adoptBlob(path, blob.digest, size: blob.size)
      try store.publishLayer(staged: staged.directory, LayerRecord(diffID: diffID, size: layer.size, blob: blob))
    } catch {
      try FileSystem.removeTree(staged.directory)
      throw error
    }
  }
}

/// Names of layer blobs by their compression.
enum LayerMediaType {
  static func docker(_ compression: Compression) -> String {
    switch compression {
    case .none: MediaType.dockerLayer
    case .gzip: MediaType.dockerLayerGzip
    case .zstd: MediaType.ociLayerZstd
    }
  }
}
