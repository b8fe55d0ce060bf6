import FoundationEssentials

/// What a registry gave for a reference: one image or an index of images. Bytes that are neither are refused with the
/// reason.
public enum ManifestDocument: Hashable, Sendable {
  case manifest(Manifest)
  case index(Index)

  /// Documents larger than this are refused unread, as containerd and registries do.
  public static let maximumSize = 4 << 20
  /// More layers than an overlay mount takes make no image.
  public static let maximumLayers = 127

  /// Reads a document.
  /// - Parameter contentType: what the server declared; the document's own `mediaType` wins, and must not contradict it.
  /// - Throws: `ImageSpecificationError`.
  public init(_ bytes: [UInt8], contentType: String?) throws(ImageSpecificationError) {
    guard bytes.count <= Self.maximumSize else {
      throw ImageSpecificationError("manifest is larger than \(Self.maximumSize) bytes")
    }
    let decoder = JSONDecoder()
    let probe: Probe
    do { probe = try decoder.decode(Probe.self, from: Data(bytes)) } catch {
      throw ImageSpecificationError("malformed manifest: it is not a JSON object", cause: error)
    }
    let declared = contentType.map { String($0.prefix { $0 != ";" }).trimmingBlanks }
    let known = [declared, probe.mediaType].compactMap { $0 }.filter {
      MediaType.isManifest($0) || MediaType.isIndex($0)
    }
    if let schema = probe.schemaVersion, schema == 1 || declared == MediaType.dockerSignedManifestV1 {
      throw ImageSpecificationError(
        "manifest has schema version 1, which is obsolete: ask the image's publisher for a schema version 2 or OCI image"
      )
    }
    guard probe.schemaVersion == 2 else {
      throw ImageSpecificationError("malformed manifest: unsupported schema version \(probe.schemaVersion ?? 0)")
    }
    // A document that has both shapes can be read two ways by two clients (CVE-2021-41190).
    guard !(probe.hasManifests && (probe.hasLayers || probe.hasConfig)) else {
      throw ImageSpecificationError("malformed manifest: it has both \"manifests\" and \"layers\" or \"config\"")
    }
    let isIndex = probe.mediaType.map(MediaType.isIndex) ?? known.last.map(MediaType.isIndex) ?? probe.hasManifests
    do {
      if isIndex {
        let index = try decoder.decode(Index.self, from: Data(bytes))
        self = .index(index)
      } else {
        self = .manifest(try decoder.decode(Manifest.self, from: Data(bytes)))
      }
    } catch {
      throw ImageSpecificationError("malformed manifest: a field is missing or has the wrong type", cause: error)
    }
    try check()
  }

  private func check() throws(ImageSpecificationError) {
    switch self {
    case .index(let index):
      guard index.manifests.allSatisfy({ $0.size >= 0 }) else {
        throw ImageSpecificationError("malformed manifest list: negative size")
      }
    case .manifest(let manifest):
      guard manifest.layers.count <= Self.maximumLayers else {
        throw ImageSpecificationError("max depth exceeded: the image has \(manifest.layers.count) layers")
      }
      guard manifest.config.size >= 0, manifest.layers.allSatisfy({ $0.size >= 0 }) else {
        throw ImageSpecificationError("malformed manifest: negative size")
      }
    }
  }

  /// The fields that tell which shape a document has.
  private struct Probe: Decodable {
    let schemaVersion: Int?
    let mediaType: String?
    let hasManifests: Bool
    let hasLayers: Bool
    let hasConfig: Bool

    enum CodingKeys: String, CodingKey { case schemaVersion, mediaType, manifests, layers, config }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      schemaVersion = try container.decodeIfPresent(Int.self, forKey: .schemaVersion)
      mediaType = try container.decodeIfPresent(String.self, forKey: .mediaType)
      hasManifests = container.contains(.manifests)
      hasLayers = container.contains(.layers)
      hasConfig = container.contains(.config)
    }
  }
}

/// Bytes that break the image specification.
public struct ImageSpecificationError: Error, Sendable, CustomStringConvertible {
  public let message: String
  public let cause: (any Error)?
  public init(_ message: String, cause: (any Error)? = nil) {
    self.message = message
    self.cause = cause
  }
  public var description: String { message }
}

extension String {
  /// Without blanks and tabs at both ends.
  var trimmingBlanks: String {
    var text = self[...]
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }
}
