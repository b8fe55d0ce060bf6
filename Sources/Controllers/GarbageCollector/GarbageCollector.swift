import APIMachinery
import ClusterClient

/// Removes objects whose owners are gone, and does what a deletion asks for its dependents: orphan them, or remove them
/// first (kube-controller-manager's garbage collector; Kubernetes, "Garbage Collection").
public actor GarbageCollector {
  static let orphanFinalizer = "orphan"
  static let foregroundFinalizer = "foregroundDeletion"

  private let client: any ClusterClient
  private var graph = OwnerGraph()

  public init(_ client: any ClusterClient) { self.client = client }

  /// Works until the task is cancelled.
  public func run() async {
    for await change in client.changes() { await take(change) }
  }

  private func take(_ change: ClusterChange) async {
    graph.apply(change)
    guard let uid = (change.current ?? change.previous)?.header.uid else { return }
    if change.current == nil {
      for dependent in graph.dependents(of: uid) { await collect(dependent) }
      await letGoOfOwners(change.previous?.header.ownerReferences ?? [])
      return
    }
    if graph.awaits(uid, Self.orphanFinalizer) { await orphan(uid) }
    if graph.awaits(uid, Self.foregroundFinalizer) { await deleteDependents(of: uid) }
    if let node = graph.node(uid), !graph.owners(of: uid).isEmpty, !graph.isBeingDeleted(uid) { await collect(node) }
    // A dependent that no longer blocks may let its owner go.
    await letGoOfOwners(change.previous?.header.ownerReferences ?? [])
  }

  /// Looks at a dependent: with no owner left it goes, with some left the references to the others do.
  private func collect(_ node: OwnerGraph.Node) async {
    var present: [OwnerReference] = []
    var waiting: [OwnerReference] = []
    var absent: [OwnerReference] = []
    for owner in graph.owners(of: node.uid) {
      if graph.isWaitingForDependents(owner.uid) {
        waiting.append(owner)
      } else if await exists(owner, from: node) {
        present.append(owner)
      } else {
        absent.append(owner)
      }
    }
    if absent.isEmpty && waiting.isEmpty { return }
    do {
      if present.isEmpty {
        let dependents = graph.dependents(of: node.uid)
        let isForeground = !waiting.isEmpty && !dependents.isEmpty
        // Owners that wait for each other in a circle would wait for ever: this one is no longer waited for.
        if isForeground, dependents.contains(where: { graph.isWaitingForDependents($0.uid) }) {
          try await unblockOwners(of: node)
        }
        try await client.delete(
          node.resource, namespace: node.namespace, name: node.name, uid: node.uid,
          policy: isForeground ? .foreground : .background)
      } else {
        let gone = Set((absent + waiting).map(\.uid))
        try await removeOwners(gone, from: node)
      }
    } catch {
      // Whatever stood in the way changes something, and that brings the object here again.
      return
    }
  }

  /// Whether an owner is there: known already, or found by a look, since a change of it may be on its way.
  private func exists(_ owner: OwnerReference, from node: OwnerGraph.Node) async -> Bool {
    if let known = graph.node(owner.uid), known.name == owner.name, known.resource.kind == owner.kind,
      known.namespace.isEmpty || known.namespace == node.namespace
    {
      return true
    }
    guard let groupVersion = GroupVersion(apiVersion: owner.apiVersion),
      let resource = client.resources().first(where: {
        $0.groupVersion.group == groupVersion.group && $0.kind == owner.kind
      })
    else {
      // A kind that is not served may be served again: nothing is removed for its sake.
      return true
    }
    // An owner in no namespace is never owned by one, and the other way round it must be in the same.
    if resource.isNamespaced, node.namespace.isEmpty { return true }
    do {
      let found = try await client.get(
        resource, namespace: resource.isNamespaced ? node.namespace : "", name: owner.name)
      return found?.header.uid == owner.uid
    } catch { return true }
  }

  private func removeOwners(_ uids: Set<String>, from node: OwnerGraph.Node) async throws {
    guard let object = try await client.get(node.resource, namespace: node.namespace, name: node.name),
      object.header.uid == node.uid
    else { return }
    let left = object.header.ownerReferences.filter { !uids.contains($0.uid) }
    guard left.count < object.header.ownerReferences.count else { return }
    _ = try await client.update(
      node.resource, subresource: "", object.settingOwnerReferences(left).at(revision: object.revision).tree())
  }

  private func unblockOwners(of node: OwnerGraph.Node) async throws {
    guard let object = try await client.get(node.resource, namespace: node.namespace, name: node.name),
      object.header.uid == node.uid, object.header.ownerReferences.contains(where: \.blockOwnerDeletion)
    else { return }
    let owners = object.header.ownerReferences.map { owner in
      var owner = owner
      owner.blockOwnerDeletion = false
      return owner
    }
    _ = try await client.update(
      node.resource, subresource: "", object.settingOwnerReferences(owners).at(revision: object.revision).tree())
  }

  private func orphan(_ uid: String) async {
    do {
      for dependent in graph.dependents(of: uid) { try await removeOwners([uid], from: dependent) }
      try await removeFinalizer(Self.orphanFinalizer, from: uid)
    } catch { return }
  }

  private func deleteDependents(of uid: String) async {
    let blocking = graph.blockingDependents(of: uid)
    guard !blocking.isEmpty else {
      do { try await removeFinalizer(Self.foregroundFinalizer, from: uid) } catch { return }
      return
    }
    for dependent in graph.dependents(of: uid) { await collect(dependent) }
  }

  /// Owners that wait for their dependents go when the last one that blocks has gone.
  private func letGoOfOwners(_ owners: [OwnerReference]) async {
    for owner in owners where graph.awaits(owner.uid, Self.foregroundFinalizer) {
      await deleteDependents(of: owner.uid)
    }
  }

  private func removeFinalizer(_ finalizer: String, from uid: String) async throws {
    guard let node = graph.node(uid),
      let object = try await client.get(node.resource, namespace: node.namespace, name: node.name),
      object.header.uid == uid, object.header.finalizers.contains(finalizer)
    else { return }
    _ = try await client.update(
      node.resource, subresource: "",
      object.settingFinalizers(object.header.finalizers.filter { $0 != finalizer }).at(revision: object.revision).tree()
    )
  }
}
