import OCI

/// The documents in the archive that `docker save` writes (Docker image specification v1.2; OCI image-layout.md).
enum ImageArchiveDocuments {
  /// One entry of `manifest.json`.
  struct Item: Codable, Sendable {
    var config: String
    var tags: [String]?
    var layers: [String]
    var parent: String?
    enum CodingKeys: String, CodingKey {
      case config = "Config"
      case tags = "RepoTags"
      case layers = "Layers"
      case parent = "Parent"
    }
  }

  struct Layout: Codable, Sendable {
    var version: String
    enum CodingKeys: String, CodingKey { case version = "imageLayoutVersion" }
  }

  static let manifest = "manifest.json"
  static let repositories = "repositories"
  static let index = "index.json"
  static let layout = "oci-layout"
  static let nameAnnotation = "io.containerd.image.name"
  static let referenceAnnotation = "org.opencontainers.image.ref.name"

  static func blob(_ digest: Digest) -> String { "blobs/\(digest.algorithm)/\(digest.hex)" }
}
