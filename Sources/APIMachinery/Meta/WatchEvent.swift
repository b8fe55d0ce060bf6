/// What a watch tells, one JSON text a line.
public enum WatchEvent: Sendable {
  case added(StoredObject)
  case modified(StoredObject)
  case deleted(StoredObject)
  /// Nothing changed up to a revision. The object holds no more than its kind and that.
  case bookmark(apiVersion: String, kind: String, revision: UInt64, endsInitialEvents: Bool)
  case error(StatusError)

  /// The word for it in the member `type`.
  public var type: String {
    switch self {
    case .added: "ADDED"
    case .modified: "MODIFIED"
    case .deleted: "DELETED"
    case .bookmark: "BOOKMARK"
    case .error: "ERROR"
    }
  }

  /// In a bookmark's annotations: the state at the beginning of the watch was sent.
  public static let initialEventsEnd = "k8s.io/initial-events-end"

  /// The line, with its line feed.
  public var line: [UInt8] {
    switch self {
    case .added(let object), .modified(let object), .deleted(let object):
      return Self.line(type: type, capacity: object.servedCount) { object.appendServed(to: &$0) }
    case .bookmark(let apiVersion, let kind, let revision, let endsInitialEvents):
      var metadata: JSONObject = ["resourceVersion": .string(String(revision)), "creationTimestamp": .null]
      if endsInitialEvents { metadata["annotations"] = [Self.initialEventsEnd: "true"] }
      let object: JSONValue = [
        "kind": .string(kind), "apiVersion": .string(apiVersion), "metadata": .object(metadata),
      ]
      return Self.line(type: type) { $0 += object.jsonBytes() }
    case .error(let error): return Self.line(type: type) { $0 += error.json.jsonBytes() }
    }
  }

  /// A line around an object that is written otherwise, such as a table of one row.
  public static func line(type: String, capacity: Int = 256, _ object: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(capacity + 32)
    bytes += "{\"type\":\"\(type)\",\"object\":".utf8
    object(&bytes)
    bytes += [UInt8(ascii: "}"), 0x0A]
    return bytes
  }
}
