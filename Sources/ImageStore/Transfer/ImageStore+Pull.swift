import Linux
import OCI

/// What a pull brought.
public struct PullResult: Sendable, Equatable {
  /// The image's identity.
  public var image: Digest
  /// The digest that the registry served the reference under.
  public var digest: Digest
  /// False where the store had the same image under the same name already.
  public var isNew: Bool
}

extension ImageStore {
  /// Pulls an image from its registry, or a mirror of it, and gives it its name.
  ///
  /// Layers come in parallel and are unpacked while they come. A failed or cancelled pull leaves nothing visible; the
  /// next one goes on with the bytes that are there.
  /// - Parameters:
  ///   - reference: without tag and digest `latest` is meant.
  ///   - platform: nil for this host's.
  ///   - progress: told every step in Docker's words.
  /// - Throws: `ImageStoreError`; `CancellationError`.
  @discardableResult
  public func pull(
    _ reference: Reference, platform: Platform? = nil, credentials: RegistryCredentials = .init(),
    progress: @escaping ProgressHandler = { _ in }
  ) async throws -> PullResult {
    let reference = reference.withDefaultTag
    var last: (any Error)?
    for host in RegistryHost.candidates(for: reference, configuration) {
      try Task.checkCancellation()
      let session = RegistrySession(
        host: host, connections: registries, credentials: credentials, scopes: ["repository:\(reference.path):pull"])
      let fetched: FetchedManifest
      do {
        fetched = try await session.manifest(reference.path, reference.digest?.description ?? reference.tag ?? "latest")
      } catch {
        // A mirror that has not got it, or does not answer, is no reason to fail.
        if error is CancellationError { throw error }
        last = PullErrors.manifest(error, reference)
        continue
      }
      let pull = ImagePull(
        store: self, session: session, reference: reference, platform: platform ?? .host, progress: progress)
      return try await pull.run(fetched)
    }
    throw last ?? ImageStoreError(.unavailable, "no registry for \(reference.familiar)")
  }
}
