/// Keys with a prefix as a range of bytes. Keys are compared byte by byte everywhere: two spellings of one character
/// are two keys, though Swift's strings call them equal.
enum KeyRange {
  /// The first bytes that are above all keys with a prefix: the prefix with its last byte that can be raised raised. Nil
  /// where there are none.
  static func end(ofPrefix prefix: [UInt8]) -> [UInt8]? {
    var end = prefix
    while let last = end.popLast() { if last < 0xFF { return end + [last + 1] } }
    return nil
  }

  /// The first bytes of a page: the prefix, or what is directly above the last key of the page before.
  static func start(prefix: String, after: String?) -> [UInt8] {
    let prefix = Array(prefix.utf8)
    guard let after else { return prefix }
    let next = Array(after.utf8) + [0]
    return next.lexicographicallyPrecedes(prefix) ? prefix : next
  }
}

extension String {
  func isBelow(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

  func isSameKey(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  func isKey(under prefix: [UInt8]) -> Bool { utf8.starts(with: prefix) }
}

extension [Mutation] {
  /// Refuses a transaction that names a key twice: what it wants is not clear, and etcd refuses it too.
  func validate() throws(StoreError) {
    guard count > 1 else { return }
    let keys = map(\.key).sorted { $0.isBelow($1) }
    for (first, second) in zip(keys, keys.dropFirst()) where first.isSameKey(as: second) {
      throw StoreError(.invalid, "the transaction changes key \(first) twice")
    }
  }
}

extension StoreError {
  static let storeClosed = StoreError(.closed, "the store is closed")

  static func compacted(_ revision: Int64, kept: Int64) -> StoreError {
    StoreError(.compacted, "revision \(revision) is not kept any more: the oldest is \(kept)")
  }

  static func future(_ revision: Int64, newest: Int64) -> StoreError {
    StoreError(.future, "revision \(revision) does not exist yet: the newest is \(newest)")
  }

  static func leaseGone(_ id: Int64) -> StoreError { StoreError(.leaseGone, "lease \(id) has ended") }
}
