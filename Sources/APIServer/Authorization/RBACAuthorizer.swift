import APIMachinery

/// Role-based access control (Kubernetes, "Using RBAC Authorization"): what no role that is bound to the user or one of
/// their groups allows is not allowed.
public struct RBACAuthorizer: Authorizer {
  private let grants: RoleGrantIndex

  public init(_ registry: Registry) { self.init { registry } }

  /// - Parameter registry: given late, because what decides about requests stands in the registry's own way.
  public init(_ registry: @escaping @Sendable () -> Registry) { grants = RoleGrantIndex(registry) }

  static let group = "rbac.authorization.k8s.io"

  public func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    var allowed: String?
    visitRules(of: user, in: info.namespace) { rule, grant, subject in
      guard rule.covers(info) else { return true }
      allowed = grant.source(for: subject)
      return false
    }
    if let allowed { return .allowed(reason: "RBAC: allowed by \(allowed)") }
    return .noOpinion(reason: "")
  }

  public func rules(of user: User, in namespace: String) -> ResolvedRules {
    var rules = ResolvedRules()
    visitRules(of: user, in: namespace) { rule, _, _ in
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
  func visitRules(
    of user: User, in namespace: String, _ visit: (PolicyRule, RoleGrants.Grant, RBACObjects.Subject) -> Bool
  ) {
    func visitAll(_ grant: RoleGrants.Grant, _ subject: RBACObjects.Subject) -> Bool {
      grant.rules.allSatisfy { visit($0, grant, subject) }
    }
    if let cluster = grants.cluster(), !cluster.visit(user, visitAll) { return }
    guard !namespace.isEmpty else { return }
    _ = grants.namespace(namespace)?.visit(user, visitAll)
  }
}
