import APIMachinery
import ClusterClient

/// Removes objects whose owners are gone, and does what a deletion asks for its dependents: orphan them, or remove them
/// first (kube-controller-manager's garbage collector; Kubernetes, "Garbage Collection").
public actor GarbageCollector {
  static let orphanFinalizer = "orphan"
  static let foregroundFinalizer = "foregroundDeletion"

  private let client: any ClusterClient
  private let report: @Sendable (String) -> Void
  private var graph = OwnerGraph()
  private var retries: RetryQueue
  /// Dependents of which an owner is of a kind that is not served: they are looked at again when kinds come.
  private var unresolved: Set<String> = []
  /// References into another namespace that an event has told of.
  private var misplaced: [String: Set<String>] = [:]

  /// What makes kinds come and go.
  private static let definitions: Set<GroupResource> = [
    GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions"),
    GroupResource(group: "apiregistration.k8s.io", resource: "apiservices"),
  ]

  /// - Parameter report: told what goes wrong.
  public init(_ client: any ClusterClient, report: @escaping @Sendable (String) -> Void) {
    self.client = client
    self.report = report
    retries = RetryQueue()
  }

  private enum Event: Sendable {
    case changes([ClusterChanges.Batch])
    case again(String)
  }

  /// Works until the task is cancelled.
  public func run() async {
    let (events, queue) = AsyncStream.makeStream(of: Event.self)
    let (client, due) = (client, retries.due)
    await withTaskGroup(of: Void.self) { group in
      for changes in [client.changes(), client.changesElsewhere()] {
        group.addTask { while let batches = await changes.nextBatches() { queue.yield(.changes(batches)) } }
      }
      group.addTask { for await uid in due { queue.yield(.again(uid)) } }
      for await event in events {
        switch event {
        case .changes(let batches): for change in batches.joined() where !Task.isCancelled { await take(change) }
        case .again(let uid): await look(uid)
        }
      }
      group.cancelAll()
    }
  }

  private func take(_ change: ClusterChange) async {
    graph.apply(change)
    if Self.definitions.contains(change.resource.groupResource) {
      let waiting = unresolved
      unresolved = []
      for uid in waiting { await look(uid) }
    }
    guard let uid = (change.current ?? change.previous)?.header.uid else { return }
    // Nothing is to be done for most objects.
    if let header = change.current?.header, change.previous?.header.ownerReferences.isEmpty ?? true,
      graph.isAlone(header)
    {
      return
    }
    if change.current == nil {
      retries.forget(uid)
      unresolved.remove(uid)
      misplaced[uid] = nil
      for dependent in graph.dependents(of: uid) { await collect(dependent) }
    } else {
      await tellOfMisplaced(uid)
      await look(uid)
    }
    // A dependent that is gone, or no longer blocks, may let its owner go.
    await letGoOfOwners(change.previous?.header.ownerReferences ?? [])
  }

  /// Does what is to be done for an object as it is now.
  private func look(_ uid: String) async {
    if graph.awaits(uid, Self.orphanFinalizer) { await orphan(uid) }
    if graph.awaits(uid, Self.foregroundFinalizer) { await deleteDependents(of: uid) }
    if let node = graph.node(uid), !graph.owners(of: uid).isEmpty { await collect(node) }
  }

  /// Tries again later what failed for an object.
  private func failed(_ uid: String, _ what: String, _ error: any Error) {
    // The server ends: the next start looks at everything.
    if Task.isCancelled { return }
    if let error = error as? StatusError, error.reason == .notFound || error.reason == .conflict {
      // What came between is told, and the object looked at then; unless it came before what is known.
      return retries.again(uid)
    }
    report("garbage collector: \(what): \((error as? StatusError)?.message ?? "\(error)")")
    retries.again(uid)
  }

  /// Says by events which references name an owner that is in another namespace: nobody is owned across namespaces.
  private func tellOfMisplaced(_ uid: String) async {
    guard let node = graph.node(uid) else { return }
    var wrong = graph.owners(of: uid).compactMap { owner in graph.isMisplaced(owner, of: node) ? (node, owner) : nil }
    for dependent in graph.dependents(of: uid) {
      // The owner may have been seen after those that name it.
      for owner in graph.owners(of: dependent.uid) where owner.uid == uid && graph.isMisplaced(owner, of: dependent) {
        wrong.append((dependent, owner))
      }
    }
    for (dependent, owner) in wrong where misplaced[dependent.uid, default: []].insert(owner.uid).inserted {
      do {
        try await MisplacedOwnerEvent(dependent, owner).send(client)
      } catch {
        report("garbage collector: an event about \(dependent.namespace)/\(dependent.name): \(error)")
      }
      if dependent.uid != uid { await collect(dependent) }
    }
  }

  /// Looks at a dependent: with no owner left it goes, with some left the references to the others do.
  private func collect(_ node: OwnerGraph.Node) async {
    // What is going already goes by what was asked for it.
    guard !graph.isBeingDeleted(node.uid) || graph.isWaitingForDependents(node.uid) else { return }
    do {
      let known = graph.owners(of: node.uid)
      var owners = try await sort(known, of: node)
      if owners.areAllThere { return retries.forget(node.uid) }
      // Changes may be on their way: what is removed goes by what the object says now.
      guard let object = try await client.get(node.resource, namespace: node.namespace, name: node.name),
        object.header.uid == node.uid
      else { return retries.forget(node.uid) }
      if object.header.ownerReferences != known { owners = try await sort(object.header.ownerReferences, of: node) }
      if owners.areAllThere { return retries.forget(node.uid) }
      if owners.present.isEmpty {
        try await remove(node, object, isWaitedFor: !owners.waiting.isEmpty)
      } else {
        try await removeOwners(Set((owners.absent + owners.waiting).map(\.uid)), from: node)
      }
      retries.forget(node.uid)
    } catch { failed(node.uid, "\(node.resource.plural) \(node.namespace)/\(node.name)", error) }
  }

  private struct Owners {
    var present: [OwnerReference] = []
    /// Those that go when what they own has gone.
    var waiting: [OwnerReference] = []
    var absent: [OwnerReference] = []

    var areAllThere: Bool { waiting.isEmpty && absent.isEmpty }
  }

  private func sort(_ references: [OwnerReference], of node: OwnerGraph.Node) async throws -> Owners {
    var owners = Owners()
    for owner in references {
      if graph.isWaitingForDependents(owner.uid) {
        owners.waiting.append(owner)
      } else if try await exists(owner, from: node) {
        owners.present.append(owner)
      } else {
        owners.absent.append(owner)
      }
    }
    return owners
  }

  /// Removes a dependent that nobody owns any more.
  /// - Parameters:
  ///   - object: its state in which nobody does: in another one somebody may.
  ///   - isWaitedFor: an owner goes when it is gone.
  private func remove(_ node: OwnerGraph.Node, _ object: StoredObject, isWaitedFor: Bool) async throws {
    let dependents = graph.dependents(of: node.uid)
    var policy = DeletionPolicy.background
    if isWaitedFor, !dependents.isEmpty {
      // Owners that wait for each other in a circle would wait for ever: this one is no longer waited for.
      // That is told as a change of it, by which it is looked at again.
      if dependents.contains(where: { graph.isWaitingForDependents($0.uid) }), try await unblock(node, object) {
        return
      }
      policy = .foreground
    } else if graph.has(node.uid, Self.orphanFinalizer) {
      // What was asked for when it was deleted, or written into it, holds.
      policy = .orphan
    } else if graph.has(node.uid, Self.foregroundFinalizer) {
      policy = .foreground
    }
    guard !graph.isBeingDeleted(node.uid) else { return }
    let chosen = policy
    func delete(at revision: UInt64?) async throws {
      try await client.delete(
        node.resource, namespace: node.namespace, name: node.name, uid: node.uid, revision: revision, policy: chosen)
    }
    do { try await delete(at: object.revision) } catch let error as StatusError where error.reason == .conflict {
      // What is written often is not to stay for ever: only who owns it matters.
      guard let now = try await client.get(node.resource, namespace: node.namespace, name: node.name),
        now.header.uid == node.uid, now.header.ownerReferences == object.header.ownerReferences
      else { throw error }
      try await delete(at: nil)
    }
  }

  /// Whether an owner is there: known already, or found by a look, since a change of it may be on its way.
  private func exists(_ owner: OwnerReference, from node: OwnerGraph.Node) async throws -> Bool {
    if let known = graph.node(owner.uid), known.name == owner.name, known.resource.kind == owner.kind,
      known.namespace.isEmpty || known.namespace == node.namespace
    {
      return true
    }
    let group = GroupVersion(apiVersion: owner.apiVersion)?.group
    guard
      let resource = client.discovery().resources.first(where: {
        $0.groupVersion.group == group && $0.kind == owner.kind
      })
    else {
      // A kind that is not served may be served again: nothing is removed for its sake until it is.
      unresolved.insert(node.uid)
      return true
    }
    // An object that is in no namespace cannot be owned by one that is: nothing can be found there.
    if resource.isNamespaced, node.namespace.isEmpty { return true }
    let found = try await client.get(
      resource, namespace: resource.isNamespaced ? node.namespace : "", name: owner.name)
    return found?.header.uid == owner.uid
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

  /// Has the owners of an object no longer wait for it.
  /// - Returns: false where none does.
  private func unblock(_ node: OwnerGraph.Node, _ object: StoredObject) async throws -> Bool {
    guard object.header.ownerReferences.contains(where: \.blockOwnerDeletion) else { return false }
    let owners = object.header.ownerReferences.map { owner in
      var owner = owner
      owner.blockOwnerDeletion = false
      return owner
    }
    _ = try await client.update(
      node.resource, subresource: "", object.settingOwnerReferences(owners).at(revision: object.revision).tree())
    return true
  }

  private func orphan(_ uid: String) async {
    do {
      for dependent in graph.dependents(of: uid) { try await removeOwners([uid], from: dependent) }
      try await removeFinalizer(Self.orphanFinalizer, from: uid)
      retries.forget(uid)
    } catch { failed(uid, "orphaning the dependents of \(graph.name(of: uid))", error) }
  }

  private func deleteDependents(of uid: String) async {
    let blocking = graph.blockingDependents(of: uid)
    guard !blocking.isEmpty else {
      do {
        try await removeFinalizer(Self.foregroundFinalizer, from: uid)
        retries.forget(uid)
      } catch { failed(uid, "letting \(graph.name(of: uid)) go", error) }
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
