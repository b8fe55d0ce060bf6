import APIMachinery

/// What the API does with a namespace beyond its schema (the namespace strategy of kube-apiserver).
enum NamespaceRules {
  static func applies(to target: ServedResource) -> Bool {
    target.groupResource == GroupResource(group: "", resource: "namespaces")
  }

  /// A namespace carries its own name as a label.
  static func label(_ namespace: inout JSONObject) {
    guard !namespace.objectName.isEmpty else { return }
    var labels = namespace["metadata"]?["labels"]?.objectValue ?? [:]
    labels["kubernetes.io/metadata.name"] = .string(namespace.objectName)
    namespace.setMetadata("labels", .object(labels))
  }

  /// What holds a namespace that is being deleted.
  static func isHeld(_ namespace: JSONObject) -> Bool {
    !(namespace["spec"]?["finalizers"]?.arrayValue ?? []).isEmpty
  }
}
