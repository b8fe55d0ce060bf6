/// A value with the revisions that etcd's users know (etcd API v3, `mvccpb.KeyValue`).
public struct KeyValue: Sendable, Equatable {
  public let key: String
  /// Shared by all who hold it: copying a `KeyValue` copies no bytes.
  public let value: [UInt8]
  /// The store's revision when the key was last made.
  public let createRevision: Int64
  /// The store's revision of the last change.
  public let modRevision: Int64
  /// The number of the lease that the key goes with; 0 for none.
  public let lease: Int64

  public init(key: String, value: [UInt8], createRevision: Int64, modRevision: Int64, lease: Int64 = 0) {
    self.key = key
    self.value = value
    self.createRevision = createRevision
    self.modRevision = modRevision
    self.lease = lease
  }
}

/// One change of a transaction.
public enum Mutation: Sendable, Equatable {
  case put(key: String, value: [UInt8])
  /// Removes a key; an absent one is no error, and no change.
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
  /// The key's createRevision: nobody removed the key and made it anew; 0 means that the key is absent.
  case createRevision(key: String, equals: Int64)

  public var key: String {
    switch self {
    case .modRevision(let key, _), .createRevision(let key, _): key
    }
  }

  /// Whether it holds for what the key holds now.
  func holds(for current: KeyValue?) -> Bool {
    switch self {
    case .modRevision(_, let expected): current?.modRevision ?? 0 == expected
    case .createRevision(_, let expected): current?.createRevision ?? 0 == expected
    }
  }
}
