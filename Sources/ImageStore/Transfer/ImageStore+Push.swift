import Linux
import OCI
import Synchronization

extension ImageStore {
  /// Pushes an image to the registry that its name says; without a tag, all tags of the repository.
  /// - Throws: `ImageStoreError`.
  public func push(
    _ reference: Reference, credentials: RegistryCredentials = .init(), progress: @escaping ProgressHandler = { _ in }
  ) async throws {
    guard reference.digest == nil else {
      throw ImageStoreError(.invalid, "cannot push a digest reference")
    }
    let names = state.withLock { state in
      state.references.values.map(\.reference).filter {
        $0.name == reference.name && $0.digest == nil && (reference.tag == nil || $0.tag == reference.tag)
      }.sorted { $0.description < $1.description }
    }
    guard !names.isEmpty else {
      throw ImageStoreError(
        .notFound,
        reference.tag == nil
          ? "An image does not exist locally with the tag: \(reference.familiarName)"
          : "tag does not exist: \(reference.familiar)")
    }
    progress(ProgressEvent(status: "The push refers to repository [\(reference.name)]"))
    let session = RegistrySession(
      host: .main(for: reference, configuration), connections: registries, credentials: credentials,
      scopes: ["repository:\(reference.path):pull,push"])
    for name in names {
      try await ImagePush(store: self, session: session, reference: name, progress: progress).run()
    }
  }
}
