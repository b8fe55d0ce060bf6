import APIMachinery
import ClusterClient

/// Who owns whom, across all resources: kept up to date change by change. For one task.
struct OwnerGraph {
  /// One object. Its header is the one that the server keeps: a node costs little more than its uid.
  struct Node: Sendable {
    let resource: ClusterResource
    fileprivate let header: ObjectHeader

    var namespace: String { header.namespace }
    var name: String { header.name }
    var uid: String { header.uid }
  }

  private var nodes: [String: Node] = [:]
  /// Dependents by the owner's uid.
  private var dependents: [String: Set<String>] = [:]

  /// Takes a change in.
  mutating func apply(_ change: ClusterChange) {
    guard let uid = (change.current ?? change.previous)?.header.uid, !uid.isEmpty else { return }
    // The key goes with the header that it is of: another state of the object has a text of its own.
    for owner in nodes.removeValue(forKey: uid)?.header.ownerReferences ?? [] {
      dependents[owner.uid]?.remove(uid)
      if dependents[owner.uid]?.isEmpty == true { dependents[owner.uid] = nil }
    }
    guard let header = change.current?.header else { return }
    nodes[uid] = Node(resource: change.resource, header: header)
    for owner in header.ownerReferences { dependents[owner.uid, default: []].insert(uid) }
  }

  /// Whether nobody owns an object, it owns nobody, and it does not wait for anything: as most do.
  func isAlone(_ header: ObjectHeader) -> Bool {
    header.ownerReferences.isEmpty && !header.isBeingDeleted && dependents[header.uid] == nil
  }

  func dependents(of uid: String) -> [Node] { (dependents[uid] ?? []).compactMap { nodes[$0] } }

  /// Dependents whose owner waits for them when it is deleted in the foreground.
  func blockingDependents(of uid: String) -> [Node] {
    dependents(of: uid).filter { $0.header.ownerReferences.contains { $0.uid == uid && $0.blockOwnerDeletion } }
  }

  func contains(_ uid: String) -> Bool { nodes[uid] != nil }

  /// Whether an object is going and has a finalizer that is the collector's to work on.
  func awaits(_ uid: String, _ finalizer: String) -> Bool {
    isBeingDeleted(uid) && has(uid, finalizer)
  }

  func has(_ uid: String, _ finalizer: String) -> Bool {
    nodes[uid]?.header.finalizers.contains(finalizer) ?? false
  }

  /// `namespace/name` for messages, or the uid of what is not known.
  func name(of uid: String) -> String {
    nodes[uid].map { "\($0.resource.plural) \($0.namespace)/\($0.name)" } ?? uid
  }

  /// Whether a reference names an owner that is known to be in another namespace.
  func isMisplaced(_ owner: OwnerReference, of node: Node) -> Bool {
    guard let known = nodes[owner.uid] else { return false }
    return !known.namespace.isEmpty && known.namespace != node.namespace
  }

  func node(_ uid: String) -> Node? { nodes[uid] }
  func owners(of uid: String) -> [OwnerReference] { nodes[uid]?.header.ownerReferences ?? [] }
  func isBeingDeleted(_ uid: String) -> Bool { nodes[uid]?.header.isBeingDeleted ?? false }
  /// An owner that holds on to its going until its dependents are gone counts as gone for them.
  func isWaitingForDependents(_ uid: String) -> Bool { awaits(uid, GarbageCollector.foregroundFinalizer) }
}
