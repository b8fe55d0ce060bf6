import Linux
import OCI
import Synchronization

/// One pull of one image from one registry.
struct ImagePull: Sendable {
  let store: ImageStore
  let session: RegistrySession
  let reference: Reference
  let platform: Platform
  let progress: ProgressHandler

  private var repository: String { reference.path }

  func run(_ fetched: FetchedManifest) async throws -> PullResult {
    progress(
      ProgressEvent(id: reference.tag ?? reference.digest?.description ?? "", status: "Pulling from \(shownRepository)")
    )
    let (manifest, image) = try await choose(fetched)
    let bytes = try await configuration(manifest)
    let configuration: ImageConfiguration
    do { configuration = try ImageConfiguration.parse(bytes) } catch { throw ImageStore.shaped(error) }
    let diffIDs = configuration.rootFileSystem.layers
    guard diffIDs.count == manifest.layers.count else {
      throw ImageStoreError(
        .corrupt,
        "layers from manifest don't match image configuration: \(manifest.layers.count) layers, \(diffIDs.count) diff IDs"
      )
    }
    let needed = diffIDs + manifest.layers.map(\.digest) + [manifest.config.digest, image.digest]
    store.state.withLock { $0.pin(needed) }
    defer { store.state.withLock { $0.unpin(needed) } }
    try await pullLayers(zip(manifest.layers, diffIDs).map { ($0, $1) })
    let isNew = try await commit(
      image, config: manifest.config.digest, bytes: bytes, diffIDs: diffIDs, served: fetched.digest)
    progress(ProgressEvent(status: "Digest: \(fetched.digest)"))
    return PullResult(image: manifest.config.digest, digest: fetched.digest, isNew: isNew)
  }

  /// The last line of a pull; with all tags there is one for the repository.
  static func status(_ reference: Reference, isNew: Bool) -> ProgressEvent {
    ProgressEvent(
      status: isNew
        ? "Status: Downloaded newer image for \(reference.familiar)"
        : "Status: Image is up to date for \(reference.familiar)")
  }

  /// Docker prints the path alone for its own registry, and the whole name for others' without the domain too.
  private var shownRepository: String { reference.path }

  /// The manifest for the platform.
  private func choose(_ fetched: FetchedManifest) async throws -> (Manifest, FetchedManifest) {
    var current = fetched
    for _ in 0..<3 {
      switch current.document {
      case .manifest(let manifest):
        guard MediaType.isImageConfig(manifest.config.mediaType) || manifest.config.mediaType.isEmpty else {
          throw ImageStoreError(
            .invalid, "unsupported media type \(manifest.config.mediaType): \(reference.familiar) is no container image"
          )
        }
        return (manifest, current)
      case .index(let index):
        guard let descriptor = index.manifest(for: platform) else {
          throw ImageStoreError(
            .notFound, "no matching manifest for \(platform) in the manifest list entries")
        }
        do { current = try await session.manifest(repository, descriptor.digest.description) } catch {
          throw PullErrors.manifest(error, reference)
        }
      }
    }
    throw ImageStoreError(.corrupt, "manifest lists of \(reference.familiar) name each other without end")
  }

  private func configuration(_ manifest: Manifest) async throws -> [UInt8] {
    let digest = manifest.config.digest
    let store = store
    if store.hasBlob(digest) { return try await store.blocking { try store.readBlob(digest) } }
    do {
      return try await session.smallBlob(repository, manifest.config, limit: ImageConfiguration.maximumSize)
    } catch { throw PullErrors.blob(error) }
  }

  /// Pulls the layers that are missing, a few at a time, in order.
  private func pullLayers(_ layers: [(blob: Descriptor, diffID: Digest)]) async throws {
    var seen = Set<Digest>()
    let unique = layers.filter { seen.insert($0.diffID).inserted }
    var missing: [(blob: Descriptor, diffID: Digest)] = []
    for layer in unique {
      if store.hasLayer(layer.diffID) {
        progress(ProgressEvent(id: layer.blob.digest.short, status: "Already exists"))
      } else {
        progress(ProgressEvent(id: layer.blob.digest.short, status: "Pulling fs layer"))
        missing.append(layer)
      }
    }
    let width = max(1, store.configuration.maximumDownloads)
    for layer in missing.dropFirst(width) { progress(ProgressEvent(id: layer.blob.digest.short, status: "Waiting")) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, layer) in missing.enumerated() {
        if index >= width { try await group.next() }
        group.addTask { try await pullLayer(layer.blob, layer.diffID) }
      }
      try await group.waitForAll()
    }
  }

  private func pullLayer(_ blob: Descriptor, _ diffID: Digest) async throws {
    let bar = LayerProgress(id: blob.digest.short, total: blob.size, handler: progress)
    do {
      try await store.transfers.once(diffID) {
        if store.hasLayer(diffID) { return }
        try await LayerPull(
          store: store, session: session, repository: repository, blob: blob, diffID: diffID, bar: bar
        ).run()
      }
    } catch { throw PullErrors.blob(error) }
    bar.say("Pull complete")
  }

  /// Makes the image visible: everything it needs reaches the disk first, its name comes last.
  private func commit(
    _ image: FetchedManifest, config: Digest, bytes: [UInt8], diffIDs: [Digest], served: Digest
  ) async throws -> Bool {
    let store = store
    let reference = reference
    return try await store.blocking {
      let descriptor = Descriptor(mediaType: image.mediaType, digest: image.digest, size: Int64(image.bytes.count))
      try store.storeBlob(image.bytes, image.digest)
      try store.storeBlob(bytes, config)
      try store.register(id: config, manifest: descriptor, diffIDs: diffIDs, parent: nil)
      var names = [reference.repository.withDigest(served)]
      if let tag = reference.tag { names.append(try reference.withTag(tag)) }
      return try store.setReferences(names, to: config)
    }
  }
}
