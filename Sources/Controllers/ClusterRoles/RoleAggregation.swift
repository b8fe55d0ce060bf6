import APIMachinery
import ClusterClient

/// Gathers the rules of cluster roles that others name by labels
/// (kube-controller-manager's clusterrole-aggregation controller).
public struct RoleAggregation: Sendable {
  private let client: any ClusterClient
  private static let roles = GroupResource(group: "rbac.authorization.k8s.io", resource: "clusterroles")

  public init(_ client: any ClusterClient) { self.client = client }

  /// Works until the task is cancelled.
  public func run() async {
    // One change may concern any role: all of them are one piece of work.
    await Reconciler(client, watching: [Self.roles]) { _ in
      [Reconciler.Key(name: "")]
    } work: { _ in
      try await aggregate()
      return nil
    }.run()
  }

  private func aggregate() async throws {
    guard let resource = client.resource(Self.roles) else { return }
    let roles = try await client.list(resource, namespace: "")
    for role in roles {
      guard let selectors = role.value(at: "aggregationRule", "clusterRoleSelectors")?.arrayValue else { continue }
      let parsed = selectors.compactMap { try? LabelSelector(json: $0) }
      var rules: [JSONValue] = []
      for other in roles.sorted(by: { $0.header.name < $1.header.name })
      where other.header.uid != role.header.uid && parsed.contains(where: { $0.matches(other.header.labels) }) {
        for rule in other.value(at: "rules")?.arrayValue ?? [] where !rules.contains(rule) { rules.append(rule) }
      }
      guard (role.value(at: "rules")?.arrayValue ?? []) != rules else { continue }
      var tree = role.tree()
      tree["rules"] = .array(rules)
      _ = try await client.update(resource, subresource: "", tree)
    }
  }
}
