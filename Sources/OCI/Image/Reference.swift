/// The name of an image in a registry: domain, path, and a tag or a digest or both (distribution's reference grammar).
///
/// Parsing normalises as the docker CLI does: `nginx` is `docker.io/library/nginx`. A name without tag and digest is
/// legal (a repository); `withDefaultTag` adds `latest`.
public struct Reference: Hashable, Sendable, CustomStringConvertible {
  /// Host and, where given, port: `docker.io`, `localhost:5000`, `[::1]:5000`.
  public let domain: String
  /// Path of the repository under the domain, `library/nginx`.
  public let path: String
  public let tag: String?
  public let digest: Digest?

  /// The domain of names that give none.
  public static let defaultDomain = "docker.io"
  static let legacyDefaultDomain = "index.docker.io"
  static let officialPrefix = "library/"
  static let maximumNameLength = 255

  init(domain: String, path: String, tag: String?, digest: Digest?) {
    self.domain = domain
    self.path = path
    self.tag = tag
    self.digest = digest
  }

  /// Parses a name as a person types it.
  /// - Throws: `ReferenceError`, in the words of Docker ("invalid reference format").
  public init(_ text: String) throws(ReferenceError) {
    if text.isEmpty { throw ReferenceError("invalid reference format") }
    if text.utf8.count == 64, text.utf8.allSatisfy(Hexadecimal.isLowerCaseDigit) {
      throw ReferenceError("invalid repository name (\(text)), cannot specify 64-byte hexadecimal strings")
    }
    var rest = text[...]
    var digest: Digest?
    if let at = rest.firstIndex(of: "@") {
      guard let parsed = Digest(rest[rest.index(after: at)...]) else {
        throw ReferenceError("invalid reference format")
      }
      digest = parsed
      rest = rest[..<at]
    }
    var (domain, remainder) = Self.splitDomain(rest)
    var tag: String?
    if let colon = remainder.lastIndex(of: ":"), !remainder[colon...].contains("/") {
      let text = remainder[remainder.index(after: colon)...]
      guard Self.isTag(text) else { throw ReferenceError("invalid reference format") }
      tag = String(text)
      remainder = String(remainder[..<colon])
    }
    if remainder != remainder.lowercased() {
      throw ReferenceError("invalid reference format: repository name (\(remainder)) must be lowercase")
    }
    guard Self.isDomain(domain), Self.isPath(remainder) else { throw ReferenceError("invalid reference format") }
    guard remainder.utf8.count <= Self.maximumNameLength else {
      throw ReferenceError("repository name must not be more than \(Self.maximumNameLength) characters")
    }
    if domain == Self.legacyDefaultDomain { domain = Self.defaultDomain }
    self.init(domain: domain, path: remainder, tag: tag, digest: digest)
  }

  /// The repository: domain and path in full.
  public var name: String { "\(domain)/\(path)" }

  /// The repository as Docker shows it: without `docker.io/` and `library/`.
  public var familiarName: String {
    guard domain == Self.defaultDomain else { return name }
    guard path.hasPrefix(Self.officialPrefix) else { return path }
    let short = path.dropFirst(Self.officialPrefix.count)
    return short.contains("/") ? path : String(short)
  }

  /// The whole reference as Docker shows it.
  public var familiar: String { familiarName + suffix }

  /// The whole reference in full.
  public var description: String { name + suffix }

  private var suffix: String { (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }

  /// This reference, with the tag `latest` where it has neither tag nor digest.
  public var withDefaultTag: Reference {
    tag == nil && digest == nil ? Reference(domain: domain, path: path, tag: "latest", digest: nil) : self
  }

  /// The same repository with another tag, no digest.
  /// - Throws: `ReferenceError` for a tag that the grammar forbids.
  public func withTag(_ tag: String) throws(ReferenceError) -> Reference {
    guard Self.isTag(tag[...]) else { throw ReferenceError("invalid tag format") }
    return Reference(domain: domain, path: path, tag: tag, digest: nil)
  }

  /// The same repository by digest, no tag.
  public func withDigest(_ digest: Digest) -> Reference {
    Reference(domain: domain, path: path, tag: nil, digest: digest)
  }

  /// The repository alone.
  public var repository: Reference { Reference(domain: domain, path: path, tag: nil, digest: nil) }
}

/// A text that is no reference.
public struct ReferenceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// In Docker's words.
  public let message: String
  init(_ message: String) { self.message = message }
  public var description: String { message }
}

extension Reference: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    try self.init(container.decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
