import APIMachinery

/// What the expressions of policies see of one request: its objects in each version that a policy is about are made once.
struct PolicyScene {
  /// What an invocation's expressions see.
  struct Variables {
    /// Conditions decide before anything else is looked at: they see no namespace.
    let conditions: AdmissionVariables
    /// All others, which see the policy's own variables too.
    let expressions: AdmissionVariables
  }

  let registry: Registry
  private let request: AdmissionRequest
  private let form: WebhookForm
  private let namespace: JSONObject?
  private let questions: AuthorizationQuestions
  private var known: [PolicyMatch.Found: AdmissionVariables] = [:]

  init(registry: Registry, store: ClusterStore, authorizer: any Authorizer, _ request: AdmissionRequest) {
    self.registry = registry
    self.request = request
    form = WebhookForm(request)
    questions = AuthorizationQuestions(authorizer, user: request.user)
    namespace = Self.namespace(of: request, store)
  }

  /// The same request after a policy has changed its object.
  func seeing(_ request: AdmissionRequest) -> PolicyScene {
    PolicyScene(registry: registry, request, namespace: namespace, questions)
  }

  private init(
    registry: Registry, _ request: AdmissionRequest, namespace: JSONObject?, _ questions: AuthorizationQuestions
  ) {
    self.registry = registry
    self.request = request
    form = WebhookForm(request)
    self.namespace = namespace
    self.questions = questions
  }

  /// - Throws: where the objects cannot be brought into the version that the policy is about.
  mutating func variables<Policy>(for invocation: PolicyInvocation<Policy>) async throws(StatusError) -> Variables {
    let base = try await base(invocation.found).with(parameters: invocation.parameters)
    return Variables(
      conditions: base,
      expressions: base.with(namespace: namespace).with(PolicyVariables(invocation.policy.variables)))
  }

  private mutating func base(_ found: PolicyMatch.Found) async throws(StatusError) -> AdmissionVariables {
    if let base = known[found] { return base }
    let objects = WebhookObjects(registry: registry)
    let base = AdmissionVariables(
      form, request, as: found.kind, found.resource,
      object: try await objects.object(form.object, as: found.kind, of: request.resource),
      oldObject: try await objects.object(form.oldObject, as: found.kind, of: request.resource), questions)
    known[found] = base
    return base
  }

  /// The namespace that the object is in; nil for objects of the whole cluster, namespaces among them.
  private static func namespace(of request: AdmissionRequest, _ store: ClusterStore) -> JSONObject? {
    guard !request.namespace.isEmpty, request.resource.groupResource != .namespaces else { return nil }
    let prefix = "\(StorageLayout.root)namespaces/"
    return store.cache(of: prefix).get(prefix + request.namespace)?.object.tree()
  }
}
