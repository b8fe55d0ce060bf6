import OCI

/// What the store keeps about an image beside its config bytes; one JSON file an image.
struct ImageRecord: Sendable, Codable, Equatable {
  /// Digest of the config.
  var id: Digest
  /// The manifest it came with; nil for images made here, whose manifest is made when one is needed.
  var manifest: Descriptor?
  /// Lowest first.
  var layers: [ImageLayer]
  /// The image it was committed or built from on this host, as Docker's `Parent`.
  var parent: Digest?
  /// Nanoseconds since 1970 of the last tagging, 0 for never.
  var lastTagged: Int64
}

/// A layer of an image: the digest of the uncompressed tar, and the blob it came in.
struct ImageLayer: Sendable, Codable, Equatable {
  var diffID: Digest
  var blob: Descriptor
}

/// What the store keeps about an unpacked layer, in `layer.json` beside the tree.
struct LayerRecord: Sendable, Codable, Equatable {
  var diffID: Digest
  /// Bytes of all regular files.
  var size: Int64
  /// The blob it was unpacked from.
  var blob: Descriptor
}
