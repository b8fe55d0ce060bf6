import APIMachinery
import ClusterClient

/// Sees to it that an object of one name is in every namespace.
struct NamespaceObjectKeeper: Sendable {
  private let client: any ClusterClient
  private let resource: GroupResource
  private let name: String
  private let object: JSONObject
  /// A member that must be what `object` says.
  private let fixed: String?

  private static let namespaces = GroupResource(group: "", resource: "namespaces")

  init(
    _ client: any ClusterClient, resource: GroupResource, name: String, object: JSONObject, fixed: String? = nil
  ) {
    self.client = client
    self.resource = resource
    self.name = name
    self.object = object
    self.fixed = fixed
  }

  func run() async {
    for await change in client.changes() {
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

  private func keep(in namespace: String) async {
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
