import APIMachinery
import ClusterAPI
import KeyValueStore
import Synchronization

/// One object in memory, under its key in the store.
public final class CachedObject: Sendable {
  /// The key in the store.
  public let key: String
  public let object: StoredObject
  /// Whether the object is another one under a schema, once that has been found out: twice the schema's stamp, and one where
  /// it is. 0 is no schema's.
  private let judgement = Atomic<UInt64>(0)

  /// The object as it stands in lists in protobuf, kept while there are such lists.
  private let message = Mutex<[UInt8]?>(nil)

  public init(key: String, _ object: StoredObject) {
    self.key = key
    self.object = object
  }

  /// Takes what the store has.
  convenience init(_ stored: KeyValue) throws(UnreadableObject) {
    do { self.init(key: stored.key, try StoredObject(bytes: stored.value, revision: UInt64(stored.modRevision))) } catch
    {
      let why =
        stored.value.starts(with: IdentityCipher.encryptedPrefix)
        ? "unable to transform key \(stored.key.goQuoted): it is encrypted, and no configuration says by what: identity transformer tried to read encrypted data"
        : "what the store has at \(stored.key) is no object: \(error.message)"
      throw UnreadableObject(key: stored.key, revision: stored.modRevision, why: why, stored: stored)
    }
  }

  /// The same object under another revision.
  func at(revision: Int64) -> CachedObject { CachedObject(key: key, object.at(revision: UInt64(revision))) }

  /// Whether the schema has changed since the object was stored, so that it has to be served as another one.
  /// - Parameter version: the one that the object is stored in.
  func isOutdated(under version: ResourceVersion, _ form: StoredForm) -> Bool {
    guard let stamp = version.schemaStamp else { return false }
    let known = judgement.load(ordering: .relaxed)
    if known >> 1 == stamp { return known & 1 == 1 }
    let tree = object.tree()
    let isOutdated = form.read(tree, version) != tree
    judgement.store(stamp << 1 | (isOutdated ? 1 : 0), ordering: .relaxed)
    return isOutdated
  }

  /// The object as an item of a list in protobuf, made where it is not kept.
  func protobufItem(_ make: () throws(StatusError) -> [UInt8]) throws(StatusError) -> [UInt8] {
    if let known = message.withLock({ $0 }) { return known }
    let made = try make()
    message.withLock { $0 = made }
    return made
  }

  func forgetProtobuf() { message.withLock { $0 = nil } }

  public var name: String { object.header.name }
  /// Empty for an object of the whole cluster.
  public var namespace: String { object.header.namespace }
  public var uid: String { object.header.uid }
  public var revision: Int64 { Int64(object.revision) }

  /// The JSON as it is served, in the storage version.
  public var bytes: [UInt8] { object.served }

  /// What the store keeps of a tree: what says what it is comes first, so that it is found quickly, and metadata have the
  /// order in which upstream serves them.
  static func stored(_ object: JSONObject) -> StoredObject {
    var ordered = object.beginning(with: firstMembers)
    _ = ordered.update("metadata") { $0 = MetadataOrder.ordered($0) }
    return StoredObject(ordered)
  }

  private static let firstMembers = ["kind", "apiVersion", "metadata"]

  /// What a field selector compares.
  func field(_ place: SelectableField) -> String {
    let value = field(place.path)
    guard value.isEmpty else { return value }
    return switch place.otherwise {
    case .value(let value): value
    case .path(let path): field(path)
    case nil: value
    }
  }

  /// The value at a path of members as field selectors compare it; empty where there is none.
  func field(_ path: [String]) -> String {
    switch object.value(at: path) {
    case .string(let text): text
    case .integer(let number): String(number)
    case .bool(let flag): flag ? "true" : "false"
    default: ""
    }
  }
}
