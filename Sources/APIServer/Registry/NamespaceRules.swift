import APIMachinery

/// What the API does with a namespace beyond its schema (the namespace strategy of kube-apiserver).
enum NamespaceRules {
  static let finalizer = "kubernetes"

  static func applies(to target: ServedResource) -> Bool {
    target.groupResource == GroupResource(group: "", resource: "namespaces")
  }

  /// A new namespace is active, carries its own name as a label, and is emptied before it goes.
  static func prepareForCreate(_ namespace: inout JSONObject) {
    namespace["status"] = ["phase": "Active"]
    var spec = namespace["spec"]?.objectValue ?? [:]
    var finalizers = spec["finalizers"]?.arrayValue ?? []
    if !finalizers.contains(.string(finalizer)) { finalizers.append(.string(finalizer)) }
    spec["finalizers"] = .array(finalizers)
    namespace["spec"] = .object(spec)
    label(&namespace)
  }

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
