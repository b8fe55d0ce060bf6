import DockerAPI
import HTTPService
import ImageStore
import OCI

/// The `platform` of a query: `linux/amd64` in a pull, a JSON object elsewhere.
enum PlatformChoice {
  /// The platform of a pull; nil for the host's.
  static func ofPull(_ call: Call) throws(QueryError) -> Platform? {
    guard call.version >= APIVersion(1, 32), let text = call.word("platform") else { return nil }
    guard let platform = Platform(text) else {
      throw QueryError("\"\(text)\" is an invalid component of \"\(text)\": platform specifier component must match")
    }
    return platform
  }

  /// The platform of a query in JSON form.
  static func decode(_ text: String) throws(QueryError) -> Platform {
    let wanted: ImagePlatform
    do {
      wanted = try DockerJSON.decode(ImagePlatform.self, from: Array(text.utf8))
    } catch {
      throw QueryError("failed to parse platform: \(error.message)")
    }
    if wanted.os.isEmpty || wanted.architecture.isEmpty {
      throw QueryError("both OS and Architecture must be provided")
    }
    return Platform(
      os: wanted.os, architecture: wanted.architecture, variant: wanted.variant.isEmpty ? nil : wanted.variant,
      osVersion: wanted.osVersion.isEmpty ? nil : wanted.osVersion)
  }

  /// Whether an image is for a platform; one without a variant is that of all its variants.
  static func matches(_ image: Image, _ wanted: Platform) -> Bool {
    let actual = image.configuration.platform
    return wanted.os == actual.os && wanted.architecture == actual.architecture
      && (wanted.variant == nil || wanted.variant == actual.variant)
  }

  /// Refuses a platform that the image is not for; this store keeps one platform of each image.
  static func check(_ call: Call, _ image: Image, since version: APIVersion) throws {
    guard call.version >= version, let text = call.word("platform") else { return }
    let wanted = try decode(text)
    let actual = image.configuration.platform
    guard matches(image, wanted) else {
      throw RefusedError(
        .notFound,
        "image with reference \(call.name) was found but its platform (\(actual)) does not match the specified "
          + "platform (\(wanted))")
    }
  }
}
