import OCI

/// A registry's refusals in Docker's words (moby, distribution/errors.go).
enum PullErrors {
  /// What Docker says when fetching the manifest of `reference` failed.
  static func manifest(_ error: any Error, _ reference: Reference) -> any Error {
    guard let failure = error as? RegistryFailure else { return error }
    let code = failure.body?.entries.first?.code ?? ""
    if code == "MANIFEST_UNKNOWN" {
      return ImageStoreError(
        .notFound, "manifest for \(reference.familiar) not found: \(failure.message)", cause: failure)
    }
    if code == "NAME_UNKNOWN" {
      return ImageStoreError(
        .notFound,
        "pull access denied for \(reference.familiarName), repository does not exist or may require 'docker login': "
          + failure.message, cause: failure)
    }
    switch failure.kind {
    case .status(401), .status(403):
      let detail = failure.body == nil ? "denied: requested access to the resource is denied" : failure.message
      return ImageStoreError(
        .denied,
        "pull access denied for \(reference.familiarName), repository does not exist or may require 'docker login': "
          + detail, cause: failure)
    case .unauthenticated: return ImageStoreError(.denied, failure.message, cause: failure)
    case .status(404):
      return ImageStoreError(
        .notFound, "manifest for \(reference.familiar) not found: manifest unknown: manifest unknown", cause: failure)
    case .status(429):
      return ImageStoreError(
        .unavailable, failure.body == nil ? "toomanyrequests: \(failure.message)" : failure.message, cause: failure)
    default: return ImageStoreError(.unavailable, failure.message, cause: failure)
    }
  }

  /// What Docker says when a blob could not be had.
  static func blob(_ error: any Error) -> any Error {
    guard let failure = error as? RegistryFailure else { return ImageStore.shaped(error) }
    return ImageStoreError(.unavailable, failure.message, cause: failure)
  }
}
