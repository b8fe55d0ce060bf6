import APIMachinery

/// Access to devices for their administration is had only in namespaces that allow it by a label (KEP-5018).
struct DeviceAdministration: Sendable {
  /// Of the namespace.
  private static let label = "resource.kubernetes.io/admin-access"

  private let namespaces: ResourceCache

  init(_ store: ClusterStore) { namespaces = store.clusterObjects("namespaces") }

  /// - Parameter spec: of a claim, or of one that is made from a template.
  func violations(ofSpec spec: JSONValue?, in namespace: String) -> [FieldError] {
    let requests = spec?["devices"]?["requests"]?.arrayValue ?? []
    // The place is upstream's, of templates too.
    let asked = requests.firstIndex { $0["exactly"]?["adminAccess"] == true }
    return violations(
      at: asked.map { FieldPath("spec", "devices", "requests").index($0).child("adminAccess") }, in: namespace)
  }

  /// What was given once is not judged again.
  func violations(ofStatus status: JSONValue, before: JSONValue, in namespace: String) -> [FieldError] {
    guard given(in: before) == nil else { return [] }
    return violations(at: given(in: status), in: namespace)
  }

  private func given(in status: JSONValue) -> FieldPath? {
    let results = status["allocation"]?["devices"]?["results"]?.arrayValue ?? []
    return results.firstIndex { $0["adminAccess"] == true }.map {
      FieldPath("status", "allocation", "devices", "results").index($0).child("adminAccess")
    }
  }

  private func violations(at place: FieldPath?, in name: String) -> [FieldError] {
    guard let place else { return [] }
    let namespace = namespaces.get("\(StorageLayout.root)namespaces/\(name)")
    guard namespace?.object.header.labels[Self.label] != "true" else { return [] }
    return [
      .forbidden(
        place, "admin access to devices requires the `\(Self.label): true` label on the containing namespace")
    ]
  }
}
