import APIMachinery
import Synchronization

/// The grants of the cluster and of each namespace, made anew when a role or a binding has changed and somebody asks.
final class RoleGrantIndex: Sendable {
  /// Where roles and bindings are.
  private struct Source: Sendable {
    let target: ServedResource
    let cache: ResourceCache

    init?(_ registry: Registry, _ resource: String) {
      let place = GroupVersion(group: RBACAuthorizer.group, version: "v1")
      guard let target = registry.catalog.snapshot.resource(place, resource) else { return nil }
      self.target = target
      cache = registry.cache(of: target)
    }
  }

  private struct Sources: Sendable {
    let clusterRoles: Source
    let clusterBindings: Source
    let roles: Source
    let bindings: Source

    init?(_ registry: Registry) {
      guard let clusterRoles = Source(registry, "clusterroles"),
        let clusterBindings = Source(registry, "clusterrolebindings"), let roles = Source(registry, "roles"),
        let bindings = Source(registry, "rolebindings")
      else { return nil }
      self.clusterRoles = clusterRoles
      self.clusterBindings = clusterBindings
      self.roles = roles
      self.bindings = bindings
    }

    /// What tells one state of what grants are made of from another.
    var ofCluster: (UInt64, UInt64) { (clusterRoles.cache.changes, clusterBindings.cache.changes) }
    var ofNamespaces: (UInt64, UInt64, UInt64) {
      (clusterRoles.cache.changes, roles.cache.changes, bindings.cache.changes)
    }

    func rules(_ binding: RBACObjects.Binding, namespace: String) -> [PolicyRule] {
      let isCluster = binding.roleKind == "ClusterRole"
      let source = isCluster ? clusterRoles : roles
      let key = source.target.key(namespace: isCluster ? "" : namespace, name: binding.roleName)
      return source.cache.get(key).map(RBACObjects.rules) ?? []
    }

    func grants(_ source: Source, in namespace: String) -> RoleGrants {
      let objects = source.cache.list(source.target.prefix(namespace: namespace)).objects
      return RoleGrants(of: objects, in: namespace) { rules($0, namespace: namespace) }
    }
  }

  private struct State {
    var sources: Sources?
    var cluster: (state: (UInt64, UInt64), grants: RoleGrants)?
    /// Namespaces with bindings that somebody asked about.
    var namespaces: [String: RoleGrants] = [:]
    /// The state that they are of.
    var ofNamespaces: (UInt64, UInt64, UInt64) = (0, 0, 0)
  }
  private let state = Mutex(State())
  private let find: @Sendable () -> Registry

  init(_ registry: @escaping @Sendable () -> Registry) { find = registry }

  /// What bindings of the cluster grant; nil where the kinds are not served.
  func cluster() -> RoleGrants? {
    guard let sources = sources() else { return nil }
    // Read first: what changes meanwhile makes the grants anew the next time.
    let present = sources.ofCluster
    let known = state.withLock { $0.cluster }
    if let known, known.state == present { return known.grants }
    let grants = sources.grants(sources.clusterBindings, in: "")
    state.withLock { $0.cluster = (present, grants) }
    return grants
  }

  /// What bindings of a namespace grant; nil where there are none.
  func namespace(_ name: String) -> RoleGrants? {
    guard let sources = sources() else { return nil }
    let present = sources.ofNamespaces
    let known = state.withLock { $0.ofNamespaces == present ? $0.namespaces[name] : nil }
    if let known { return known }
    let grants = sources.grants(sources.bindings, in: name)
    // Names that requests make up are not kept.
    guard !grants.isEmpty else { return nil }
    state.withLock { state in
      if state.ofNamespaces != present {
        state.ofNamespaces = present
        state.namespaces = [:]
      }
      state.namespaces[name] = grants
    }
    return grants
  }

  private func sources() -> Sources? {
    if let sources = state.withLock({ $0.sources }) { return sources }
    let sources = Sources(find())
    state.withLock { $0.sources = sources }
    return sources
  }
}
