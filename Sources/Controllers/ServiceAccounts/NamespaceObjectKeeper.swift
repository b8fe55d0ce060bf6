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

  /// Takes namespaces that are to be looked at although nothing in them has changed; nil before it works.
  private let wake = Mutex<AsyncStream<Reconciler.Key>.Continuation?>(nil)

  private static let namespaces = GroupResource(group: "", resource: "namespaces")
  private static let pause = Duration.seconds(1)

  init(
    _ client: any ClusterClient, resource: GroupResource, name: String, object: JSONObject? = nil, fixed: String? = nil
  ) {
    self.client = client
    self.resource = resource
    self.name = name
    self.object = Mutex(object)
    self.fixed = fixed
  }

  /// Works until the task is cancelled.
  func run() async {
    let keeper = self
    let (more, continuation) = AsyncStream.makeStream(of: Reconciler.Key.self)
    wake.withLock { $0 = continuation }
    await Reconciler(client, watching: [Self.namespaces, resource]) {
      keeper.namespaces(of: $0)
    } work: { key in
      try await keeper.keep(in: key.name)
      return nil
    }.run(also: more)
  }

  /// The namespaces that a change concerns.
  private func namespaces(of change: ClusterChange) -> [Reconciler.Key] {
    guard change.resource.groupResource == Self.namespaces else {
      guard let header = (change.current ?? change.previous)?.header, header.name == name else { return [] }
      return [Reconciler.Key(name: header.namespace)]
    }
    guard let namespace = change.current, change.previous == nil, !namespace.header.isBeingDeleted else { return [] }
    return [Reconciler.Key(name: namespace.header.name)]
  }

  /// Puts another object in the place of the one before, everywhere.
  func keep(_ object: JSONObject) async {
    self.object.withLock { $0 = object }
    // Whoever begins to work looks everywhere.
    guard let wake = wake.withLock({ $0 }) else { return }
    while !Task.isCancelled {
      do {
        guard let namespaces = client.resource(Self.namespaces) else { return }
        for namespace in try await client.list(namespaces, namespace: "") {
          wake.yield(Reconciler.Key(name: namespace.header.name))
        }
        return
      } catch {
        // One of them cannot be read for now.
        do { try await Task.sleep(for: Self.pause) } catch { return }
      }
    }
  }

  private func keep(in namespace: String) async throws {
    guard let object = object.withLock({ $0 }), let place = client.resource(resource),
      let home = try await client.find(Self.namespaces, Reconciler.Key(name: namespace)), !home.header.isBeingDeleted
    else { return }
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
  }
}
