import APIMachinery

/// What one webhook is asked about one request.
struct WebhookQuestion: Sendable {
  let invocation: WebhookMatcher.Invocation
  let form: WebhookForm
  let request: AdmissionRequest
  /// The object in the version that the webhook reads; nil where it is removed.
  let object: JSONObject?
  let oldObject: JSONObject?

  var webhook: Webhook { invocation.webhook }
}

/// Finds the webhooks that a request is told to: the beginning that those which refuse and those which change have in common.
struct WebhookDispatch: Sendable {
  private let store: ClusterStore
  private let index: WebhookIndex
  private let authorizer: any Authorizer
  private let lateRegistry: @Sendable () -> Registry
  private let step: AdmissionMetrics.Step
  private let caller: WebhookCaller

  /// - Parameters:
  ///   - step: whether the webhooks change objects or refuse them.
  ///   - credentials: what the webhooks are shown.
  ///   - authorizer: answers what match conditions ask.
  ///   - registry: given late, because the registry holds its admission.
  init(
    _ store: ClusterStore, _ step: AdmissionMetrics.Step, client: OutboundClient, credentials: WebhookCredentials,
    authorizer: any Authorizer, registry: @escaping @Sendable () -> Registry
  ) {
    self.store = store
    self.authorizer = authorizer
    lateRegistry = registry
    self.step = step
    index = WebhookIndex(
      store,
      resource: step == .mutating ? "mutatingwebhookconfigurations" : "validatingwebhookconfigurations")
    caller = WebhookCaller(client: client, credentials: credentials)
  }

  var registry: Registry { lateRegistry() }

  /// All that there are, in their order; none where the request is about what decides about requests.
  func webhooks(for request: AdmissionRequest) -> [Webhook] {
    let webhooks = index.webhooks
    return webhooks.isEmpty || WebhookMatcher.isExempt(request) ? [] : webhooks
  }

  /// What a webhook is asked about a request as it is now; nil where it is not asked.
  /// - Throws: 403 where its conditions cannot be evaluated and its failures are not passed over.
  func question(
    _ webhook: Webhook, _ form: WebhookForm, _ request: AdmissionRequest
  ) async throws(StatusError) -> WebhookQuestion? {
    let registry = registry
    let matcher = WebhookMatcher(store: store, snapshot: registry.catalog.snapshot)
    guard let invocation = try matcher.invocation(webhook, form) else { return nil }
    let objects = WebhookObjects(registry: registry)
    let question = WebhookQuestion(
      invocation: invocation, form: form, request: request,
      object: try await objects.object(form.object, as: invocation.kind, of: request.resource),
      oldObject: try await objects.object(form.oldObject, as: invocation.kind, of: request.resource))
    return try await isWanted(question) ? question : nil
  }

  /// Asks a webhook.
  /// - Throws: what it refuses, and why it could not be asked.
  func ask(_ question: WebhookQuestion) async throws(WebhookCaller.Failure) -> AdmissionReview.Verdict {
    try await caller.ask(question, step, registry.admissionMetrics)
  }

  /// Whether the webhook's conditions hold.
  private func isWanted(_ question: WebhookQuestion) async throws(StatusError) -> Bool {
    let (webhook, invocation, request) = (question.webhook, question.invocation, question.request)
    guard !webhook.conditions.isEmpty else { return true }
    let variables = AdmissionVariables(
      question.form, request, as: invocation.kind, invocation.resource, object: question.object,
      oldObject: question.oldObject, AuthorizationQuestions(authorizer, user: request.user))
    let result = await webhook.conditions.evaluate(variables)
    registry.admissionMetrics.condition(result, of: webhook.name, step, question.form.operation)
    switch result {
    case .matches: return true
    case .excluded: return false
    case .failed(let message):
      if webhook.ignoresFailures { return false }
      throw .forbidden(request.resource.groupResource, request.name, message)
    }
  }
}
