import APIMachinery
import KeyValueStore

/// An object that is in the store and that nobody can read: it cannot be decrypted, or what stands there is no object. It is
/// kept until it can be read, is written over or is removed; no list that it belongs to is answered meanwhile.
struct UnreadableObject: Error, Sendable, CustomStringConvertible {
  let key: String
  let revision: Int64
  /// Why it cannot be read, with its key.
  let why: String
  /// What the store has, to be tried again.
  let stored: KeyValue
  /// The object as it was when it could still be read; nil where nobody has seen it.
  var before: CachedObject?

  var description: String { why }
}

extension StatusError {
  /// As many causes as kube-apiserver tells of.
  private static let mostUnreadable = 100

  /// 500: some of the objects of a list cannot be read, each of which is named.
  static func unreadable(_ resource: GroupResource, _ objects: [UnreadableObject]) -> StatusError {
    var causes = objects.prefix(mostUnreadable).map {
      Cause(reason: Cause.unexpectedServerResponse, message: $0.why, field: $0.key)
    }
    if objects.count > mostUnreadable {
      causes.append(Cause(reason: "FieldValueTooMany", message: "too many errors, the list is truncated"))
    }
    return StatusError(
      .storageReadError, "failed to read one or more \(resource) from the storage",
      details: Details(name: "list", group: resource.group, kind: resource.resource, causes: causes))
  }
}
