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
    let result = try await onHosts(of: reference, credentials) { session in
      try await pullOne(reference, platform, session, progress)
    }
    progress(ImagePull.status(reference, isNew: result.isNew))
    return result
  }

  /// Pulls all tags of a repository (`docker pull --all-tags`), one after the other; the first failure ends it, and what
  /// came before stays.
  /// - Parameter repository: its tag does not matter.
  /// - Throws: as `pull`.
  @discardableResult
  public func pullAllTags(
    of repository: Reference, platform: Platform? = nil, credentials: RegistryCredentials = .init(),
    progress: @escaping ProgressHandler = { _ in }
  ) async throws -> [PullResult] {
    let repository = repository.repository
    let results = try await onHosts(of: repository, credentials) { session in
      let tags: [String]
      do { tags = try await session.tags(repository.path) } catch { throw PullErrors.manifest(error, repository) }
      var results: [PullResult] = []
      for tag in tags {
        try Task.checkCancellation()
        let reference: Reference
        do { reference = try repository.withTag(tag) } catch {
          throw ImageStoreError(.corrupt, "the registry lists \"\(tag)\", which is no tag", cause: error)
        }
        results.append(try await pullOne(reference, platform, session, progress))
      }
      return results
    }
    progress(ImagePull.status(repository, isNew: results.contains { $0.isNew }))
    return results
  }

  private func pullOne(
    _ reference: Reference, _ platform: Platform?, _ session: RegistrySession, _ progress: @escaping ProgressHandler
  ) async throws -> PullResult {
    let fetched: FetchedManifest
    do {
      fetched = try await session.manifest(reference.path, reference.digest?.description ?? reference.tag ?? "latest")
    } catch { throw PullErrors.manifest(error, reference) }
    return try await ImagePull(
      store: self, session: session, reference: reference, platform: platform ?? .host, progress: progress
    ).run(fetched)
  }

  /// Runs `body` with each host that may serve a reference until one does: a mirror that has not got an image, does not
  /// answer, or breaks off in the middle is no reason to fail. Bytes that one host sent are not asked of the next again.
  func onHosts<Result>(
    of reference: Reference, _ credentials: RegistryCredentials, _ body: (RegistrySession) async throws -> Result
  ) async throws -> Result {
    var last: (any Error)?
    for host in RegistryHost.candidates(for: reference, configuration) {
      try Task.checkCancellation()
      let session = RegistrySession(
        host: host, connections: registries, credentials: credentials, scopes: ["repository:\(reference.path):pull"])
      do { return try await body(session) } catch {
        guard Self.isHostsOwn(error) else { throw error }
        last = error
      }
    }
    throw last ?? ImageStoreError(.unavailable, "no registry for \(reference.familiar)")
  }

  /// Whether another host may do better.
  private static func isHostsOwn(_ error: any Error) -> Bool {
    guard let error = error as? ImageStoreError else { return error is RegistryFailure }
    return [.notFound, .denied, .unavailable, .corrupt].contains(error.code)
  }
}
