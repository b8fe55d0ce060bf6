import APIMachinery

/// Role-based access control (Kubernetes, "Using RBAC Authorization"): what no role that is bound to the user or one of
/// their groups allows is not allowed.
public struct RBACAuthorizer: Authorizer {
  private let find: @Sendable () -> Registry
  private var registry: Registry { find() }

  public init(_ registry: Registry) { find = { registry } }

  /// - Parameter registry: given late, because what decides about requests stands in the registry's own way.
  public init(_ registry: @escaping @Sendable () -> Registry) { find = registry }

  static let group = "rbac.authorization.k8s.io"

  public func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    var allowed: String?
    visitRules(of: user, in: info.namespace) { rule, source in
      guard rule.covers(info) else { return true }
      allowed = source
      return false
    }
    if let allowed { return .allowed(reason: "RBAC: allowed by \(allowed)") }
    return .noOpinion(reason: "")
  }

  public func rules(of user: User, in namespace: String) -> ResolvedRules {
    var rules = ResolvedRules()
    visitRules(of: user, in: namespace) { rule, _ in
      var json = rule.json.objectValue ?? [:]
      if !rule.paths.isEmpty {
        rules.paths.append(["verbs": json["verbs"] ?? [], "nonResourceURLs": json["nonResourceURLs"] ?? []])
      }
      json.remove("nonResourceURLs")
      if !rule.resources.isEmpty { rules.resources.append(.object(json)) }
      return true
    }
    return rules
  }

  /// Every rule that holds for a user, of the cluster's bindings first, then of those in a namespace.
  /// - Parameter visit: gives false to stop.
  func visitRules(of user: User, in namespace: String, _ visit: (PolicyRule, _ source: String) -> Bool) {
    guard self.visit(bindings("clusterrolebindings", in: ""), user, namespace: "", visit), !namespace.isEmpty else {
      return
    }
    _ = self.visit(bindings("rolebindings", in: namespace), user, namespace: namespace, visit)
  }

  private func bindings(_ resource: String, in namespace: String) -> ArraySlice<CachedObject> {
    let place = GroupVersion(group: Self.group, version: "v1")
    guard let target = registry.catalog.snapshot.resource(place, resource) else { return [] }
    return registry.cache(of: target).list(target.prefix(namespace: namespace)).objects
  }

  /// - Returns: false where `visit` has stopped.
  private func visit(
    _ bindings: ArraySlice<CachedObject>, _ user: User, namespace: String,
    _ visit: (PolicyRule, _ source: String) -> Bool
  ) -> Bool {
    for binding in bindings {
      let content = RBACObjects.binding(binding)
      guard content.subjects.contains(where: { $0.means(user, bindingNamespace: namespace) }) else { continue }
      let kind = namespace.isEmpty ? "ClusterRoleBinding" : "RoleBinding"
      let name = namespace.isEmpty ? binding.name : "\(binding.name)/\(namespace)"
      let source =
        "\(kind) \(name.goQuoted) of \(content.roleKind) \(content.roleName.goQuoted) to \(user.name.goQuoted)"
      for rule in rules(content, namespace: namespace) where !visit(rule, source) { return false }
    }
    return true
  }

  /// The rules of the role that a binding names; none where there is no such role.
  private func rules(_ binding: RBACObjects.Binding, namespace: String) -> [PolicyRule] {
    let place = GroupVersion(group: Self.group, version: "v1")
    let isCluster = binding.roleKind == "ClusterRole"
    guard let target = registry.catalog.snapshot.resource(place, isCluster ? "clusterroles" : "roles"),
      let role = registry.cache(of: target).get(
        target.key(namespace: isCluster ? "" : namespace, name: binding.roleName))
    else { return [] }
    return RBACObjects.rules(role)
  }
}
