import AsyncWork
import FoundationEssentials
import Linux
import NIOHTTP1
import OCI
import Synchronization

/// One push of one name.
struct ImagePush: Sendable {
  let store: ImageStore
  let session: RegistrySession
  let reference: Reference
  let progress: ProgressHandler

  private var repository: String { reference.path }

  func run() async throws {
    let record = try store.state.withLock { state in
      guard let image = state.references[reference.description]?.image, let record = state.images[image] else {
        throw ImageStoreError.noSuchImage(reference.familiar)
      }
      state.pin([record.id] + record.layers.map(\.diffID))
      return record
    }
    defer { store.state.withLock { $0.unpin([record.id] + record.layers.map(\.diffID)) } }
    do { try await push(record) } catch { throw Self.worded(error, reference) }
  }

  private func push(_ record: ImageRecord) async throws {
    let store = store
    var uploads: [(layer: ImageLayer, blob: Descriptor, path: String?)] = []
    var seen = Set<Digest>()
    for layer in record.layers where seen.insert(layer.diffID).inserted {
      progress(ProgressEvent(id: layer.diffID.short, status: "Preparing"))
      uploads.append((layer, layer.blob, nil))
    }
    var pushed: [Digest: Descriptor] = [:]
    let width = max(1, store.configuration.maximumUploads)
    try await withThrowingTaskGroup(of: (Digest, Descriptor).self) { group in
      for (index, upload) in uploads.enumerated() {
        if index >= width, let (diffID, blob) = try await group.next() { pushed[diffID] = blob }
        group.addTask { (upload.layer.diffID, try await pushLayer(upload.layer)) }
      }
      while let (diffID, blob) = try await group.next() { pushed[diffID] = blob }
    }
    let config = try await store.blocking { try store.readBlob(record.id) }
    let uploader = BlobUpload(session: session, repository: repository, store: store)
    try await uploader.pushBytes(config, record.id)
    let blobs = pushed
    let (bytes, descriptor) = try await store.blocking {
      var current = record
      current.layers = record.layers.map { ImageLayer(diffID: $0.diffID, blob: blobs[$0.diffID] ?? $0.blob) }
      return try store.currentManifest(current)
    }
    let tag = reference.tag ?? "latest"
    _ = try await session.send(
      .PUT, RegistryPath.manifest(repository, tag), headers: ["Content-Type": descriptor.mediaType], body: bytes)
    progress(
      ProgressEvent(
        status: "\(tag): digest: \(descriptor.digest) size: \(bytes.count)",
        pushed: .init(tag: tag, digest: descriptor.digest.description, size: Int64(bytes.count))))
    let name = reference.repository.withDigest(descriptor.digest)
    try await store.blocking {
      try store.storeBlob(bytes, descriptor.digest)
      try store.setReferences([name], to: record.id)
    }
  }

  private func pushLayer(_ layer: ImageLayer) async throws -> Descriptor {
    let uploader = BlobUpload(session: session, repository: repository, store: store)
    let id = layer.diffID.short
    let store = store
    // A layer made here lies in the store as a plain tar; registries are given gzip.
    let needsCompression = layer.blob.mediaType == MediaType.dockerLayer || layer.blob.mediaType == MediaType.ociLayer
    var blob = layer.blob
    var path = store.paths.blob(layer.blob.digest)
    if needsCompression {
      let target = store.paths.temporary()
      let source = path
      blob = try await store.blocking { try LayerCompressor.compress(source, to: target) }
      path = target
    }
    let temporary = needsCompression ? path : nil
    let sent: Bool
    do {
      let bar = LayerProgress(id: id, total: blob.size, handler: progress)
      sent = try await uploader.pushFile(path, blob, sources: sources(of: layer)) { bar.step("Pushing", $0) }
    } catch {
      if let temporary { try await store.pool.run { try FileSystem.removeFile(temporary) } }
      throw error
    }
    if let temporary { try await store.pool.run { try FileSystem.removeFile(temporary) } }
    progress(ProgressEvent(id: id, status: sent ? "Pushed" : "Layer already exists"))
    return blob
  }

  /// Repositories of the same registry that have the layer already, as far as names here tell.
  private func sources(of layer: ImageLayer) -> [String] {
    store.state.withLock { state in
      let images = state.images.values.filter { $0.layers.contains(layer) }.map(\.id)
      let names = state.references.values.filter {
        images.contains($0.image) && $0.reference.domain == reference.domain && $0.reference.path != repository
          && $0.reference.digest != nil
      }
      return Array(Set(names.map(\.reference.path)).sorted().prefix(1))
    }
  }

  private static func worded(_ error: any Error, _ reference: Reference) -> any Error {
    guard let failure = error as? RegistryFailure else { return ImageStore.shaped(error) }
    switch failure.kind {
    case .status(401), .status(403):
      return ImageStoreError(
        .denied, failure.body == nil ? "denied: requested access to the resource is denied" : failure.message,
        cause: failure)
    case .unauthenticated: return ImageStoreError(.denied, "no basic auth credentials", cause: failure)
    default: return ImageStoreError(.unavailable, failure.message, cause: failure)
    }
  }
}
