import APIMachinery

/// Asks webhooks that refuse objects, all at the same time (admission plugin ValidatingAdmissionWebhook).
public struct ValidatingWebhooks: Admission {
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
    index = WebhookIndex(store, resource: "validatingwebhookconfigurations")
    caller = WebhookCaller(client: client)
  }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    let webhooks = index.webhooks
    guard !webhooks.isEmpty, !WebhookMatcher.isExempt(request) else { return }
    let registry = registry()
    let matcher = WebhookMatcher(store: store, snapshot: registry.catalog.snapshot)
    let form = WebhookForm(request)
    let objects = WebhookObjects(registry: registry)
    var calls: [(invocation: WebhookMatcher.Invocation, object: JSONObject?, oldObject: JSONObject?)] = []
    for webhook in webhooks {
      guard let invocation = try matcher.invocation(webhook, form, request) else { continue }
      let object = try await objects.object(form.object, as: invocation.kind, of: request.resource)
      let oldObject = try await objects.object(form.oldObject, as: invocation.kind, of: request.resource)
      guard try await invocation.isWanted(form, request, object: object, oldObject: oldObject, authorizer) else {
        continue
      }
      calls.append((invocation, object, oldObject))
    }
    guard !calls.isEmpty else { return }
    let errors = await withTaskGroup(of: (Int, StatusError?).self) { group in
      for (position, call) in calls.enumerated() {
        group.addTask {
          (position, await refusal(call.invocation, form, request, call.object, call.oldObject, position))
        }
      }
      var errors: [Int: StatusError] = [:]
      for await (position, error) in group { errors[position] = error }
      return errors
    }
    // Of several refusals the first webhook's is told.
    if let first = errors.min(by: { $0.key < $1.key }) { throw first.value }
  }

  private func refusal(
    _ invocation: WebhookMatcher.Invocation, _ form: WebhookForm, _ request: AdmissionRequest, _ object: JSONObject?,
    _ oldObject: JSONObject?, _ position: Int
  ) async -> StatusError? {
    do throws(WebhookCaller.Failure) {
      _ = try await caller.ask(
        invocation, form, request, object: object, oldObject: oldObject, isMutating: false)
      return nil
    } catch {
      switch error {
      case .refused(let error): return error
      case .calling(let message):
        guard invocation.webhook.ignoresFailures else { return .internalError(message) }
        request.context.annotate(
          "failed-open.validating.webhook.admission.k8s.io/round_0_index_\(position)", invocation.webhook.name)
        return nil
      }
    }
  }
}
