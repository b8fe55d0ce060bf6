/// The kinds of content an image is made of, in Docker's and OCI's names (OCI media-types.md; distribution
/// manifest v2 schema 2).
public enum MediaType {
  public static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
  public static let dockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json"
  public static let dockerSignedManifestV1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
  public static let dockerManifestV1 = "application/vnd.docker.distribution.manifest.v1+json"
  public static let dockerConfig = "application/vnd.docker.container.image.v1+json"
  public static let dockerLayer = "application/vnd.docker.image.rootfs.diff.tar"
  public static let dockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip"
  public static let dockerForeignLayerGzip = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
  public static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
  public static let ociIndex = "application/vnd.oci.image.index.v1+json"
  public static let ociConfig = "application/vnd.oci.image.config.v1+json"
  public static let ociLayer = "application/vnd.oci.image.layer.v1.tar"
  public static let ociLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip"
  public static let ociLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd"

  /// What a client that wants a manifest sends as `Accept`.
  public static let acceptedManifests = [dockerManifest, dockerManifestList, ociManifest, ociIndex]

  public static func isManifest(_ type: String) -> Bool { type == dockerManifest || type == ociManifest }
  public static func isIndex(_ type: String) -> Bool { type == dockerManifestList || type == ociIndex }
  /// Whether a descriptor names a config of an image that can run (and not a chart, a signature, an attestation).
  public static func isImageConfig(_ type: String) -> Bool { type == dockerConfig || type == ociConfig }
}
