import APIMachinery
import Addressing
import ClusterClient
import Synchronization

/// Says of ranges of cluster IPs that they are ready, and keeps those that are being deleted as long as services have
/// addresses of theirs (kube-controller-manager's service-cidr controller).
public struct ServiceCIDRController: Sendable {
  static let finalizer = "networking.k8s.io/service-cidr-finalizer"
  private static let ranges = GroupResource(group: "networking.k8s.io", resource: "servicecidrs")
  private static let addresses = GroupResource(group: "networking.k8s.io", resource: "ipaddresses")

  private let client: any ClusterClient

  public init(_ client: any ClusterClient) { self.client = client }

  /// Works until the task is cancelled.
  public func run() async {
    let going = Mutex<Set<String>>([])
    await Reconciler(client, watching: [Self.ranges, Self.addresses]) { change in
      let name = (change.current ?? change.previous)?.header.name ?? ""
      let isRange = change.resource.groupResource == Self.ranges
      // An address that has come lets nothing go.
      guard isRange || change.current == nil else { return [] }
      let names = going.withLock { going in
        if isRange, change.current == nil { going.remove(name) }
        if isRange, change.current?.header.isBeingDeleted == true { going.insert(name) }
        // Another range may have what one that goes has waited for.
        return isRange && change.current != nil ? going.union([name]) : going
      }
      return names.sorted().map { Reconciler.Key(name: $0) }
    } work: { key in
      try await settle(key.name)
      return nil
    }.run()
  }

  private func settle(_ name: String) async throws {
    guard let resource = client.resource(Self.ranges),
      let range = try await client.get(resource, namespace: "", name: name)
    else { return }
    guard range.header.isBeingDeleted else { return try await welcome(range, resource) }
    guard range.header.finalizers.contains(Self.finalizer) else { return }
    if try await isNeeded(range) {
      try await put(
        "False", "Terminating",
        "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
        range, resource)
    } else {
      try await setFinalizers(range.header.finalizers.filter { $0 != Self.finalizer }, range, resource)
    }
  }

  private func welcome(_ range: StoredObject, _ resource: ClusterResource) async throws {
    guard range.header.finalizers.contains(Self.finalizer) else {
      return try await setFinalizers(range.header.finalizers + [Self.finalizer], range, resource)
    }
    guard condition(of: range)?["status"] == nil else { return }
    try await put("True", "", "Kubernetes Service CIDR is ready", range, resource)
  }

  /// Whether a service has an address of a range that no other range covers.
  private func isNeeded(_ range: StoredObject) async throws -> Bool {
    guard let place = client.resource(Self.addresses), let ranges = client.resource(Self.ranges) else { return true }
    let own = Self.cidrs(range)
    let others = try await client.list(ranges, namespace: "")
      .filter { $0.header.name != range.header.name && !$0.header.isBeingDeleted }.flatMap(Self.cidrs)
    return try await client.list(place, namespace: "").contains { object in
      guard let address = IPAddress(object.header.name), own.contains(where: { $0.contains(address) }) else {
        return false
      }
      return !others.contains { $0.contains(address) }
    }
  }

  private static func cidrs(_ range: StoredObject) -> [IPCIDR] {
    (range.value(at: "spec", "cidrs")?.arrayValue ?? []).compactMap { $0.stringValue.flatMap { IPCIDR($0) } }
  }

  private func condition(of range: StoredObject) -> JSONValue? {
    range.value(at: "status", "conditions")?.arrayValue?.first { $0["type"] == "Ready" }
  }

  private func put(
    _ status: JSONValue, _ reason: String, _ message: String, _ range: StoredObject, _ resource: ClusterResource
  ) async throws {
    guard condition(of: range)?["status"] != status else { return }
    var tree = range.tree()
    let others = (range.value(at: "status", "conditions")?.arrayValue ?? []).filter { $0["type"] != "Ready" }
    let condition: JSONValue = [
      "type": "Ready", "status": status, "reason": .string(reason), "message": .string(message),
      "lastTransitionTime": .string(Timestamp.now.description),
    ]
    tree["status"] = ["conditions": .array(others + [condition])]
    _ = try await client.update(resource, subresource: "status", tree)
  }

  private func setFinalizers(
    _ finalizers: [String], _ range: StoredObject, _ resource: ClusterResource
  ) async throws {
    var tree = range.tree()
    var metadata = tree["metadata"]?.objectValue ?? [:]
    metadata["finalizers"] = finalizers.isEmpty ? nil : .array(finalizers.map { .string($0) })
    tree["metadata"] = .object(metadata)
    _ = try await client.update(resource, subresource: "", tree)
  }
}
