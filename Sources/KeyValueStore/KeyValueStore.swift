/// A value with the revisions that etcd's users know (etcd API v3, `mvccpb.KeyValue`).
public struct KeyValue: Sendable, Equatable {
  public let key: String
  public let value: [UInt8]
  /// The store's revision when the key was last made.
  public let createRevision: Int64
  /// The store's revision of the last change.
  public let modRevision: Int64

  public init(key: String, value: [UInt8], createRevision: Int64, modRevision: Int64) {
    self.key = key
    self.value = value
    self.createRevision = createRevision
    self.modRevision = modRevision
  }
}

/// One change of a transaction.
public enum Mutation: Sendable, Equatable {
  case put(key: String, value: [UInt8])
  case delete(key: String)

  public var key: String {
    switch self {
    case .put(let key, _), .delete(let key): key
    }
  }
}

/// What must hold for a transaction to be applied.
public enum Precondition: Sendable, Equatable {
  /// The key's modRevision; 0 means that the key is absent.
  case modRevision(key: String, equals: Int64)
}

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

/// Why the store refused.
public struct StoreError: Error, Sendable, CustomStringConvertible {
  public struct Code: Sendable, Equatable {
    private enum Value { case conflict, full, damaged, closed, unavailable, malformed, compacted, leaseGone, failed }
    private let value: Value
    /// A precondition did not hold; nothing was written.
    public static let conflict = Code(value: .conflict)
    /// The disk is full; nothing was written, reads go on.
    public static let full = Code(value: .full)
    /// The file is no database or is broken.
    public static let damaged = Code(value: .damaged)
    /// The store was closed.
    public static let closed = Code(value: .closed)
    /// No member of a distributed store answers; whether the last change was applied is not known.
    public static let unavailable = Code(value: .unavailable)
    /// What answered is no store, or one that speaks another language.
    public static let malformed = Code(value: .malformed)
    /// The revision that was asked for is not kept any more: list again.
    public static let compacted = Code(value: .compacted)
    /// The lease has run out, and its keys with it.
    public static let leaseGone = Code(value: .leaseGone)
    public static let failed = Code(value: .failed)
  }
  public let code: Code
  public let message: String
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}
