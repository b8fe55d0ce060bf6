import FoundationEssentials

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
  func wire(_ prefix: String) -> EtcdWire.Compare {
    func key(_ key: String) -> Data { Data((prefix + key).utf8) }
    switch self {
    case .absent(let name):
      return EtcdWire.Compare(target: "CREATE", key: key(name), create_revision: WireNumber(0))
    case .present(let name):
      return EtcdWire.Compare(target: "CREATE", result: "GREATER", key: key(name), create_revision: WireNumber(0))
    case .unchanged(let name, let revision):
      return EtcdWire.Compare(target: "MOD", key: key(name), mod_revision: WireNumber(revision))
    case .created(let name, let revision):
      return EtcdWire.Compare(target: "CREATE", key: key(name), create_revision: WireNumber(revision))
    case .empty(let name):
      // All keys of the range are compared, and each that is there was made at some revision.
      return EtcdWire.Compare(
        target: "CREATE", key: key(name), range_end: Data(EtcdWire.end(ofPrefix: Array((prefix + name).utf8))),
        create_revision: WireNumber(0))
    case .value(let name, let value):
      return EtcdWire.Compare(target: "VALUE", key: key(name), value: Data(value))
    }
  }
}

extension EtcdOperation {
  func wire(_ prefix: String) -> EtcdWire.Operation {
    func range(_ name: String, isPrefix: Bool) -> EtcdWire.RangeRequest {
      let bytes = Array((prefix + name).utf8)
      return EtcdWire.RangeRequest(key: Data(bytes), range_end: isPrefix ? Data(EtcdWire.end(ofPrefix: bytes)) : nil)
    }
    switch self {
    case .put(let name, let value, let lease):
      return EtcdWire.Operation(
        request_put: EtcdWire.PutRequest(
          key: Data((prefix + name).utf8), value: Data(value), lease: lease.map { WireNumber($0.id) }))
    case .delete(let name): return EtcdWire.Operation(request_delete_range: range(name, isPrefix: false))
    case .deletePrefix(let name): return EtcdWire.Operation(request_delete_range: range(name, isPrefix: true))
    case .get(let name): return EtcdWire.Operation(request_range: range(name, isPrefix: false))
    case .list(let name): return EtcdWire.Operation(request_range: range(name, isPrefix: true))
    }
  }

  var reads: Bool {
    switch self {
    case .get, .list: true
    default: false
    }
  }
}
