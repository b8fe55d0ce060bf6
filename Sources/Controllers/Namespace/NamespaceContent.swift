import APIMachinery
import ClusterClient

/// What is left in a namespace after one round of emptying it, and what went wrong.
struct NamespaceContent {
  /// How many objects are left, by resource.
  private(set) var remaining: [ClusterResource: Int] = [:]
  /// How many objects each finalizer holds.
  private(set) var finalizers: [String: Int] = [:]
  /// What could not be listed or removed, and why.
  private(set) var failures: [String] = []
  /// Of which groups nobody knows what they have.
  private(set) var discovery: String?

  private static let pods = GroupResource(group: "", resource: "pods")

  var isEmpty: Bool { remaining.isEmpty && failures.isEmpty && discovery == nil }
  /// Whether something went wrong, other than that somebody takes his time.
  var hasFailed: Bool { !failures.isEmpty || discovery != nil }

  /// Removes everything in a namespace that can be removed. What fails does not keep the rest.
  static func remove(from namespace: String, _ client: any ClusterClient) async -> NamespaceContent {
    var content = NamespaceContent()
    let found = client.discovery()
    content.discovery = found.problem
    let resources = found.resources.filter { $0.isNamespaced && $0.verbs.isSuperset(of: [.delete, .list]) }
    // What a pod uses is there for as long as the pod is (KEP-5080, "Ordered namespace deletion").
    for resource in resources where resource.groupResource == pods {
      await content.remove(resource, from: namespace, client)
    }
    if content.remaining.keys.contains(where: { $0.groupResource == pods }) { return content }
    for resource in resources where resource.groupResource != pods {
      await content.remove(resource, from: namespace, client)
    }
    return content
  }

  private mutating func remove(_ resource: ClusterResource, from namespace: String, _ client: any ClusterClient) async {
    do {
      for object in try await client.list(resource, namespace: namespace) where !object.header.isBeingDeleted {
        do {
          try await client.delete(
            resource, namespace: namespace, name: object.header.name, uid: object.header.uid, policy: .background)
        } catch {
          failures.append(Self.message(of: error))
        }
      }
      note(try await client.list(resource, namespace: namespace), of: resource, in: namespace)
    } catch let error as StatusError where error.reason == .notFound || error.reason == .methodNotAllowed {
      // The resource has gone meanwhile, and its objects with it.
      return
    } catch { failures.append(Self.message(of: error)) }
  }

  /// Notes objects that are still there.
  mutating func note(_ left: [StoredObject], of resource: ClusterResource, in namespace: String) {
    guard !left.isEmpty else { return }
    remaining[resource] = left.count
    var isHeld = resource.groupResource == Self.pods
    for finalizer in left.flatMap(\.header.finalizers) {
      finalizers[finalizer, default: 0] += 1
      isHeld = true
    }
    // Pods are given their time; of others nothing is left that nothing holds.
    guard !isHeld, failures.isEmpty else { return }
    let place = resource.groupVersion
    failures.append(
      "unexpected items still remain in namespace: \(namespace) for gvr: \(place.group)/\(place.version), Resource=\(resource.plural)"
    )
  }

  private static func message(of error: any Error) -> String { (error as? StatusError)?.message ?? "\(error)" }

  /// What the namespace's conditions say of it.
  func put(into conditions: inout NamespaceConditions) {
    conditions.put(.discoveryFailure, discovery)
    conditions.put(.versionFailure, nil)
    conditions.put(
      .contentFailure,
      failures.isEmpty
        ? nil
        : "Failed to delete all resource types, \(failures.count) remaining: \(failures.sorted().joined(separator: ", "))"
    )
    let resources = remaining.map { "\($0.key.plural).\($0.key.groupVersion.group) has \($0.value) resource instances" }
    conditions.put(
      .contentRemaining,
      resources.isEmpty ? nil : "Some resources are remaining: " + resources.sorted().joined(separator: ", "))
    let held = finalizers.map { "\($0.key) in \($0.value) resource instances" }
    conditions.put(
      .finalizersRemaining,
      held.isEmpty
        ? nil : "Some content in the namespace has finalizers remaining: " + held.sorted().joined(separator: ", "))
  }
}
