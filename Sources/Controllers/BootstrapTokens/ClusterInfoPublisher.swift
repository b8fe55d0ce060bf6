import APIMachinery
import ClusterClient
import PKI
import Synchronization

/// Publishes where the cluster is and whom to trust in the ConfigMap `kube-public/cluster-info`, signed with each
/// bootstrap token: whoever holds one can believe what a server that they do not know yet tells
/// (kube-controller-manager's bootstrap-signer controller; Kubernetes, "ConfigMap Signing").
public final class ClusterInfoPublisher: Sendable {
  private static let resource = GroupResource(group: "", resource: "configmaps")
  private static let place = Reconciler.Key(namespace: "kube-public", name: "cluster-info")
  private static let prefix = "jws-kubeconfig-"

  private let client: any ClusterClient
  private let contents: AsyncStream<String>
  private let content = Mutex<String?>(nil)
  private let now: @Sendable () -> Int64

  /// - Parameters:
  ///   - contents: the kubeconfig, now and after each change.
  ///   - now: seconds since 1970.
  public init(
    _ client: any ClusterClient, contents: AsyncStream<String>,
    now: @escaping @Sendable () -> Int64 = { Timestamp.now.seconds }
  ) {
    self.client = client
    self.contents = contents
    self.now = now
  }

  /// Works until the task is cancelled.
  public func run() async {
    let (changed, change) = AsyncStream.makeStream(of: Reconciler.Key.self)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await text in self.contents {
          self.content.withLock { $0 = text }
          change.yield(Self.place)
        }
      }
      group.addTask {
        await Reconciler(self.client, watching: [Self.resource, BootstrapSecret.resource]) { change in
          guard let object = change.current ?? change.previous else { return [] }
          let header = object.header
          return switch change.resource.groupResource {
          case Self.resource:
            header.namespace == Self.place.namespace && header.name == Self.place.name ? [Self.place] : []
          case BootstrapSecret.resource: BootstrapSecret(object) == nil ? [] : [Self.place]
          default: []
          }
        } work: { _ in
          try await self.publish()
          return nil
        }.run(also: changed)
      }
    }
  }

  private func publish() async throws {
    guard let text = content.withLock({ $0 }), let configMaps = client.resource(Self.resource),
      let secrets = client.resource(BootstrapSecret.resource)
    else { return }
    let present = try await client.find(Self.resource, Self.place)
    var data = present?.value(at: "data")?.objectValue ?? [:]
    for name in data.keys where name.hasPrefix(Self.prefix) { data.remove(name) }
    data["kubeconfig"] = .string(text)
    let tokens = try await client.list(secrets, namespace: BootstrapSecret.namespace).compactMap { object in
      BootstrapSecret(object).flatMap { $0.hasEnded(at: now()) ? nil : $0.signingToken }
    }
    for token in tokens.sorted(by: { $0.id < $1.id }) {
      data[Self.prefix + token.id] = .string(try token.signature(of: text))
    }
    guard let present else {
      let object: JSONObject = [
        "kind": "ConfigMap", "apiVersion": "v1",
        "metadata": ["name": .string(Self.place.name), "namespace": .string(Self.place.namespace)],
        "data": .object(data),
      ]
      _ = try await client.create(configMaps, namespace: Self.place.namespace, object)
      return
    }
    guard !Self.isSame(present.value(at: "data")?.objectValue ?? [:], data) else { return }
    var tree = present.tree()
    tree["data"] = .object(data)
    _ = try await client.update(configMaps, subresource: "", tree)
  }

  /// The order of the members says nothing.
  private static func isSame(_ a: JSONObject, _ b: JSONObject) -> Bool {
    a.count == b.count && a.allSatisfy { name, value in b[name] == value }
  }
}
