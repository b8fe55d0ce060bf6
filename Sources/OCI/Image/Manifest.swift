/// One image for one platform: its config and its layers (OCI manifest.md; distribution manifest v2 schema 2).
public struct Manifest: Hashable, Sendable, Codable {
  public var schemaVersion: Int
  public var mediaType: String?
  public var config: Descriptor
  /// From the lowest to the topmost.
  public var layers: [Descriptor]
  public var annotations: [String: String]?

  public init(mediaType: String?, config: Descriptor, layers: [Descriptor], annotations: [String: String]? = nil) {
    schemaVersion = 2
    self.mediaType = mediaType
    self.config = config
    self.layers = layers
    self.annotations = annotations
  }
}

/// Images for several platforms (OCI image-index.md; distribution's manifest list).
public struct Index: Hashable, Sendable, Codable {
  public var schemaVersion: Int
  public var mediaType: String?
  public var manifests: [Descriptor]
  public var annotations: [String: String]?

  public init(mediaType: String?, manifests: [Descriptor], annotations: [String: String]? = nil) {
    schemaVersion = 2
    self.mediaType = mediaType
    self.manifests = manifests
    self.annotations = annotations
  }

  /// The manifest that fits a machine best, nil where none does. The first of equals wins, as the specification asks.
  public func manifest(for platform: Platform) -> Descriptor? {
    var best: (distance: Int, descriptor: Descriptor)?
    for descriptor in manifests {
      // Attestations and signatures carry the platform unknown/unknown; an entry without platform fits any machine.
      if descriptor.platform?.os == "unknown" { continue }
      guard MediaType.isManifest(descriptor.mediaType) || MediaType.isIndex(descriptor.mediaType) else { continue }
      guard let distance = descriptor.platform.map({ platform.distance(to: $0) }) ?? 1000 else { continue }
      if best.map({ distance < $0.distance }) ?? true { best = (distance, descriptor) }
    }
    return best?.descriptor
  }
}
