import FoundationEssentials
import Linux
import OCI
import Synchronization

extension ImageStore {
  /// Writes images with all their layers as one tar that `docker load`, and every reader of OCI layouts, takes.
  /// - Parameter names: a reference gives the image that name in the archive; an ID gives none; a repository without tag
  ///   gives all its tags.
  public func save(_ names: [String]) async throws -> ByteStream {
    var order: [Digest] = []
    var tags: [Digest: [Reference]] = [:]
    for name in names {
      let id = try resolve(name)
      if !order.contains(id) { order.append(id) }
      guard !id.description.hasPrefix(name), !id.hex.hasPrefix(name) else { continue }
      let reference = try Self.parse(name)
      guard reference.digest == nil else { continue }
      let tagged = reference.withDefaultTag
      if tags[id]?.contains(tagged) != true { tags[id, default: []].append(tagged) }
    }
    let images = try state.withLock { state in
      try order.map { id in
        guard let record = state.images[id] else { throw ImageStoreError.noSuchImage(id.description) }
        return record
      }
    }
    let pinned = images.flatMap { [$0.id] + $0.layers.flatMap { [$0.diffID, $0.blob.digest] } }
    state.withLock { $0.pin(pinned) }
    return try ByteStream(pool: pool) { [self, tags] output in
      defer { state.withLock { $0.unpin(pinned) } }
      let archive = try ArchiveWriter { try output.writeAll($0) }
      try ImageArchiveWriter(store: self, archive: archive).write(images, tags: tags)
    }
  }

  /// The manifest of an image as its blobs are here: the one it came with where that still fits, else a new one.
  func currentManifest(_ record: ImageRecord) throws -> (bytes: [UInt8], descriptor: Descriptor) {
    if let known = record.manifest, hasBlob(known.digest) {
      let bytes = try readBlob(known.digest)
      if case .manifest(let manifest)? = try? ManifestDocument(bytes, contentType: known.mediaType),
        manifest.layers.map(\.digest) == record.layers.map(\.blob.digest), manifest.config.digest == record.id
      {
        return (bytes, known)
      }
    }
    let size = state.withLock { $0.blobs[record.id] ?? 0 }
    let layers = record.layers.map { layer in
      Descriptor(mediaType: Self.dockerType(layer.blob.mediaType), digest: layer.blob.digest, size: layer.blob.size)
    }
    let isDocker = layers.allSatisfy { $0.mediaType.hasPrefix("application/vnd.docker.") }
    let type = isDocker ? MediaType.dockerManifest : MediaType.ociManifest
    let manifest = Manifest(
      mediaType: type,
      config: Descriptor(
        mediaType: isDocker ? MediaType.dockerConfig : MediaType.ociConfig, digest: record.id, size: size),
      layers: isDocker ? layers : record.layers.map(\.blob))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let bytes = Array(try encoder.encode(manifest))
    return (bytes, Descriptor(mediaType: type, digest: ContentHash.digest(bytes), size: Int64(bytes.count)))
  }

  private static func dockerType(_ type: String) -> String {
    switch type {
    case MediaType.ociLayerGzip: MediaType.dockerLayerGzip
    case MediaType.ociLayer: MediaType.dockerLayer
    default: type
    }
  }
}

/// Writes one archive of images. Blocks.
private struct ImageArchiveWriter {
  let store: ImageStore
  let archive: ArchiveWriter

  func write(_ images: [ImageRecord], tags: [Digest: [Reference]]) throws {
    var written = Set<Digest>()
    var items: [ImageArchiveDocuments.Item] = []
    var index = Index(mediaType: MediaType.ociIndex, manifests: [])
    var repositories: [String: [String: String]] = [:]
    try directory("blobs/")
    try directory("blobs/sha256/")
    for image in images {
      let manifest = try store.currentManifest(image)
      let names = tags[image.id] ?? []
      if written.insert(image.id).inserted { try blob(image.id) }
      for layer in image.layers where written.insert(layer.blob.digest).inserted { try blob(layer.blob.digest) }
      if written.insert(manifest.descriptor.digest).inserted {
        try file(ImageArchiveDocuments.blob(manifest.descriptor.digest), manifest.bytes)
      }
      items.append(
        .init(
          config: ImageArchiveDocuments.blob(image.id), tags: names.isEmpty ? nil : names.map(\.familiar),
          layers: image.layers.map { ImageArchiveDocuments.blob($0.blob.digest) }))
      if names.isEmpty { index.manifests.append(manifest.descriptor) }
      for name in names {
        var descriptor = manifest.descriptor
        descriptor.annotations = [
          ImageArchiveDocuments.nameAnnotation: name.description,
          ImageArchiveDocuments.referenceAnnotation: name.tag ?? "latest",
        ]
        index.manifests.append(descriptor)
        repositories[name.familiarName, default: [:]][name.tag ?? "latest"] =
          image.layers.last?.diffID.hex ?? image.id.hex
      }
    }
    try json(ImageArchiveDocuments.index, index)
    try json(ImageArchiveDocuments.manifest, items)
    try json(ImageArchiveDocuments.layout, ImageArchiveDocuments.Layout(version: "1.0.0"))
    if !repositories.isEmpty { try json(ImageArchiveDocuments.repositories, repositories) }
    try archive.finish()
  }

  private func directory(_ path: String) throws {
    try archive.writeHeader(ArchiveEntry(path: Array(path.utf8), kind: .directory, mode: 0o755))
  }

  private func file(_ path: String, _ bytes: [UInt8]) throws {
    try archive.writeHeader(ArchiveEntry(path: Array(path.utf8), kind: .regular, mode: 0o644, size: Int64(bytes.count)))
    try archive.write(bytes)
  }

  private func json(_ path: String, _ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try file(path, Array(try encoder.encode(value)))
  }

  private func blob(_ digest: Digest) throws {
    let file = try FileDescriptor.open(store.paths.blob(digest), .readOnly)
    let size = try FileStatus(of: file).size
    try archive.writeHeader(
      ArchiveEntry(path: Array(ImageArchiveDocuments.blob(digest).utf8), kind: .regular, mode: 0o644, size: size))
    try archive.copyData(from: file, size: size)
  }
}
