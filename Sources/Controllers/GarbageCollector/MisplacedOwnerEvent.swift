import APIMachinery
import ClusterClient

/// The event about an object that names an owner in another namespace (kube-controller-manager's `OwnerRefInvalidNamespace`).
struct MisplacedOwnerEvent {
  private static let reason = "OwnerRefInvalidNamespace"
  private static let component = "garbage-collector-controller"
  private static let events = GroupResource(group: "", resource: "events")

  private let dependent: OwnerGraph.Node
  private let owner: OwnerReference
  /// Of the form that recorders of events use: the object's and a number.
  private let name: String

  init(_ dependent: OwnerGraph.Node, _ owner: OwnerReference) {
    self.dependent = dependent
    self.owner = owner
    name = "\(dependent.name).\(String(UInt64.random(in: 1 << 60...UInt64.max), radix: 16))"
  }

  /// Events about what is in no namespace are in `default`.
  private var namespace: String { dependent.namespace.isEmpty ? "default" : dependent.namespace }

  var message: String {
    let shown =
      "[\(owner.apiVersion)/\(owner.kind), namespace: \(dependent.namespace), name: \(owner.name), uid: \(owner.uid)]"
    return "ownerRef \(shown) does not exist in namespace \(dependent.namespace.goQuoted)"
  }

  func object(at time: Timestamp) -> JSONObject {
    let text = JSONValue.string(time.description)
    var involved: JSONObject = [
      "kind": .string(dependent.resource.kind), "apiVersion": .string(dependent.resource.groupVersion.apiVersion),
      "name": .string(dependent.name), "uid": .string(dependent.uid),
    ]
    if !dependent.namespace.isEmpty { involved["namespace"] = .string(dependent.namespace) }
    return [
      "kind": "Event", "apiVersion": "v1",
      "metadata": ["name": .string(name), "namespace": .string(namespace)],
      "involvedObject": .object(involved), "reason": .string(Self.reason), "message": .string(message),
      "type": "Warning", "source": ["component": .string(Self.component)],
      "reportingComponent": .string(Self.component), "firstTimestamp": text, "lastTimestamp": text, "count": 1,
    ]
  }

  func send(_ client: any ClusterClient) async throws {
    guard let events = client.resource(Self.events) else { return }
    _ = try await client.create(events, namespace: namespace, object(at: .now))
  }
}
