import APIMachinery

/// Nobody grants what they do not have: who writes a role must hold all of its rules, and who binds one the rules of the
/// role that is bound, unless they may `escalate` or `bind` it (Kubernetes, "Privilege escalation prevention and
/// bootstrapping").
public struct RoleEscalation: Admission {
  private let powers: WriterPowers
  private let roles: RBACAuthorizer

  /// - Parameter registry: given late, because the registry holds its admission.
  public init(_ registry: @escaping @Sendable () -> Registry, authorizer: any Authorizer) {
    powers = WriterPowers(registry, authorizer: authorizer)
    roles = RBACAuthorizer(registry)
  }

  private static let guarded = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"].map {
    GroupResource(group: RBACAuthorizer.group, resource: $0)
  }

  public var interest: AdmissionInterest { .mutating(Self.guarded) }

  public func validate(_ request: AdmissionRequest) async throws {}

  /// Changes nothing, and comes after all that does: who may not grant what is written is not told what else is wrong with it.
  public func mutate(_ request: inout AdmissionRequest) async throws { try await check(request) }

  private func check(_ request: AdmissionRequest) async throws {
    guard let object = powers.written(by: request, inGroup: RBACAuthorizer.group),
      !Self.isChangeForCollection(object, request.oldObject)
    else { return }
    let place = request.resource.groupResource
    switch place.resource {
    case "roles", "clusterroles":
      let rules = (object["rules"]?.arrayValue ?? []).map { PolicyRule($0) }
      if await isAllowed(request, "escalate", place.resource, request.context.info.name) { return }
      if let problem = problem(rules, request) { throw StatusError.forbidden(place, request.name, problem) }
      // Whoever gathers others' rules may get any.
      if Self.gathers(object) || Self.gathers(request.oldObject), problem(Self.everything, request) != nil {
        throw StatusError.forbidden(
          place, request.name, "must have cluster-admin privileges to use the aggregationRule")
      }
    case "rolebindings", "clusterrolebindings":
      let isCluster = object["roleRef"]?["kind"]?.stringValue == "ClusterRole"
      let name = object["roleRef"]?["name"]?.stringValue ?? ""
      let roles = isCluster ? "clusterroles" : "roles"
      if await isAllowed(request, "bind", roles, name) { return }
      let registry = powers.registry
      guard
        let target = registry.catalog.snapshot.resource(
          GroupVersion(group: RBACAuthorizer.group, version: "v1"), roles),
        let role = registry.cache(of: target).get(
          target.key(namespace: isCluster ? "" : request.namespace, name: name))
      else {
        // As upstream says it: the request's own resource, and the name of the role.
        throw StatusError.notFound(place, name)
      }
      if let problem = problem(RBACObjects.rules(role), request) {
        throw StatusError.forbidden(place, request.name, problem)
      }
    default: return
    }
  }

  private static let everything = [
    PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], paths: ["*"]),
  ]

  private static func gathers(_ role: JSONObject?) -> Bool {
    role?["aggregationRule"]?["clusterRoleSelectors"]?.arrayValue?.isEmpty == false
  }

  /// Whether nothing changes but what holds an object or owns it: whoever collects what nobody needs any more grants nothing.
  private static func isChangeForCollection(_ new: JSONObject, _ old: JSONObject?) -> Bool {
    guard var old else { return false }
    var new = new
    for name in ["ownerReferences", "finalizers", "managedFields", "resourceVersion"] {
      new.setMetadata(name, nil)
      old.setMetadata(name, nil)
    }
    return new == old
  }

  private func isAllowed(_ request: AdmissionRequest, _ verb: String, _ resource: String, _ name: String) async -> Bool
  {
    var info = request.context.info
    info.verb = verb
    info.resource = resource
    info.group = RBACAuthorizer.group
    info.subresource = ""
    info.name = name
    if resource == "clusterroles", request.resource.groupResource.resource == "clusterroles" { info.namespace = "" }
    return await powers.allows(request.user, info)
  }

  /// What the sender would grant without having it; nil where there is nothing.
  private func problem(_ rules: [PolicyRule], _ request: AdmissionRequest) -> String? {
    var own: [PolicyRule] = []
    roles.visitRules(of: request.user, in: request.namespace) { rule, _, _ in
      own.append(rule)
      return true
    }
    let missing = PolicyRule.missing(in: rules, from: own)
    guard !missing.isEmpty else { return nil }
    let texts = Set(missing.map(\.description)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let who = "user \(request.user.name.goQuoted) (groups=\(request.user.groups.goQuoted))"
    return
      "\(who) is attempting to grant RBAC permissions not currently held:\n\(texts.joined(separator: "\n"))"
  }
}
