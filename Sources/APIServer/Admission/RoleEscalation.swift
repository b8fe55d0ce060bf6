import APIMachinery

/// Nobody grants what they do not have: who writes a role must hold all of its rules, and who binds one the rules of the
/// role that is bound, unless they may `escalate` or `bind` it (Kubernetes, "Privilege escalation prevention and
/// bootstrapping").
public struct RoleEscalation: Admission {
  private let registry: @Sendable () -> Registry
  private let authorizer: any Authorizer

  /// - Parameter registry: given late, because the registry holds its admission.
  public init(_ registry: @escaping @Sendable () -> Registry, authorizer: any Authorizer) {
    self.registry = registry
    self.authorizer = authorizer
  }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    let place = request.resource.groupResource
    guard place.group == RBACAuthorizer.group, request.operation != .delete, let object = request.object,
      request.user != .server, !request.user.groups.contains("system:masters")
    else { return }
    switch place.resource {
    case "roles", "clusterroles":
      let rules = (object["rules"]?.arrayValue ?? []).map { PolicyRule($0) }
      // A change of anything but the rules grants nothing.
      if let old = request.oldObject, old["rules"] == object["rules"],
        old["aggregationRule"] == object["aggregationRule"]
      {
        return
      }
      if await isAllowed(request, "escalate", place.resource, request.name) { return }
      // Whoever gathers others' rules may get any.
      let wanted = object["aggregationRule"] == nil ? rules : rules + [Self.everything]
      try check(wanted, request)
    case "rolebindings", "clusterrolebindings":
      if let old = request.oldObject, old["roleRef"] == object["roleRef"], old["subjects"] == object["subjects"] {
        return
      }
      let isCluster = object["roleRef"]?["kind"]?.stringValue == "ClusterRole"
      let name = object["roleRef"]?["name"]?.stringValue ?? ""
      let roles = isCluster ? "clusterroles" : "roles"
      if await isAllowed(request, "bind", roles, name) { return }
      let registry = registry()
      guard
        let target = registry.catalog.snapshot.resource(
          GroupVersion(group: RBACAuthorizer.group, version: "v1"), roles),
        let role = registry.cache(of: target).get(
          target.key(namespace: isCluster ? "" : request.namespace, name: name))
      else {
        throw StatusError.notFound(GroupResource(group: RBACAuthorizer.group, resource: roles), name)
      }
      try check(RBACObjects.rules(role), request)
    default: return
    }
  }

  private static let everything = PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"])

  private func isAllowed(_ request: AdmissionRequest, _ verb: String, _ resource: String, _ name: String) async -> Bool
  {
    var info = request.context.info
    info.verb = verb
    info.resource = resource
    info.group = RBACAuthorizer.group
    info.subresource = ""
    info.name = name
    if resource == "clusterroles", request.resource.groupResource.resource == "clusterroles" { info.namespace = "" }
    if case .allowed = await authorizer.authorize(request.user, info) { return true }
    return false
  }

  private func check(_ rules: [PolicyRule], _ request: AdmissionRequest) throws(StatusError) {
    var own: [PolicyRule] = []
    RBACAuthorizer(registry()).visitRules(of: request.user, in: request.namespace) { rule, _ in
      own.append(rule)
      return true
    }
    let missing = rules.filter { !PolicyRule.cover($0, by: own) }
    guard !missing.isEmpty else { return }
    let texts = missing.map { $0.json.jsonText() }.joined(separator: "\n")
    throw .forbidden(
      request.resource.groupResource, request.name,
      "user \(request.user.name.goQuoted) (groups=[\(request.user.groups.map(\.goQuoted).joined(separator: " "))]) is attempting to grant RBAC permissions not currently held:\n\(texts)"
    )
  }
}
