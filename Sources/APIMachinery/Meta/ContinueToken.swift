/// Where a list in pages goes on: opaque to clients, and of the form that Kubernetes gives it.
public struct ContinueToken: Sendable, Hashable {
  private static let version = "meta.k8s.io/v1"

  /// The revision at which all pages are read; nil where the next page is read at the latest one, because that of the
  /// first page is no longer kept.
  public let revision: UInt64?
  /// The key at which the page begins, below the prefix of the keys that are listed.
  public let start: String

  public init(revision: UInt64?, start: String) {
    self.revision = revision
    self.start = start
  }

  /// The text that a client gets.
  public var description: String {
    let token: JSONValue = [
      "v": .string(Self.version), "rv": .integer(revision.map { Int64(clamping: $0) } ?? -1), "start": .string(start),
    ]
    return Base64.encodeURL(token.jsonBytes())
  }

  /// Reads a token that a client sends. A start that would climb out of the keys that are listed is refused.
  /// - Throws: a `badRequest` in Kubernetes' words.
  public init(_ text: String) throws(StatusError) {
    let invalid = "invalid continue token: continue key is not valid"
    guard let bytes = Base64.decodeURL(text) else {
      throw .badRequest("\(invalid): illegal base64 data")
    }
    let token: JSONValue
    do {
      token = try JSONValue(json: bytes)
    } catch {
      throw .badRequest("\(invalid): \(error.message)")
    }
    let version = token["v"]?.stringValue ?? ""
    guard version == Self.version else {
      throw .badRequest("\(invalid): server does not recognize this encoded version \(version)")
    }
    guard let revision = token["rv"]?.integerValue, revision != 0 else {
      throw .badRequest("\(invalid): incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
    }
    guard let start = token["start"]?.stringValue, !start.isEmpty else {
      throw .badRequest("\(invalid): encoded start key empty (version meta.k8s.io/v1)")
    }
    let parts = (start.hasPrefix("/") ? String(start.dropFirst()) : start)
      .split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw .badRequest("\(invalid): \(start)")
    }
    self.init(revision: revision > 0 ? UInt64(revision) : nil, start: start)
  }
}

extension ContinueToken: CustomStringConvertible {}
