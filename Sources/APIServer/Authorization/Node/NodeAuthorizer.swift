import APIMachinery

/// Lets nodes do what they need for the pods that run on them, and nothing else (Kubernetes, "Using Node Authorization").
public struct NodeAuthorizer: Authorizer {
  private let relations: NodeRelations
  /// What every node may do, whatever runs on it: the rules of the role `system:node`.
  private let rules: [PolicyRule]

  public init(_ store: ClusterStore) {
    relations = NodeRelations(store)
    let role = RBACPolicy(reading: RBACPolicyText.text).objects.first { $0.object.objectName == "system:node" }
    rules = (role?.object["rules"]?.arrayValue ?? []).map { PolicyRule($0) }
  }

  private static let leaseNamespace = "kube-node-lease"

  public func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    guard let node = NodeIdentity.name(of: user) else { return .noOpinion(reason: "") }
    guard !node.isEmpty else { return .noOpinion(reason: "unknown node for user \(user.name.goQuoted)") }
    guard info.isResource else { return byRules(info) }
    switch (info.group, info.resource) {
    case ("", "secrets"): return read(node, info, .secret)
    case ("", "configmaps"): return read(node, info, .configMap)
    case ("", "persistentvolumeclaims"):
      if info.subresource == "status" {
        guard ["update", "patch"].contains(info.verb) else { return no("can only get/update/patch this type") }
        return related(node, info) { $0.reaches(node, .claim, namespace: info.namespace, name: info.name) }
      }
      return get(node, info) { $0.reaches(node, .claim, namespace: info.namespace, name: info.name) }
    case ("", "persistentvolumes"): return get(node, info) { $0.reaches(node, volume: info.name) }
    case ("resource.k8s.io", "resourceclaims"):
      return get(node, info) { $0.reaches(node, .resourceClaim, namespace: info.namespace, name: info.name) }
    case ("storage.k8s.io", "volumeattachments"):
      return get(node, info) { $0.reaches(node, attachment: info.name) }
    case ("", "serviceaccounts"):
      // Whom image pulls are asked in the name of.
      return info.verb == "get" && info.subresource.isEmpty ? read(node, info, .serviceAccount) : token(node, info)
    case ("coordination.k8s.io", "leases"): return lease(node, info)
    case ("storage.k8s.io", "csinodes"): return csiNode(node, info)
    case ("resource.k8s.io", "resourceslices"): return slice(node, info)
    case ("", "nodes"): return self.node(node, info)
    case ("", "pods"): return pod(node, info)
    default: return byRules(info)
    }
  }

  /// What a node may do depends on its pods, and is no list.
  public func rules(of user: User, in namespace: String) -> ResolvedRules {
    guard NodeIdentity.name(of: user) != nil else { return ResolvedRules() }
    return ResolvedRules(problems: ["node authorizer does not support user rule resolution"])
  }

  private func byRules(_ info: RequestInfo) -> Decision {
    rules.contains { $0.covers(info) } ? Self.yes : no("")
  }

  private static let yes = Decision.allowed(reason: "")

  private func no(_ why: String) -> Decision { .noOpinion(reason: why) }

  private func related(_ node: String, _ info: RequestInfo, _ question: (NodeGraph) -> Bool) -> Decision {
    guard !info.name.isEmpty else { return no("No Object name found") }
    guard relations.ask(question) else {
      return no("no relationship found between node '\(node)' and this object")
    }
    return Self.yes
  }

  private func get(_ node: String, _ info: RequestInfo, _ question: (NodeGraph) -> Bool) -> Decision {
    guard info.verb == "get" else { return no("can only get individual resources of this type") }
    guard info.subresource.isEmpty else { return no("cannot get subresource") }
    return related(node, info, question)
  }

  private func read(_ node: String, _ info: RequestInfo, _ kind: NodeGraph.Kind) -> Decision {
    guard ["get", "list", "watch"].contains(info.verb) else { return no("can only read resources of this type") }
    guard info.subresource.isEmpty else { return no("cannot read subresource") }
    guard !info.namespace.isEmpty else { return no("can only read namespaced object of this type") }
    return related(node, info) { $0.reaches(node, kind, namespace: info.namespace, name: info.name) }
  }

  private func token(_ node: String, _ info: RequestInfo) -> Decision {
    guard info.verb == "create", !info.name.isEmpty else {
      return no("can only create tokens for individual service accounts")
    }
    guard info.subresource == "token" else { return no("can only create token subresource of serviceaccount") }
    return related(node, info) { $0.reaches(node, .serviceAccount, namespace: info.namespace, name: info.name) }
  }

  private static let ownVerbs: Set<String> = ["get", "create", "update", "patch", "delete"]

  private func lease(_ node: String, _ info: RequestInfo) -> Decision {
    guard Self.ownVerbs.contains(info.verb) else {
      return no("can only get, create, update, patch, or delete a node lease")
    }
    guard info.namespace == Self.leaseNamespace else {
      return no("can only access leases in the \(Self.leaseNamespace.goQuoted) system namespace")
    }
    // The name of one that is made is admission's business.
    guard info.verb == "create" || info.name == node else {
      return no("can only access node lease with the same name as the requesting node")
    }
    return Self.yes
  }

  private func csiNode(_ node: String, _ info: RequestInfo) -> Decision {
    guard Self.ownVerbs.contains(info.verb) else {
      return no("can only get, create, update, patch, or delete a CSINode")
    }
    guard info.subresource.isEmpty else { return no("cannot authorize CSINode subresources") }
    guard info.verb == "create" || info.name == node else {
      return no("can only access CSINode with the same name as the requesting node")
    }
    return Self.yes
  }

  private func slice(_ node: String, _ info: RequestInfo) -> Decision {
    guard info.subresource.isEmpty else { return no("cannot authorize ResourceSlice subresources") }
    switch info.verb {
    case "create": return Self.yes
    case "get", "update", "patch", "delete": return related(node, info) { $0.reaches(node, slice: info.name) }
    case "watch", "list", "deletecollection":
      // The field's name in versions of the API before and since v1.
      for field in ["spec.nodeName", "nodeName"] where info.exactField(field) == node { return Self.yes }
      return no("can only list/watch/deletecollection resourceslices with nodeName field selector")
    default:
      return no(
        "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection"
      )
    }
  }

  private func node(_ node: String, _ info: RequestInfo) -> Decision {
    switch (info.subresource, info.verb) {
    case ("", "create"), ("", "update"), ("", "patch"), ("status", "update"), ("status", "patch"): return Self.yes
    case ("", "get"), ("", "list"), ("", "watch"):
      if info.name == node { return Self.yes }
      return no(
        info.name.isEmpty
          ? "node '\(node)' cannot read all nodes, only its own Node object"
          : "node '\(node)' cannot read '\(info.name)', only its own Node object")
    default: return no("")
    }
  }

  private func pod(_ node: String, _ info: RequestInfo) -> Decision {
    let key = NodeRelations.podKey(info.namespace, info.name)
    switch (info.subresource, info.verb) {
    case ("", "get"): return related(node, info) { $0.reaches(node, pod: key) }
    case ("", "list"), ("", "watch"):
      if info.exactField("spec.nodeName") == node { return Self.yes }
      guard info.name.isEmpty else { return related(node, info) { $0.reaches(node, pod: key) } }
      return no("can only list/watch pods with spec.nodeName field selector")
    case ("", "create"), ("", "delete"), ("status", "update"), ("status", "patch"), ("eviction", "create"):
      return Self.yes
    default: return no("")
    }
  }
}
