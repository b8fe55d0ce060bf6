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

  /// What a pull names: a tag, a digest, or with neither all tags of a repository.
  static func reference(_ image: String, tag: String?) throws -> Reference {
    // A client that wants all tags may send the name with an empty one.
    var reference = try Reference(image.hasSuffix(":") ? String(image.dropLast()) : image)
    if let tag {
      if let digest = Digest(tag) {
        reference = reference.repository.withDigest(digest)
      } else {
        reference = try reference.withTag(tag)
      }
    }
    if reference.familiarName == "scratch" { throw RefusedError(.forbidden, "'scratch' is a reserved name") }
    return reference
  }

  private static func pull(_ call: Call, _ image: String) async throws -> Response {
    let wanted = try reference(image, tag: call.word("tag"))
    let platform = try PlatformChoice.ofPull(call)
    let credentials = RegistryAccess.credentials(call)
    let engine = call.engine
    return try await ProgressStream.response { progress in
      let wantsAll = wanted.tag == nil && wanted.digest == nil
      if wantsAll {
        try await engine.images.pullAllTags(
          of: wanted, platform: platform, credentials: credentials, progress: progress)
      } else {
        try await engine.images.pull(wanted, platform: platform, credentials: credentials, progress: progress)
      }
      engine.publishImage("pull", id: wanted.familiar, name: wanted.familiarName)
      return wantsAll ? [] : try await mismatch(wanted, platform, engine)
    }
  }

  /// The warning about an image that is for another platform than the one asked for: a registry that has only the one
  /// is not refused.
  private static func mismatch(
    _ pulled: Reference, _ platform: Platform?, _ engine: ContainerEngine
  ) async throws -> [ProgressMessage] {
    guard let platform, !PlatformChoice.matches(try await engine.images.image(named: pulled.familiar), platform) else {
      return []
    }
    let says = "image with reference \(pulled) was found but does not provide the specified platform (\(platform))"
    return [ProgressMessage(status: "WARNING: " + says)]
  }
}
