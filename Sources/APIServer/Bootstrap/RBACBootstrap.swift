import APIMachinery

/// Puts the default roles and bindings in the cluster, and gives back what is missing of those that may be kept up to
/// date: nothing that somebody has added is taken away (Kubernetes, "Auto-reconciliation").
struct RBACBootstrap {
  let registry: Registry

  private static let autoupdate = "rbac.authorization.kubernetes.io/autoupdate"

  /// How many are written side by side, so that the store writes several with one fsync: each takes some 80 KB meanwhile.
  private static let width = 32

  func run() async throws {
    let policies = [RBACPolicyText.text, RBACControllerText.text].map { RBACPolicy(reading: $0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, (resource, object)) in policies.flatMap(\.objects).enumerated() {
        guard
          let target = registry.catalog.snapshot.resource(
            GroupVersion(group: RBACAuthorizer.group, version: "v1"), resource)
        else { continue }
        if index >= Self.width { try await group.next() }
        group.addTask { try await reconcile(object, target) }
      }
      try await group.waitForAll()
    }
  }

  private func reconcile(_ wanted: JSONObject, _ target: ServedResource) async throws {
    let (namespace, name) = (wanted.objectNamespace, wanted.objectName)
    guard let present = registry.cache(of: target).get(target.key(namespace: namespace, name: name)) else {
      do {
        _ = try await registry.create(
          wanted, target, .ofServer(verb: "create", namespace: namespace, name: name))
      } catch let error as StatusError where error.reason == .alreadyExists { return }
      return
    }
    guard present.object.annotation(Self.autoupdate) == "true" else { return }
    var object = present.object.tree()
    if wanted["aggregationRule"] == nil, let rules = wanted["rules"]?.arrayValue {
      let own = (object["rules"]?.arrayValue ?? []).map { PolicyRule($0) }
      let missing = rules.filter { !PolicyRule.cover(PolicyRule($0), by: own) }
      if !missing.isEmpty { object["rules"] = .array((object["rules"]?.arrayValue ?? []) + missing) }
    }
    if let subjects = wanted["subjects"]?.arrayValue {
      let own = object["subjects"]?.arrayValue ?? []
      let missing = subjects.filter { !own.contains($0) }
      if !missing.isEmpty { object["subjects"] = .array(own + missing) }
    }
    guard object != present.object.tree() else { return }
    let changed = object
    _ = try await registry.change(
      target, .ofServer(verb: "update", namespace: namespace, name: name), manager: "kube-apiserver", operation: .update
    ) { _ in changed }
  }
}
