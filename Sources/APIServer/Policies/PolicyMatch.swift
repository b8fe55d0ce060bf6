import APIMachinery

/// Which requests a policy or a binding is about (admissionregistration.k8s.io/v1 MatchResources).
struct PolicyMatch: Sendable {
  /// A request that matches, and as what its objects are seen.
  struct Found: Sendable, Hashable {
    let kind: GroupVersionKind
    let resource: GroupVersionResource
  }

  /// A rule with the names that it is about; none where it is about all.
  private struct Rule: Sendable {
    let names: Set<String>
    let webhook: Webhook

    init(_ rule: JSONValue, _ policy: String) {
      names = Set((rule["resourceNames"]?.arrayValue ?? []).compactMap(\.stringValue))
      webhook = Webhook(
        ["rules": [rule], "matchPolicy": policy == "" ? "Equivalent" : .string(policy)], configuration: "", index: 0)
    }
  }

  private let rules: [Rule]
  private let excluded: [Rule]
  private let exact: [Rule]
  /// Carries the selectors, and a rule that matches everything.
  private let selectors: Webhook

  /// - Parameter match: `.null` where everything matches.
  init(_ match: JSONValue) {
    let policy = match["matchPolicy"]?.stringValue ?? ""
    func list(_ name: String) -> [JSONValue] { match[name]?.arrayValue ?? [] }
    rules = list("resourceRules").map { Rule($0, policy) }
    exact = list("resourceRules").map { Rule($0, "Exact") }
    excluded = list("excludeResourceRules").map { Rule($0, policy) }
    let everything: JSONValue = [
      "operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"],
    ]
    selectors = Webhook(
      [
        "rules": [everything], "matchPolicy": "Exact", "namespaceSelector": match["namespaceSelector"] ?? [:],
        "objectSelector": match["objectSelector"] ?? [:],
      ], configuration: "", index: 0)
  }

  /// - Returns: nil where the request is none of these.
  /// - Throws: where a selector cannot be judged.
  func find(_ matcher: WebhookMatcher, _ form: WebhookForm) throws(StatusError) -> Found? {
    var problem: StatusError?
    var all = Found(kind: form.kind, resource: form.resource)
    do throws(StatusError) {
      guard let selected = try matcher.invocation(selectors, form) else { return nil }
      all = Found(kind: selected.kind, resource: selected.resource)
    } catch { problem = error }
    func first(of rules: [Rule]) throws(StatusError) -> Found? {
      for rule in rules where rule.names.isEmpty || rule.names.contains(form.name) {
        if let found = try matcher.invocation(rule.webhook, form) {
          return Found(kind: found.kind, resource: found.resource)
        }
      }
      return nil
    }
    if try first(of: excluded) != nil { return nil }
    // The request's own version comes before the others.
    var found: Found? = all
    if !rules.isEmpty {
      found = try first(of: exact)
      if found == nil { found = try first(of: rules) }
    }
    // What cannot be judged matters only to those whom the request concerns.
    if found != nil, let problem { throw problem }
    return found
  }
}
