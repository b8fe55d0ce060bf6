import APIMachinery
import APIServer
import ClusterClient
import Synchronization

/// Which resource a stored object is of. The object itself tells, by its kind: keys are the store's own business.
final class StoredResources: Sendable {
  /// The kind that an object is stored as.
  private struct Kind: Hashable {
    let apiVersion: String
    let kind: String

    init(_ header: ObjectHeader) {
      apiVersion = header.apiVersion
      kind = header.kind
    }
  }
  private struct State {
    /// The state of the catalogue for which they are known.
    var number = -1
    /// Nil for kinds that are not served.
    var known: [Kind: ClusterResource?] = [:]
    /// The one that was asked for last: mostly the next one, too.
    var last: (kind: Kind, resource: ClusterResource?)?
    /// Objects whose kind is not served, by their uid: it may come to be, and then they are told of.
    var unknown: [String: StoredObject] = [:]
  }
  private let objects: ServerObjects
  private let state = Mutex(State())

  init(_ objects: ServerObjects) { self.objects = objects }

  /// The changes of each resource that follow each other, in their order; those of kinds that are not served are left out.
  /// - Returns: them, and before them the objects of kinds that have come to be served since.
  func runs(of changes: ObjectChanges) -> (
    late: [(resource: ClusterResource, present: [StoredObject])], runs: [(resource: ClusterResource, range: Range<Int>)]
  ) {
    let catalog = objects.catalog
    return state.withLock { state in
      var late: [(resource: ClusterResource, present: [StoredObject])] = []
      if state.number != catalog.number {
        state = State(number: catalog.number, unknown: state.unknown)
        late = Self.takeKnown(catalog, &state)
      }
      var runs: [(resource: ClusterResource, range: Range<Int>)] = []
      var start = changes.startIndex
      while start < changes.endIndex {
        guard let kind = Self.kind(changes[start]) else {
          start += 1
          continue
        }
        var end = start + 1
        while end < changes.endIndex, Self.kind(changes[end]) == kind { end += 1 }
        if let resource = Self.resource(kind, catalog, &state) {
          runs.append((resource, start..<end))
        } else {
          for change in changes[start..<end] {
            guard let uid = (change.current ?? change.previous)?.header.uid else { continue }
            state.unknown[uid] = change.current
          }
        }
        start = end
      }
      return (late, runs)
    }
  }

  /// Takes out the objects whose kinds are known by now.
  private static func takeKnown(
    _ catalog: ResourceCatalog.Snapshot, _ state: inout State
  ) -> [(resource: ClusterResource, present: [StoredObject])] {
    var found: [Kind: [StoredObject]] = [:]
    for (uid, object) in state.unknown {
      let kind = Kind(object.header)
      guard resource(kind, catalog, &state) != nil else { continue }
      found[kind, default: []].append(object)
      state.unknown[uid] = nil
    }
    return found.compactMap { kind, present in resource(kind, catalog, &state).map { ($0, present) } }
  }

  private static func kind(_ change: (current: StoredObject?, previous: StoredObject?)) -> Kind? {
    (change.current ?? change.previous).map { Kind($0.header) }
  }

  private static func resource(
    _ kind: Kind, _ catalog: ResourceCatalog.Snapshot, _ state: inout State
  ) -> ClusterResource? {
    if let last = state.last, last.kind == kind { return last.resource }
    if let known = state.known[kind] {
      state.last = (kind, known)
      return known
    }
    let resource = GroupVersion(apiVersion: kind.apiVersion)
      .flatMap { catalog.resource(storedAs: GroupVersionKind(group: $0.group, version: $0.version, kind: kind.kind)) }
      .map { ClusterResource($0) }
    state.known[kind] = .some(resource)
    return resource
  }
}

extension ClusterResource {
  init(_ served: ServedResource) {
    self.init(
      groupVersion: served.groupVersionKind.groupVersion, plural: served.resource.plural, kind: served.resource.kind,
      isNamespaced: served.resource.isNamespaced, verbs: Set(served.version.verbs))
  }
}
