/// Points to content: what it is, its digest and its size in bytes (OCI descriptor.md).
public struct Descriptor: Hashable, Sendable, Codable {
  public var mediaType: String
  public var digest: Digest
  /// Bytes.
  public var size: Int64
  /// Where else the content may be had (foreign layers).
  public var urls: [String]?
  public var annotations: [String: String]?
  /// In an index: for which machine the manifest is.
  public var platform: Platform?

  public init(
    mediaType: String, digest: Digest, size: Int64, urls: [String]? = nil, annotations: [String: String]? = nil,
    platform: Platform? = nil
  ) {
    self.mediaType = mediaType
    self.digest = digest
    self.size = size
    self.urls = urls
    self.annotations = annotations
    self.platform = platform
  }
}
