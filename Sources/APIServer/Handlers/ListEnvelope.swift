import APIMachinery
import NIOCore

/// What stands around the items of a list (`meta.k8s.io/v1` ListMeta).
struct ListEnvelope {
  let revisionText: String
  var continuation: String?
  var remaining: Int?

  init(revision: Int64, continuation: String?, remaining: Int?) {
    revisionText = String(revision)
    self.continuation = continuation
    self.remaining = remaining
  }

  init(revisionText: String) { self.revisionText = revisionText }

  var metadata: JSONValue {
    var members: JSONObject = ["resourceVersion": .string(revisionText)]
    if let continuation { members["continue"] = .string(continuation) }
    if let remaining { members["remainingItemCount"] = .integer(Int64(remaining)) }
    return .object(members)
  }

  /// Everything before the first item.
  func open(_ buffer: inout ByteBuffer, kind: String, apiVersion: String) {
    let head = "{\"kind\":\"\(kind)\",\"apiVersion\":\"\(apiVersion)\",\"metadata\":"
    buffer.writeString(head)
    buffer.writeBytes(metadata.jsonBytes())
    buffer.writeStaticString(",\"items\":[")
  }

  func partialMetadata(_ items: [JSONValue], version: String) -> JSONValue {
    [
      "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": metadata,
      "items": .array(items),
    ]
  }
}

/// An object reduced to its metadata.
enum PartialMetadata {
  static func of(_ object: JSONObject, version: String) -> JSONValue {
    [
      "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
      "metadata": object["metadata"] ?? [:],
    ]
  }
}
