import APIMachinery

/// Asks webhooks that change objects, one after the other (admission plugin MutatingAdmissionWebhook).
public struct MutatingWebhooks: Admission {
  private let dispatch: WebhookDispatch

  /// - Parameters:
  ///   - credentials: what the webhooks are shown.
  ///   - authorizer: answers what match conditions ask.
  ///   - registry: given late, because the registry holds its admission.
  public init(
    _ store: ClusterStore, client: OutboundClient, credentials: WebhookCredentials = WebhookCredentials(),
    authorizer: any Authorizer, registry: @escaping @Sendable () -> Registry
  ) {
    dispatch = WebhookDispatch(
      store, .mutating, client: client, credentials: credentials, authorizer: authorizer, registry: registry)
  }

  public var interest: AdmissionInterest { .mutating() }

  public func validate(_ request: AdmissionRequest) async throws {}

  public func mutate(_ request: inout AdmissionRequest) async throws {
    let webhooks = dispatch.webhooks(for: request)
    // Most requests are done here, and must not pay for the memory that the rest takes.
    if !webhooks.isEmpty { try await ask(webhooks, &request) }
  }

  @inline(never)
  private func ask(_ webhooks: [Webhook], _ request: inout AdmissionRequest) async throws {
    request.reinvocation.begin(\.webhooks, request.object)
    for (position, webhook) in webhooks.enumerated() {
      guard let question = try await dispatch.question(webhook, WebhookForm(request), request),
        request.reinvocation.asks(\.webhooks, webhook.identifier)
      else { continue }
      let place = "round_\(request.reinvocation.isSecondRound ? 1 : 0)_index_\(position)"
      let hasChanged = try await ask(question, &request, place)
      request.reinvocation.record(
        \.webhooks, webhook.identifier, hasChanged: hasChanged, isReinvoked: webhook.isReinvoked)
    }
    request.reinvocation.end(\.webhooks, request.object)
  }

  /// - Returns: whether the object is another one now.
  private func ask(
    _ question: WebhookQuestion, _ request: inout AdmissionRequest, _ place: String
  ) async throws -> Bool {
    let (webhook, context) = (question.webhook, request.context)
    var hasChanged = false
    defer {
      let note: JSONValue = [
        "configuration": .string(webhook.configuration), "webhook": .string(webhook.name), "mutated": .bool(hasChanged),
      ]
      context.annotate("mutation.webhook.admission.k8s.io/\(place)", note.jsonText())
    }
    do { hasChanged = try await change(question, &request, place) } catch let failure as WebhookCaller.Failure {
      switch failure {
      case .refused(let error): throw error
      case .calling(let message):
        guard webhook.ignoresFailures else { throw StatusError.internalError(message) }
        context.annotate("failed-open.mutation.webhook.admission.k8s.io/\(place)", webhook.name)
      }
    }
    return hasChanged
  }

  private func change(
    _ question: WebhookQuestion, _ request: inout AdmissionRequest, _ place: String
  ) async throws -> Bool {
    let verdict = try await dispatch.ask(question)
    guard let patch = verdict.patch else { return false }
    let (webhook, form, kind) = (question.webhook, question.form, question.invocation.kind)
    guard let object = question.object, form.object != nil else {
      throw StatusError.internalError(
        "admission webhook \(webhook.name.goQuoted) attempted to modify the object, which is not supported for this operation"
      )
    }
    let objects = WebhookObjects(registry: dispatch.registry)
    let target = request.resource
    let patched = try objects.patched(object, by: patch, kind, form, target)
    if let value = verdict.patchValue {
      let note: JSONValue = [
        "configuration": .string(webhook.configuration), "webhook": .string(webhook.name), "patch": value,
        "patchType": "JSONPatch",
      ]
      // It may hold what nobody should see who sees only what is done.
      request.context.annotate("patch.webhook.admission.k8s.io/\(place)", note.jsonText(), from: .request)
    }
    guard patched != object else { return false }
    let returned = try await objects.object(patched, as: form.kind, of: target) ?? patched
    form.put(returned, into: &request)
    return true
  }
}
