/// Which node a request comes from: users `system:node:NAME` in the group `system:nodes` (Kubernetes, "Using Node
/// Authorization").
enum NodeIdentity {
  private static let prefix = "system:node:"
  private static let group = "system:nodes"

  /// Nil where the user is no node; empty where it is one without a name.
  static func name(of user: User) -> String? {
    guard user.name.hasPrefix(prefix), user.groups.contains(group) else { return nil }
    return String(user.name.dropFirst(prefix.count))
  }
}
