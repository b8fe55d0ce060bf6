import APIMachinery

/// One webhook of a configuration, read once and used for many requests (admissionregistration.k8s.io/v1
/// MutatingWebhook and ValidatingWebhook). It is shared by all requests that it is asked about: a copy of all its parts in
/// each asynchronous function on the way would cost every request kilobytes.
final class Webhook: Sendable {
  /// Tells this one from all others, those of the same name too.
  let identifier: String
  let configuration: String
  let name: String
  /// Nil where the configuration names no place.
  let target: OutboundTarget?
  let rules: [WebhookRule]
  /// A webhook that does not answer is passed over.
  let ignoresFailures: Bool
  /// Other versions of a resource match too.
  let matchesEquivalents: Bool
  let namespaces: Result<LabelSelector, StatusError>
  let objects: Result<LabelSelector, StatusError>
  /// It may be asked about what is not written.
  let allowsDryRun: Bool
  let timeoutSeconds: Int64
  let isReinvoked: Bool
  let reviewVersions: [String]
  /// Expressions that must hold, or the webhook is not asked.
  let conditions: MatchConditions

  init(_ webhook: JSONValue, configuration: String, index: Int) {
    func text(_ name: String) -> String { webhook[name]?.stringValue ?? "" }
    func selector(_ name: String) -> Result<LabelSelector, StatusError> {
      Result { () throws(StatusError) in try LabelSelector(json: webhook[name] ?? [:]) }
    }
    name = text("name")
    identifier = "\(configuration)/\(text("name"))/\(index)"
    self.configuration = configuration
    target = OutboundTarget(clientConfig: webhook["clientConfig"])
    rules = (webhook["rules"]?.arrayValue ?? []).map(WebhookRule.init)
    ignoresFailures = text("failurePolicy") == "Ignore"
    matchesEquivalents = text("matchPolicy") != "Exact"
    namespaces = selector("namespaceSelector")
    objects = selector("objectSelector")
    allowsDryRun = ["None", "NoneOnDryRun"].contains(text("sideEffects"))
    timeoutSeconds = webhook["timeoutSeconds"]?.integerValue ?? 10
    isReinvoked = text("reinvocationPolicy") == "IfNeeded"
    conditions = MatchConditions(webhook["matchConditions"]?.arrayValue ?? [])
    reviewVersions = (webhook["admissionReviewVersions"]?.arrayValue ?? []).compactMap(\.stringValue)
  }
}
