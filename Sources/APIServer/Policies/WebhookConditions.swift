import APIMachinery

extension WebhookMatcher.Invocation {
  /// Whether the webhook's conditions hold.
  /// - Throws: 403 where they cannot be evaluated and the webhook's failures are not passed over.
  func isWanted(
    _ form: WebhookForm, _ request: AdmissionRequest, object: JSONObject?, oldObject: JSONObject?,
    _ authorizer: any Authorizer
  ) async throws(StatusError) -> Bool {
    guard !webhook.conditions.isEmpty else { return true }
    let variables = AdmissionVariables(
      form, request, as: kind, resource, object: object, oldObject: oldObject, authorizer: authorizer)
    switch await webhook.conditions.evaluate(variables) {
    case .matches: return true
    case .excluded: return false
    case .failed(let message):
      if webhook.ignoresFailures { return false }
      throw .forbidden(request.resource.groupResource, request.name, message)
    }
  }
}
