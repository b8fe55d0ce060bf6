import APIMachinery
import ClusterClient

/// Who owns whom, across all resources: kept up to date change by change. For one task.
struct OwnerGraph {
  /// One object, by what is needed to find it again.
  struct Node: Hashable, Sendable {
    let resource: ClusterResource
    let namespace: String
    let name: String
    let uid: String
  }

  private struct Entry {
    let node: Node
    var owners: [OwnerReference]
    var isBeingDeleted: Bool
    var finalizers: Set<String>
  }

  private var entries: [String: Entry] = [:]
  /// Dependents by the owner's uid.
  private var dependents: [String: Set<String>] = [:]

  /// Takes a change in.
  mutating func apply(_ change: ClusterChange) {
    guard let uid = (change.current ?? change.previous)?.header.uid, !uid.isEmpty else { return }
    for owner in entries[uid]?.owners ?? [] {
      dependents[owner.uid]?.remove(uid)
      if dependents[owner.uid]?.isEmpty == true { dependents[owner.uid] = nil }
    }
    guard let header = change.current?.header else {
      entries[uid] = nil
      return
    }
    entries[uid] = Entry(
      node: Node(resource: change.resource, namespace: header.namespace, name: header.name, uid: uid),
      owners: header.ownerReferences, isBeingDeleted: header.isBeingDeleted, finalizers: Set(header.finalizers))
    for owner in header.ownerReferences { dependents[owner.uid, default: []].insert(uid) }
  }

  func dependents(of uid: String) -> [Node] { (dependents[uid] ?? []).compactMap { entries[$0]?.node } }

  /// Dependents whose owner waits for them when it is deleted in the foreground.
  func blockingDependents(of uid: String) -> [Node] {
    (dependents[uid] ?? []).compactMap { entries[$0] }
      .filter { $0.owners.contains { $0.uid == uid && $0.blockOwnerDeletion } }.map(\.node)
  }

  func contains(_ uid: String) -> Bool { entries[uid] != nil }

  /// Whether an object is going and has a finalizer that is the collector's to work on.
  func awaits(_ uid: String, _ finalizer: String) -> Bool {
    guard let entry = entries[uid] else { return false }
    return entry.isBeingDeleted && entry.finalizers.contains(finalizer)
  }

  func has(_ uid: String, _ finalizer: String) -> Bool { entries[uid]?.finalizers.contains(finalizer) ?? false }

  /// `namespace/name` for messages, or the uid of what is not known.
  func name(of uid: String) -> String {
    entries[uid].map { "\($0.node.resource.plural) \($0.node.namespace)/\($0.node.name)" } ?? uid
  }

  /// Whether a reference names an owner that is known to be in another namespace.
  func isMisplaced(_ owner: OwnerReference, of node: Node) -> Bool {
    guard let known = entries[owner.uid]?.node else { return false }
    return !known.namespace.isEmpty && known.namespace != node.namespace
  }

  func node(_ uid: String) -> Node? { entries[uid]?.node }
  func owners(of uid: String) -> [OwnerReference] { entries[uid]?.owners ?? [] }
  func isBeingDeleted(_ uid: String) -> Bool { entries[uid]?.isBeingDeleted ?? false }
  /// An owner that holds on to its going until its dependents are gone counts as gone for them.
  func isWaitingForDependents(_ uid: String) -> Bool { awaits(uid, GarbageCollector.foregroundFinalizer) }
}
