import APIMachinery

/// One object as it is served: the bytes of its JSON, with what lists, watches and selectors ask for beside them.
///
/// The store's bytes have no resource version, because that is known when they are written; it is put in once, when
/// they come back.
public final class StoredObject: Sendable {
  /// The key in the store.
  public let key: String
  public let name: String
  /// Empty for an object of the whole cluster.
  public let namespace: String
  public let uid: String
  /// The resource version: the store's revision of the last change.
  public let revision: Int64
  public let labels: [String: String]
  /// The object's JSON in its storage version.
  public let bytes: [UInt8]

  /// Reads what the store has.
  /// - Throws: 500 where that is no object.
  public init(key: String, revision: Int64, stored: [UInt8]) throws(StatusError) {
    self.key = key
    self.revision = revision
    let span = stored.span
    guard let metadata = JSONScanner.value(of: "metadata", in: span) else {
      throw .internalError("the object at \(key) in the store has no metadata")
    }
    func text(_ name: StaticString) -> String {
      JSONScanner.value(of: name, in: span, at: metadata.lowerBound).flatMap { JSONScanner.string(span, $0) } ?? ""
    }
    name = text("name")
    namespace = text("namespace")
    uid = text("uid")
    var labels: [String: String] = [:]
    if let place = JSONScanner.value(of: "labels", in: span, at: metadata.lowerBound),
      case .object(let members)? = try? JSONReader.value(of: span.extracting(place))
    {
      for (name, value) in members { labels[name] = value.stringValue ?? "" }
    }
    self.labels = labels
    bytes = Self.withRevision(stored, revision, metadataAt: metadata.lowerBound)
  }

  /// The bytes with the resource version as the first member of the metadata that begins at an index.
  private static func withRevision(_ stored: [UInt8], _ revision: Int64, metadataAt start: Int) -> [UInt8] {
    let isEmpty = stored[start + 1] == UInt8(ascii: "}")
    var bytes: [UInt8] = []
    let field = "\"resourceVersion\":\"\(revision)\"" + (isEmpty ? "" : ",")
    bytes.reserveCapacity(stored.count + field.utf8.count)
    bytes += stored[...start]
    bytes += field.utf8
    bytes += stored[(start + 1)...]
    return bytes
  }

  /// What the store keeps of an object: its members in an order in which they are found quickly, without the resource
  /// version.
  static func stored(_ object: JSONObject) -> [UInt8] {
    var ordered: JSONObject = [:]
    for name in ["kind", "apiVersion", "metadata"] { ordered[name] = object[name] }
    for (name, value) in object where ordered[name] == nil { ordered[name] = value }
    ordered.update("metadata") { metadata in
      guard case .object(var members) = metadata else { return }
      metadata = .null
      members.remove("resourceVersion")
      metadata = .object(members)
    }
    return JSONValue.object(ordered).jsonBytes()
  }

  /// The object as a tree.
  public func parsed() -> JSONObject {
    // The bytes come out of our own writer.
    guard let value = try? JSONReader.value(of: bytes.span), case .object(let object) = value else { return [:] }
    return object
  }

  /// The string at a path of members, as field selectors compare it; empty where there is none.
  public func field(_ path: [String]) -> String {
    guard var value = parsed()[path.first ?? ""] else { return "" }
    for name in path.dropFirst() {
      guard let next = value[name] else { return "" }
      value = next
    }
    return switch value {
    case .string(let text): text
    case .integer(let number): String(number)
    case .bool(let flag): flag ? "true" : "false"
    default: ""
    }
  }
}
