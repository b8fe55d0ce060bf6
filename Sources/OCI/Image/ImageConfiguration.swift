import FoundationEssentials

/// An image's config document: how to run it, which layers it has, how it came to be (OCI config.md).
///
/// An image's identity is the digest of these bytes, so they are never re-encoded: `parse` reads the fields we act on
/// and the store keeps the bytes.
public struct ImageConfiguration: Sendable, Codable, Equatable {
  /// RFC 3339, as written.
  public var created: String?
  public var author: String?
  public var architecture: String
  public var os: String
  public var variant: String?
  public var osVersion: String?
  public var config: ProcessConfiguration?
  public var rootFileSystem: RootFileSystem
  public var history: [HistoryEntry]?
  /// Docker's own: the container an image was committed from, the comment, the version that wrote it.
  public var container: String?
  public var comment: String?
  public var dockerVersion: String?
  public var parent: String?

  enum CodingKeys: String, CodingKey {
    case created, author, architecture, os, variant, config, history, container, comment, parent
    case osVersion = "os.version"
    case rootFileSystem = "rootfs"
    case dockerVersion = "docker_version"
  }

  public init(
    created: String?, author: String? = nil, platform: Platform = .host, config: ProcessConfiguration?,
    layers: [Digest], history: [HistoryEntry]
  ) {
    self.created = created
    self.author = author
    architecture = platform.architecture
    os = platform.os
    variant = platform.variant
    self.config = config
    rootFileSystem = RootFileSystem(layers: layers)
    self.history = history
  }

  /// Layers of an image: the digests of the uncompressed tars, lowest first.
  public struct RootFileSystem: Sendable, Codable, Equatable {
    public var type: String
    public var layers: [Digest]
    enum CodingKeys: String, CodingKey {
      case type
      case layers = "diff_ids"
    }
    public init(layers: [Digest]) {
      type = "layers"
      self.layers = layers
    }
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      type = try container.decodeIfPresent(String.self, forKey: .type) ?? "layers"
      layers = try container.decodeIfPresent([Digest].self, forKey: .layers) ?? []
    }
  }

  /// One step of a build.
  public struct HistoryEntry: Sendable, Codable, Equatable {
    public var created: String?
    public var createdBy: String?
    public var author: String?
    public var comment: String?
    /// The step changed the config alone and has no layer.
    public var emptyLayer: Bool?
    enum CodingKeys: String, CodingKey {
      case created, author, comment
      case createdBy = "created_by"
      case emptyLayer = "empty_layer"
    }
    public init(
      created: String?, createdBy: String?, author: String? = nil, comment: String? = nil, emptyLayer: Bool? = nil
    ) {
      self.created = created
      self.createdBy = createdBy
      self.author = author
      self.comment = comment
      self.emptyLayer = emptyLayer
    }
  }

  /// The platform the image is for.
  public var platform: Platform {
    Platform(os: os, architecture: architecture, variant: variant, osVersion: osVersion)
  }

  /// Configs larger than this are refused unread.
  public static let maximumSize = 8 << 20

  /// Reads a config document.
  /// - Throws: `ImageSpecificationError`.
  public static func parse(_ bytes: [UInt8]) throws(ImageSpecificationError) -> ImageConfiguration {
    guard bytes.count <= maximumSize else {
      throw ImageSpecificationError("image config is larger than \(maximumSize) bytes")
    }
    do { return try JSONDecoder().decode(ImageConfiguration.self, from: Data(bytes)) } catch {
      throw ImageSpecificationError(
        "malformed image config: it is not JSON or a field has the wrong type", cause: error)
    }
  }

  /// The document's bytes, keys sorted, so that equal configs have equal digests.
  public func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }

  public init(from decoder: any Decoder) throws {
    let c = try decoder.container(keyedBy: CodingKeys.self)
    created = try c.decodeIfPresent(String.self, forKey: .created)
    author = try c.decodeIfPresent(String.self, forKey: .author)
    architecture = try c.decodeIfPresent(String.self, forKey: .architecture) ?? ""
    os = try c.decodeIfPresent(String.self, forKey: .os) ?? ""
    variant = try c.decodeIfPresent(String.self, forKey: .variant)
    osVersion = try c.decodeIfPresent(String.self, forKey: .osVersion)
    config = try c.decodeIfPresent(ProcessConfiguration.self, forKey: .config)
    rootFileSystem = try c.decodeIfPresent(RootFileSystem.self, forKey: .rootFileSystem) ?? RootFileSystem(layers: [])
    history = try c.decodeIfPresent([HistoryEntry].self, forKey: .history)
    container = try c.decodeIfPresent(String.self, forKey: .container)
    comment = try c.decodeIfPresent(String.self, forKey: .comment)
    dockerVersion = try c.decodeIfPresent(String.self, forKey: .dockerVersion)
    parent = try c.decodeIfPresent(String.self, forKey: .parent)
  }
}
