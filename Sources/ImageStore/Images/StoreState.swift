import OCI

/// The index in memory: everything that the metadata files say, so that no request reads a directory.
struct StoreState: Sendable {
  var images: [Digest: ImageRecord] = [:]
  /// By full reference, `docker.io/library/nginx:latest` or `…@sha256:…`.
  var references: [String: NamedReference] = [:]
  var layers: [Digest: LayerRecord] = [:]
  /// Sizes of blobs.
  var blobs: [Digest: Int64] = [:]
  var snapshots: [String: SnapshotRecord] = [:]
  /// Layers and blobs that running operations need, with how many need them.
  var pins: [Digest: Int] = [:]
  /// Parsed configs.
  var configurations: [Digest: ImageConfiguration] = [:]

  struct NamedReference: Sendable {
    var reference: Reference
    var image: Digest
  }

  /// References to an image in order, tags first.
  func references(to image: Digest) -> [Reference] {
    references.values.filter { $0.image == image }.map(\.reference).sorted {
      ($0.digest == nil ? 0 : 1, $0.description) < ($1.digest == nil ? 0 : 1, $1.description)
    }
  }

  /// Images made from this one here.
  func children(of image: Digest) -> [Digest] { images.values.filter { $0.parent == image }.map(\.id) }

  mutating func pin(_ digests: [Digest]) { for digest in digests { pins[digest, default: 0] += 1 } }

  mutating func unpin(_ digests: [Digest]) {
    for digest in digests {
      guard let count = pins[digest] else { continue }
      pins[digest] = count > 1 ? count - 1 : nil
    }
  }

  /// Layers that an image, a snapshot or a running operation needs.
  var layersInUse: Set<Digest> {
    var used = Set(pins.keys)
    for image in images.values { for layer in image.layers { used.insert(layer.diffID) } }
    for snapshot in snapshots.values { used.formUnion(snapshot.layers) }
    return used
  }

  /// Blobs that an image, a layer that stays, or a running operation needs.
  var blobsInUse: Set<Digest> {
    var used = Set(pins.keys)
    for image in images.values {
      used.insert(image.id)
      if let manifest = image.manifest { used.insert(manifest.digest) }
      for layer in image.layers { used.insert(layer.blob.digest) }
    }
    for layer in layers.values { used.insert(layer.blob.digest) }
    return used
  }
}
