import APIMachinery

/// Asks webhooks that change objects, one after the other (admission plugin MutatingAdmissionWebhook).
public struct MutatingWebhooks: Admission {
  private let store: ClusterStore
  private let index: WebhookIndex
  private let caller: WebhookCaller
  private let authorizer: any Authorizer
  private let registry: @Sendable () -> Registry

  /// - Parameters:
  ///   - authorizer: answers what match conditions ask.
  ///   - registry: given late, because the registry holds its admission.
  public init(
    _ store: ClusterStore, client: OutboundClient, authorizer: any Authorizer,
    registry: @escaping @Sendable () -> Registry
  ) {
    self.store = store
    self.authorizer = authorizer
    self.registry = registry
    index = WebhookIndex(store, resource: "mutatingwebhookconfigurations")
    caller = WebhookCaller(client: client)
  }

  public func validate(_ request: AdmissionRequest) async throws {}

  public func mutate(_ request: inout AdmissionRequest) async throws {
    let webhooks = index.webhooks
    guard !webhooks.isEmpty, !WebhookMatcher.isExempt(request) else { return }
    if request.reinvocation.isSecondRound, request.reinvocation.output != request.object {
      request.reinvocation.repeatAsked()
    }
    let matcher = WebhookMatcher(store: store, snapshot: registry().catalog.snapshot)
    for (position, webhook) in webhooks.enumerated() {
      let form = WebhookForm(request)
      guard let invocation = try matcher.invocation(webhook, form, request) else { continue }
      // The second round asks nobody for the first time.
      if request.reinvocation.isSecondRound, !request.reinvocation.again.contains(webhook.identifier) { continue }
      try await ask(invocation, form, &request, position)
    }
    request.reinvocation.output = request.object
  }

  private func ask(
    _ invocation: WebhookMatcher.Invocation, _ form: WebhookForm, _ request: inout AdmissionRequest, _ position: Int
  ) async throws {
    let webhook = invocation.webhook
    let place = "round_\(request.reinvocation.isSecondRound ? 1 : 0)_index_\(position)"
    var hasChanged = false
    do {
      hasChanged = try await change(invocation, form, &request, place)
    } catch let failure as WebhookCaller.Failure {
      switch failure {
      case .refused(let error): throw error
      case .calling(let message):
        guard webhook.ignoresFailures else { throw StatusError.internalError(message) }
        request.context.annotate("failed-open.mutation.webhook.admission.k8s.io/\(place)", webhook.name)
      }
    }
    let note: JSONValue = [
      "configuration": .string(webhook.configuration), "webhook": .string(webhook.name), "mutated": .bool(hasChanged),
    ]
    request.context.annotate("mutation.webhook.admission.k8s.io/\(place)", note.jsonText())
    if hasChanged {
      request.reinvocation.repeatAsked()
      request.reinvocation.isWanted = true
    }
    if webhook.isReinvoked { request.reinvocation.asked.insert(webhook.identifier) }
  }

  /// - Returns: whether the object is another one now.
  private func change(
    _ invocation: WebhookMatcher.Invocation, _ form: WebhookForm, _ request: inout AdmissionRequest, _ place: String
  ) async throws -> Bool {
    let objects = WebhookObjects(registry: registry())
    let target = request.resource
    let object = try await objects.object(form.object, as: invocation.kind, of: target)
    let oldObject = try await objects.object(form.oldObject, as: invocation.kind, of: target)
    guard try await invocation.isWanted(form, request, object: object, oldObject: oldObject, authorizer) else {
      return false
    }
    let verdict = try await caller.ask(
      invocation, form, request, object: object, oldObject: oldObject, isMutating: true)
    guard let patch = verdict.patch else { return false }
    guard let object, let before = form.object else {
      throw StatusError.internalError(
        "admission webhook \(invocation.webhook.name.goQuoted) attempted to modify the object, which is not supported for this operation"
      )
    }
    if let value = verdict.patchValue {
      let note: JSONValue = [
        "configuration": .string(invocation.webhook.configuration), "webhook": .string(invocation.webhook.name),
        "patch": value, "patchType": "JSONPatch",
      ]
      request.context.annotate("patch.webhook.admission.k8s.io/\(place)", note.jsonText())
    }
    let patched = try objects.patched(object, by: patch, invocation.kind, form, target)
    let hasChanged = patched != object
    guard hasChanged else { return false }
    let returned = try await objects.object(patched, as: form.kind, of: target) ?? patched
    form.put(form.isObject ? try objects.settle(returned, before: before, request) : returned, into: &request)
    return true
  }
}
