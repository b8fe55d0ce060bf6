import OCI

/// An image of the store, as lists and `inspect` show it.
public struct Image: Sendable {
  /// Digest of the config: the image's identity.
  public var id: Digest
  public var configuration: ImageConfiguration
  /// `name:tag` references, in order.
  public var tags: [Reference]
  /// `name@digest` references, in order.
  public var digests: [Reference]
  /// Digests of the uncompressed layers, lowest first.
  public var layers: [Digest]
  /// Bytes of all layers' files.
  public var size: Int64
  /// The image this one was made from on this host.
  public var parent: Digest?
  /// Nanoseconds since 1970 of the last tagging; 0 for never.
  public var lastTagged: Int64
  /// The manifest it came with; nil for images made on this host.
  public var manifest: Descriptor?

  /// Whether no tag names it.
  public var isDangling: Bool { tags.isEmpty }
}

/// A container that uses an image, as far as removing the image must know.
public struct ImageUse: Sendable {
  public var container: String
  public var isRunning: Bool
  public init(container: String, isRunning: Bool) {
    self.container = container
    self.isRunning = isRunning
  }
}

/// What removing changed, one line of `docker rmi`.
public enum ImageChange: Sendable, Equatable {
  /// A name was taken away from an image.
  case untagged(String, image: Digest)
  /// An image, or a layer of it by its diff ID, is gone.
  case deleted(Digest)
}
