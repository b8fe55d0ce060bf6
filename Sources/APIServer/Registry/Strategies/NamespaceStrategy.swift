import APIMachinery

/// Namespaces: what is in one goes before it (kube-apiserver's `pkg/registry/core/namespace`).
struct NamespaceStrategy: KindStrategy {
  func isHeld(_ namespace: JSONObject) -> Bool { !(namespace["spec"]?["finalizers"]?.arrayValue ?? []).isEmpty }

  func markGoing(_ namespace: inout JSONObject) {
    var status = namespace["status"]?.objectValue ?? [:]
    status["phase"] = "Terminating"
    namespace["status"] = .object(status)
    // How long its end may take is nobody's to say.
    namespace.setMetadata("deletionGracePeriodSeconds", nil)
  }
}
