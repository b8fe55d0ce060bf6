import OCI

/// What the store keeps about a container's writable layer, in `snapshot.json` in its directory.
struct SnapshotRecord: Sendable, Codable, Equatable {
  var id: String
  /// The image it was made from.
  var image: Digest?
  /// Lowest first.
  var layers: [Digest]
}
