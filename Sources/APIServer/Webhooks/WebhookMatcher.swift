import APIMachinery

/// Decides which webhooks are asked about a request, and in which version of its resource.
struct WebhookMatcher {
  /// A webhook that is asked, and what it is asked about.
  struct Invocation: Sendable {
    let webhook: Webhook
    let resource: GroupVersionResource
    let kind: GroupVersionKind
  }

  private static let namespaces = "\(StorageLayout.root)namespaces/"
  /// What decides about requests is not decided about by itself: nobody could take a webhook away that refuses all.
  private static let exempt: Set<String> = [
    "validatingwebhookconfigurations", "mutatingwebhookconfigurations", "validatingadmissionpolicies",
    "validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
  ]

  let store: ClusterStore
  let snapshot: ResourceCatalog.Snapshot

  static func isExempt(_ request: AdmissionRequest) -> Bool {
    request.resource.resource.group == "admissionregistration.k8s.io"
      && exempt.contains(request.resource.resource.plural)
  }

  /// - Returns: nil where the webhook is not asked.
  func invocation(
    _ webhook: Webhook, _ form: WebhookForm
  ) throws(StatusError) -> Invocation? {
    let (isInNamespace, namespaceError) = namespaceMatches(webhook, form)
    guard isInNamespace || namespaceError != nil else { return nil }
    let (isSelected, objectError) = objectMatches(webhook, form)
    guard isSelected || objectError != nil else { return nil }
    guard let found = try rule(of: webhook, form) else { return nil }
    // What cannot be judged matters only to those whom the request concerns.
    if let error = namespaceError ?? objectError { throw error }
    return found
  }

  private func rule(of webhook: Webhook, _ form: WebhookForm) throws(StatusError) -> Invocation? {
    func matches(_ rule: WebhookRule, _ resource: GroupVersionResource) -> Bool {
      rule.matches(
        operation: form.operation.rawValue, resource, subresource: form.subresource, namespace: form.namespace)
    }
    if webhook.rules.contains(where: { matches($0, form.resource) }) {
      return Invocation(webhook: webhook, resource: form.resource, kind: form.kind)
    }
    guard webhook.matchesEquivalents else { return nil }
    let others = equivalents(form)
    for rule in webhook.rules {
      for (resource, kind) in others where matches(rule, resource) {
        return Invocation(webhook: webhook, resource: resource, kind: kind)
      }
    }
    return nil
  }

  /// The same objects under other versions and groups.
  private func equivalents(_ form: WebhookForm) -> [(resource: GroupVersionResource, kind: GroupVersionKind)] {
    let place = form.storage
    var found: [(GroupVersionResource, GroupVersionKind)] = []
    for other in snapshot.resources where (other.storedAs ?? other.groupResource) == place {
      for version in other.versions where version.isServed {
        let resource = GroupVersionResource(group: other.group, version: version.name, resource: other.plural)
        guard resource != form.resource else { continue }
        if form.subresource.isEmpty {
          found.append((resource, other.groupVersionKind(in: version.name)))
        } else if let subresource = version.subresource(form.subresource) {
          found.append((resource, subresource.kind.groupVersionKind))
        }
      }
    }
    return found
  }

  private func namespaceMatches(_ webhook: Webhook, _ form: WebhookForm) -> (Bool, StatusError?) {
    let isNamespace = form.resource.group.isEmpty && form.resource.resource == "namespaces"
    if form.namespace.isEmpty, !isNamespace { return (true, nil) }
    let selector: LabelSelector
    switch webhook.namespaces {
    case .success(let value): selector = value
    case .failure(let error): return (false, .internalError(error.message))
    }
    if selector.selectsEverything { return (true, nil) }
    // A namespace that is made or changed has the labels that it is about to have.
    if isNamespace, form.subresource.isEmpty, form.operation == .create || form.operation == .update {
      return (selector.matches(LabelSet(json: form.object?["metadata"]?["labels"])), nil)
    }
    guard let namespace = store.cache(of: Self.namespaces).get(Self.namespaces + form.namespace) else {
      return (false, .notFound(GroupResource(group: "", resource: "namespaces"), form.namespace))
    }
    return (selector.matches(namespace.object.header.labels), nil)
  }

  private func objectMatches(_ webhook: Webhook, _ form: WebhookForm) -> (Bool, StatusError?) {
    let selector: LabelSelector
    switch webhook.objects {
    case .success(let value): selector = value
    case .failure(let error): return (false, .internalError(error.message))
    }
    if selector.selectsEverything { return (true, nil) }
    func matches(_ object: JSONObject?) -> Bool {
      guard let object else { return false }
      return selector.matches(LabelSet(json: object["metadata"]?["labels"]))
    }
    return (matches(form.object) || matches(form.oldObject), nil)
  }
}
