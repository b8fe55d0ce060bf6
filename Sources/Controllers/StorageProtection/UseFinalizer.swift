import APIMachinery
import ClusterClient

/// A finalizer that holds objects while something uses them.
struct UseFinalizer: Sendable {
  let client: any ClusterClient
  let name: String

  /// Puts the finalizer on an object that lacks it, and takes it from one that is going and that nothing uses.
  /// - Parameter isUsed: asked only of an object that is going.
  func look(
    _ resource: GroupResource, _ key: Reconciler.Key, isUsed: (StoredObject) async throws -> Bool
  ) async throws {
    guard let place = client.resource(resource),
      let object = try await client.get(place, namespace: key.namespace, name: key.name)
    else { return }
    let finalizers = object.header.finalizers
    let isHeld = finalizers.contains(name)
    let wanted: [String]
    if object.header.isBeingDeleted {
      guard isHeld, try await !isUsed(object) else { return }
      wanted = finalizers.filter { $0 != name }
    } else {
      guard !isHeld else { return }
      wanted = finalizers + [name]
    }
    _ = try await client.update(
      place, subresource: "", object.settingFinalizers(wanted).at(revision: object.revision).tree())
  }
}
