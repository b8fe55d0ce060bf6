import APIMachinery

/// What some bindings grant, found by whom they grant it to: a request costs as much as there are bindings to its sender,
/// and not as much as there are bindings.
struct RoleGrants: Sendable {
  /// One binding and the rules of its role.
  struct Grant: Sendable {
    let bindingName: String
    /// Empty for a binding of the cluster.
    let namespace: String
    let role: RBACObjects.Binding
    let rules: [PolicyRule]

    /// Why something is allowed, in Kubernetes' words.
    func source(for user: User) -> String {
      let kind = namespace.isEmpty ? "ClusterRoleBinding" : "RoleBinding"
      let name = namespace.isEmpty ? bindingName : "\(bindingName)/\(namespace)"
      return "\(kind) \(name.goQuoted) of \(role.roleKind) \(role.roleName.goQuoted) to \(holder(user))"
    }

    /// The first subject that the user is, or is one of.
    private func holder(_ user: User) -> String {
      let subject = role.subjects.first { subject in
        switch subject.holder(in: namespace) {
        case .user(let name): name == user.name
        case .group(let name): user.groups.contains(name)
        case nil: false
        }
      }
      guard let subject else { return user.name.goQuoted }
      guard subject.kind == "ServiceAccount" else { return "\(subject.kind) \(subject.name.goQuoted)" }
      let place = subject.namespace.isEmpty ? namespace : subject.namespace
      return "\(subject.kind) \("\(subject.name)/\(place)".goQuoted)"
    }
  }

  private var grants: [Grant] = []
  private var users: [String: [Int]] = [:]
  private var groups: [String: [Int]] = [:]

  /// - Parameters:
  ///   - namespace: that of the bindings; empty for those of the cluster.
  ///   - rules: those of the role that a binding names; none where there is no such role.
  init(
    of bindings: some Sequence<CachedObject>, in namespace: String, rules: (RBACObjects.Binding) -> [PolicyRule]
  ) {
    for object in bindings {
      let binding = RBACObjects.binding(object)
      let index = grants.count
      for subject in binding.subjects {
        switch subject.holder(in: namespace) {
        case .user(let name): users[name, default: []].append(index)
        case .group(let name): groups[name, default: []].append(index)
        case nil: break
        }
      }
      grants.append(
        Grant(bindingName: object.name, namespace: namespace, role: binding, rules: rules(binding)))
    }
  }

  var isEmpty: Bool { grants.isEmpty }

  /// Every binding to a user or to one of their groups, in the order of the bindings.
  /// - Parameter visit: gives false to stop.
  /// - Returns: false where `visit` has stopped.
  func visit(_ user: User, _ visit: (Grant) -> Bool) -> Bool {
    var found = users[user.name] ?? []
    for group in user.groups { if let more = groups[group] { found += more } }
    found.sort()
    var last: Int?
    for index in found where index != last {
      last = index
      guard visit(grants[index]) else { return false }
    }
    return true
  }
}
