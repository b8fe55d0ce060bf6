import APIMachinery

/// Operations on resources (admissionregistration.k8s.io/v1 RuleWithOperations).
struct WebhookRule: Sendable {
  private enum Scope { case all, namespaced, cluster }
  /// A resource and a subresource, `*` for any.
  private struct Pattern: Sendable {
    let resource: Substring
    let subresource: Substring

    init(_ text: String) {
      let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      resource = parts[0]
      subresource = parts.count > 1 ? parts[1] : ""
    }

    func matches(_ resource: String, _ subresource: String) -> Bool {
      (self.resource == "*" || self.resource == resource)
        && (self.subresource == "*" || self.subresource == subresource)
    }
  }

  private let operations: Set<String>
  private let groups: Set<String>
  private let versions: Set<String>
  private let patterns: [Pattern]
  private let scope: Scope

  private static let namespaces = GroupVersionResource(group: "", version: "v1", resource: "namespaces")

  init(_ rule: JSONValue) {
    func strings(_ name: String) -> [String] { (rule[name]?.arrayValue ?? []).compactMap(\.stringValue) }
    operations = Set(strings("operations"))
    groups = Set(strings("apiGroups"))
    versions = Set(strings("apiVersions"))
    patterns = strings("resources").map(Pattern.init)
    scope =
      switch rule["scope"]?.stringValue {
      case "Namespaced": .namespaced
      case "Cluster": .cluster
      default: .all
      }
  }

  /// - Parameter namespace: empty for an object of the whole cluster; the name of a namespace for that itself.
  func matches(operation: String, _ resource: GroupVersionResource, subresource: String, namespace: String) -> Bool {
    func has(_ items: Set<String>, _ item: String) -> Bool { items.contains("*") || items.contains(item) }
    let isOfCluster = namespace.isEmpty || resource == Self.namespaces
    switch scope {
    case .all: break
    case .namespaced: if isOfCluster { return false }
    case .cluster: if !isOfCluster { return false }
    }
    return has(operations, operation) && has(groups, resource.group) && has(versions, resource.version)
      && patterns.contains { $0.matches(resource.resource, subresource) }
  }
}
