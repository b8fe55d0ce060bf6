import APIMachinery
import ClusterClient
import Synchronization

/// Sees to it that an object of one name is in every namespace.
final class NamespaceObjectKeeper: Sendable {
  private let client: any ClusterClient
  private let resource: GroupResource
  private let name: String
  /// Nil while it is not known what the object is to be.
  private let object: Mutex<JSONObject?>
  /// A member that must be what `object` says.
  private let fixed: String?

  private static let namespaces = GroupResource(group: "", resource: "namespaces")

  init(
    _ client: any ClusterClient, resource: GroupResource, name: String, object: JSONObject? = nil, fixed: String? = nil
  ) {
    self.client = client
    self.resource = resource
    self.name = name
    self.object = Mutex(object)
    self.fixed = fixed
  }

  func run() async {
    for await change in client.changes(of: [Self.namespaces, resource]) {
      switch change.resource.groupResource {
      case Self.namespaces:
        guard let namespace = change.current, change.previous == nil, !namespace.header.isBeingDeleted else { continue }
        await keep(in: namespace.header.name)
      case resource:
        guard let header = (change.current ?? change.previous)?.header, header.name == name else { continue }
        await keep(in: header.namespace)
      default: continue
      }
    }
  }

  /// Puts another object in the place of the one before, everywhere.
  func keep(_ object: JSONObject) async {
    self.object.withLock { $0 = object }
    guard let namespaces = client.resources().first(where: { $0.groupResource == Self.namespaces }) else { return }
    do {
      for namespace in try await client.list(namespaces, namespace: "") { await keep(in: namespace.header.name) }
    } catch {
      // Namespaces are told of as they change.
      return
    }
  }

  private func keep(in namespace: String) async {
    guard let object = object.withLock({ $0 }) else { return }
    let resources = client.resources()
    guard let place = resources.first(where: { $0.groupResource == resource }),
      let namespaces = resources.first(where: { $0.groupResource == Self.namespaces })
    else { return }
    do {
      guard let home = try await client.get(namespaces, namespace: "", name: namespace), !home.header.isBeingDeleted
      else {
        return
      }
      guard let present = try await client.get(place, namespace: namespace, name: name) else {
        var wanted = object
        wanted["metadata"] = ["name": .string(name), "namespace": .string(namespace)]
        _ = try await client.create(place, namespace: namespace, wanted)
        return
      }
      guard let fixed, present.value(at: fixed) != object[fixed] else { return }
      var tree = present.tree()
      tree[fixed] = object[fixed]
      _ = try await client.update(place, subresource: "", tree)
    } catch {
      // Whoever came between has made a change, and that is told.
      return
    }
  }
}
