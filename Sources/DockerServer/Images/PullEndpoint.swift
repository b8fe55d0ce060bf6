import ContainerEngine
import DockerAPI
import HTTPService
import ImageStore
import OCI

/// `POST /images/create`: pulls an image, or makes one from an archive.
enum PullEndpoint {
  static let create: Endpoint = { call in
    if let image = call.word("fromImage") { return try await pull(call, image) }
    return try await ImageArchiveEndpoints.importArchive(call)
  }

  private static func pull(_ call: Call, _ image: String) async throws -> Response {
    let name = image.hasSuffix(":") ? String(image.dropLast()) : image
    var reference = try Reference(name)
    if let tag = call.word("tag") {
      if let digest = Digest(tag) {
        reference = reference.repository.withDigest(digest)
      } else {
        reference = try reference.withTag(tag)
      }
    }
    if reference.familiarName == "scratch" { throw RefusedError(.forbidden, "'scratch' is a reserved name") }
    let wanted = reference.withDefaultTag
    let platform = try PlatformChoice.ofPull(call)
    let credentials = RegistryAccess.credentials(call)
    let engine = call.engine
    return try await ProgressStream.response { progress in
      try await engine.images.pull(wanted, platform: platform, credentials: credentials, progress: progress)
      engine.publishImage("pull", id: wanted.familiar, name: wanted.familiarName)
      return []
    }
  }
}

/// The credentials that a client sends along.
enum RegistryAccess {
  /// Those of `X-Registry-Auth`; none where the header is missing or broken, as in Docker.
  static func credentials(_ call: Call) -> RegistryCredentials {
    guard let header = call.request.headers["X-Registry-Auth"], let auth = try? AuthConfig.fromHeader(header) else {
      return RegistryCredentials()
    }
    return credentials(auth)
  }

  /// From Docker's form.
  static func credentials(_ auth: AuthConfig) -> RegistryCredentials {
    var credentials = RegistryCredentials(
      username: auth.username, password: auth.password, identityToken: auth.identityToken,
      registryToken: auth.registryToken)
    if credentials.username.isEmpty, let bytes = Base64.decode(auth.auth) {
      let parts = String(decoding: bytes, as: UTF8.self).split(
        separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 {
        credentials.username = String(parts[0])
        credentials.password = String(parts[1])
      }
    }
    return credentials
  }
}
