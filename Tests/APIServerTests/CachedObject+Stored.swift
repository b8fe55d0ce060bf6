import KeyValueStore

@testable import APIServer

extension CachedObject {
  /// What a store has at a key since a revision.
  convenience init(key: String, revision: Int64, stored: [UInt8]) throws(UnreadableObject) {
    try self.init(KeyValue(key: key, value: stored, createRevision: revision, modRevision: revision))
  }
}
