import APIMachinery

/// Asks webhooks that refuse objects, all at the same time (admission plugin ValidatingAdmissionWebhook).
public struct ValidatingWebhooks: Admission {
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
      store, .validating, client: client, credentials: credentials, authorizer: authorizer, registry: registry)
  }

  public var interest: AdmissionInterest { .validating() }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    let webhooks = dispatch.webhooks(for: request)
    // Most requests are done here, and must not pay for the memory that the rest takes.
    if !webhooks.isEmpty { try await ask(webhooks, request) }
  }

  @inline(never)
  private func ask(_ webhooks: [Webhook], _ request: AdmissionRequest) async throws {
    let form = WebhookForm(request)
    var questions: [WebhookQuestion] = []
    for webhook in webhooks {
      if let question = try await dispatch.question(webhook, form, request) { questions.append(question) }
    }
    guard !questions.isEmpty else { return }
    let start = ContinuousClock.now
    defer { request.context.noteTimeElsewhere(ContinuousClock.now - start) }
    let errors = await withTaskGroup(of: (Int, StatusError?).self) { group in
      for (position, question) in questions.enumerated() {
        group.addTask { (position, await refusal(question, position)) }
      }
      var errors: [Int: StatusError] = [:]
      for await (position, error) in group { errors[position] = error }
      return errors
    }
    // Of several refusals the first webhook's is told.
    if let first = errors.min(by: { $0.key < $1.key }) { throw first.value }
  }

  private func refusal(_ question: WebhookQuestion, _ position: Int) async -> StatusError? {
    do throws(WebhookCaller.Failure) {
      _ = try await dispatch.ask(question)
      return nil
    } catch {
      switch error {
      case .refused(let error): return error
      case .calling(let message):
        guard question.webhook.ignoresFailures else { return .internalError(message) }
        question.request.context.annotate(
          "failed-open.validating.webhook.admission.k8s.io/round_0_index_\(position)", question.webhook.name)
        return nil
      }
    }
  }
}
