import OCI

/// What a registry says about an image that is not pulled.
public struct RemoteImage: Sendable, Equatable {
  /// The manifest, or the index of manifests, that the name stands for.
  public var descriptor: Descriptor
  /// The machines that it runs on.
  public var platforms: [Platform]

  public init(descriptor: Descriptor, platforms: [Platform]) {
    self.descriptor = descriptor
    self.platforms = platforms
  }
}

extension ImageStore {
  /// Looks an image up in its registry without pulling it (`GET /distribution/{name}/json`).
  /// - Parameter reference: without tag and digest `latest` is meant.
  /// - Throws: `ImageStoreError`; `CancellationError`.
  public func remoteImage(
    _ reference: Reference, credentials: RegistryCredentials = .init()
  ) async throws -> RemoteImage {
    let reference = reference.withDefaultTag
    return try await onHosts(of: reference, credentials) { session in
      do {
        let fetched = try await session.manifest(
          reference.path, reference.digest?.description ?? reference.tag ?? "latest")
        let descriptor = Descriptor(
          mediaType: fetched.mediaType, digest: fetched.digest, size: Int64(fetched.bytes.count))
        switch fetched.document {
        case .index(let index):
          return RemoteImage(descriptor: descriptor, platforms: index.manifests.compactMap(\.platform))
        case .manifest(let manifest):
          let bytes = try await session.smallBlob(
            reference.path, manifest.config, limit: ImageConfiguration.maximumSize)
          return RemoteImage(descriptor: descriptor, platforms: [try ImageConfiguration.parse(bytes).platform])
        }
      } catch { throw Self.shaped(PullErrors.manifest(error, reference)) }
    }
  }
}
