/// What must hold for a transaction's first half to be carried out (etcd API v3, `Compare`).
public enum EtcdComparison: Sendable, Hashable {
  /// No such key.
  case absent(String)
  case present(String)
  /// The key was last changed at this revision.
  case unchanged(String, since: Int64)
  /// The key was made at this revision.
  case created(String, at: Int64)
  /// No key begins with this.
  case empty(prefix: String)
  case value(String, [UInt8])
}

/// A step of a transaction.
public enum EtcdOperation: Sendable, Hashable {
  /// With a lease the key goes when the lease does.
  case put(String, [UInt8], lease: Lease? = nil)
  case delete(String)
  case deletePrefix(String)
  /// Reads one key, as it is after the steps before this one.
  case get(String)
  /// Reads all keys with a prefix.
  case list(prefix: String)
}

/// What became of a transaction.
public struct EtcdOutcome: Sendable {
  /// Whether all comparisons held.
  public let succeeded: Bool
  /// The store's revision afterwards.
  public let revision: Int64
  /// What was read, in order; one element for each `get` and `list`.
  public let reads: [[KeyValue]]
}

extension EtcdComparison {
  func message(_ prefix: String) -> EtcdRequest.Compare {
    func key(_ key: String) -> [UInt8] { Array((prefix + key).utf8) }
    switch self {
    case .absent(let name): return .init(target: .createRevision(0), key: key(name))
    case .present(let name): return .init(relation: .greater, target: .createRevision(0), key: key(name))
    case .unchanged(let name, let revision): return .init(target: .modRevision(revision), key: key(name))
    case .created(let name, let revision): return .init(target: .createRevision(revision), key: key(name))
    case .empty(let name):
      // All keys of the range are compared, and each that is there was made at some revision.
      return .init(target: .createRevision(0), key: key(name), end: EtcdRequest.end(ofPrefix: key(name)))
    case .value(let name, let value): return .init(target: .value(value), key: key(name))
    }
  }
}

extension EtcdOperation {
  func message(_ prefix: String) -> EtcdRequest.Operation {
    func key(_ key: String) -> [UInt8] { Array((prefix + key).utf8) }
    switch self {
    case .put(let name, let value, let lease):
      return .put(.init(key: key(name), value: value, lease: lease?.id ?? 0))
    case .delete(let name): return .deleteRange(.init(key: key(name)))
    case .deletePrefix(let name):
      return .deleteRange(.init(key: EtcdRequest.start(ofPrefix: key(name)), end: EtcdRequest.end(ofPrefix: key(name))))
    case .get(let name): return .range(.init(key: key(name)))
    case .list(let name):
      return .range(.init(key: EtcdRequest.start(ofPrefix: key(name)), end: EtcdRequest.end(ofPrefix: key(name))))
    }
  }

  var reads: Bool {
    switch self {
    case .get, .list: true
    default: false
    }
  }
}

extension EtcdRequest {
  /// The end of the range of all keys with a prefix (etcd API v3): the prefix with its last byte that can be raised
  /// raised; one zero byte means everything.
  static func end(ofPrefix prefix: [UInt8]) -> [UInt8] { KeyRange.end(ofPrefix: prefix) ?? [0] }

  /// Its beginning: no key is empty, and etcd takes none for one.
  static func start(ofPrefix prefix: [UInt8]) -> [UInt8] { prefix.isEmpty ? [0] : prefix }
}
