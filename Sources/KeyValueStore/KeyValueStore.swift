/// Durable keys and values under one revision that only goes up.
///
/// When a call that changes something returns, the change is on disk. A transaction is applied whole or not at all.
public protocol KeyValueStore: Sendable {
  /// The newest revision; 0 when nothing was ever written.
  func revision() async throws(StoreError) -> Int64
  func get(_ key: String) async throws(StoreError) -> KeyValue?
  /// All keys that begin with `prefix`, in the order of their bytes.
  func list(prefix: String) async throws(StoreError) -> [KeyValue]
  /// Applies all mutations under one new revision, which is returned. Throws `.conflict` when a precondition fails.
  @discardableResult
  func commit(_ mutations: [Mutation], where preconditions: [Precondition]) async throws(StoreError) -> Int64
  /// Finishes what is queued and closes.
  func close() async
}

extension KeyValueStore {
  /// Sets one key.
  @discardableResult
  public func put(_ key: String, _ value: [UInt8]) async throws(StoreError) -> Int64 {
    try await commit([.put(key: key, value: value)], where: [])
  }

  /// Removes one key; an absent one is no error.
  @discardableResult
  public func delete(_ key: String) async throws(StoreError) -> Int64 {
    try await commit([.delete(key: key)], where: [])
  }

  @discardableResult
  public func commit(_ mutations: [Mutation]) async throws(StoreError) -> Int64 {
    try await commit(mutations, where: [])
  }
}
