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

    /// Why something is allowed to a subject, in Kubernetes' words.
    func source(for subject: RBACObjects.Subject) -> String {
      let kind = namespace.isEmpty ? "ClusterRoleBinding" : "RoleBinding"
      let name = namespace.isEmpty ? bindingName : "\(bindingName)/\(namespace)"
      return "\(kind) \(name.goQuoted) of \(role.roleKind) \(role.roleName.goQuoted) to \(subject.words(in: namespace))"
    }
  }

  private var grants: [Grant] = []
  /// A binding and one of its subjects, by their places.
  private struct Place: Comparable {
    let grant: Int
    let subject: Int

    static func < (a: Place, b: Place) -> Bool { (a.grant, a.subject) < (b.grant, b.subject) }
  }
  private var users: [ExactText: [Place]] = [:]
  private var groups: [ExactText: [Place]] = [:]

  /// - Parameters:
  ///   - namespace: that of the bindings; empty for those of the cluster.
  ///   - rules: those of the role that a binding names; none where there is no such role.
  init(
    of bindings: some Sequence<CachedObject>, in namespace: String, rules: (RBACObjects.Binding) -> [PolicyRule]
  ) {
    for object in bindings {
      let binding = RBACObjects.binding(object)
      let index = grants.count
      for (position, subject) in binding.subjects.enumerated() {
        let place = Place(grant: index, subject: position)
        switch subject.holder(in: namespace) {
        case .user(let name): users[ExactText(name), default: []].append(place)
        case .group(let name): groups[ExactText(name), default: []].append(place)
        case nil: break
        }
      }
      grants.append(
        Grant(bindingName: object.name, namespace: namespace, role: binding, rules: rules(binding)))
    }
  }

  var isEmpty: Bool { grants.isEmpty }

  /// Every binding to a user or to one of their groups, in the order of the bindings, with the first subject that means them.
  /// - Parameter visit: gives false to stop.
  /// - Returns: false where `visit` has stopped.
  func visit(_ user: User, _ visit: (Grant, RBACObjects.Subject) -> Bool) -> Bool {
    var found = users[ExactText(user.name)] ?? []
    for group in user.groups { if let more = groups[ExactText(group)] { found += more } }
    found.sort()
    var last: Int?
    for place in found where place.grant != last {
      last = place.grant
      let grant = grants[place.grant]
      guard visit(grant, grant.role.subjects[place.subject]) else { return false }
    }
    return true
  }
}
