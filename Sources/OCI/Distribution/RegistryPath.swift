/// The paths of the distribution API (distribution specification, "Endpoints").
public enum RegistryPath {
  public static func manifest(_ repository: String, _ reference: String) -> String {
    "/v2/\(repository)/manifests/\(reference)"
  }
  public static func blob(_ repository: String, _ digest: Digest) -> String { "/v2/\(repository)/blobs/\(digest)" }
  public static func tags(_ repository: String) -> String { "/v2/\(repository)/tags/list" }
  /// Answers every client that may speak to the registry at all.
  public static let root = "/v2/"
  public static func uploads(_ repository: String) -> String { "/v2/\(repository)/blobs/uploads/" }
  /// Starts an upload that ends at once where the registry has the blob in `source` already.
  public static func mount(_ repository: String, _ digest: Digest, from source: String) -> String {
    "/v2/\(repository)/blobs/uploads/?mount=\(digest)&from=\(source)"
  }
}
