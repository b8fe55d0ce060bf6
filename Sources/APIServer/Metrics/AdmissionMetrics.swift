import APIMachinery
import Synchronization

/// Counts what admission has made of requests: its plugins, webhooks and policies (Kubernetes, "Metrics reference").
public final class AdmissionMetrics: Sendable {
  public init() {}

  /// How long the plugins take.
  let times = AdmissionTimes()

  /// How a webhook was asked, or a policy put to work.
  enum Step: String, Sendable {
    case mutating = "admit"
    case validating
  }

  /// A name and values for its labels.
  struct Key: Hashable, Sendable {
    let metric: Metric
    let values: [String]
  }

  struct Entry: Sendable {
    fileprivate(set) var count = 0
    /// Nil for what is only counted.
    fileprivate(set) var durations: Histogram?
  }

  /// What is counted. The names and labels are kube-apiserver's.
  enum Metric: String, Sendable, CaseIterable {
    case webhookRequests = "apiserver_admission_webhook_request_total"
    case webhookDuration = "apiserver_admission_webhook_admission_duration_seconds"
    case webhookRejections = "apiserver_admission_webhook_rejection_count"
    case webhookFailOpen = "apiserver_admission_webhook_fail_open_count"
    case exclusions = "apiserver_admission_match_condition_exclusions_total"
    case conditionErrors = "apiserver_admission_match_condition_evaluation_errors_total"
    case validations = "apiserver_validating_admission_policy_check_total"
    case validationDuration = "apiserver_validating_admission_policy_check_duration_seconds"
    case mutations = "apiserver_mutating_admission_policy_check_total"
    case mutationDuration = "apiserver_mutating_admission_policy_check_duration_seconds"
    case podEvaluations = "pod_security_evaluations_total"
    case podExemptions = "pod_security_exemptions_total"
    case podErrors = "pod_security_errors_total"

    var labels: [String] {
      switch self {
      case .webhookRequests: ["name", "type", "operation", "code", "rejected"]
      case .webhookDuration: ["name", "type", "operation", "rejected"]
      case .webhookRejections: ["name", "type", "operation", "error_type", "rejection_code"]
      case .webhookFailOpen: ["name", "type"]
      case .exclusions, .conditionErrors: ["name", "kind", "type", "operation"]
      case .validations, .validationDuration: ["policy", "policy_binding", "error_type", "enforcement_action"]
      case .mutations, .mutationDuration: ["policy", "policy_binding", "error_type"]
      case .podEvaluations:
        ["decision", "policy_level", "policy_version", "mode", "request_operation", "resource", "subresource"]
      case .podExemptions: ["request_operation", "resource", "subresource"]
      case .podErrors: ["fatal", "request_operation", "resource", "subresource"]
      }
    }

    /// Upper ends of the buckets, in seconds; none for what is only counted.
    var bounds: [Double] {
      switch self {
      case .webhookDuration: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25]
      case .validationDuration, .mutationDuration: [0.000_000_5, 0.001, 0.01, 0.1, 1]
      default: []
      }
    }

    var help: String {
      switch self {
      case .webhookRequests: "Requests that webhooks were asked about, and the codes of their answers."
      case .webhookDuration: "How long webhooks took to answer."
      case .webhookRejections: "Requests that webhooks have refused, or that failed because they gave no answer."
      case .webhookFailOpen: "Requests that went on although a webhook gave no answer."
      case .exclusions: "Requests that match conditions have kept from a webhook."
      case .conditionErrors: "Match conditions that could not be evaluated."
      case .validations: "Validations of policies, by what followed from them."
      case .validationDuration: "How long validations of policies took."
      case .mutations: "Mutations of policies."
      case .mutationDuration: "How long mutations of policies took."
      case .podEvaluations: "Pods, and templates of pods, that were held to a standard."
      case .podExemptions: "Pods, and templates of pods, that are held to no standard."
      case .podErrors:
        "Pods that were held to another standard than the namespace's labels meant, because they are wrong."
      }
    }
  }

  /// Codes beyond are counted as this one: a webhook chooses them.
  private static let largestCode = 600
  /// More names than these are not told apart: configurations come and go.
  private static let mostKeys = 8192

  /// Those that are there from the start.
  private static let first: [Key: Entry] = {
    let operations = ["create", "update"]
    let evaluations = operations.map { ["allow", "privileged", "latest", "enforce", $0, "pod", ""] }
    let exemptions = operations.flatMap { [[$0, "controller", ""], [$0, "pod", ""]] }
    let keys =
      evaluations.map { Key(metric: .podEvaluations, values: $0) }
      + exemptions.map { Key(metric: .podExemptions, values: $0) }
    return Dictionary(uniqueKeysWithValues: keys.map { ($0, Entry()) })
  }()

  private let entries = Mutex<[Key: Entry]>(AdmissionMetrics.first)

  var all: [(key: Key, entry: Entry)] { entries.withLock { $0.map { ($0.key, $0.value) } } }

  func record(_ metric: Metric, _ values: [String], _ duration: Duration? = nil) {
    let key = Key(metric: metric, values: values)
    entries.withLock { entries in
      guard entries.count < Self.mostKeys || entries[key] != nil else { return }
      entries[key, default: Entry()].count += 1
      guard let duration, !metric.bounds.isEmpty else { return }
      if entries[key]?.durations == nil { entries[key]?.durations = Histogram(metric.bounds) }
      entries[key]?.durations?.observe(duration)
    }
  }

  /// What became of the question to a webhook.
  enum WebhookOutcome: Sendable {
    case allowed
    case refused(code: Int)
    /// It gave no answer that could be used.
    case failed(isIgnored: Bool)
  }

  func webhook(
    _ name: String, _ step: Step, _ operation: AdmissionRequest.Operation, _ outcome: WebhookOutcome,
    _ duration: Duration
  ) {
    let (step, operation) = (step.rawValue, operation.rawValue)
    var (code, isRejected) = (200, false)
    switch outcome {
    case .allowed: break
    case .refused(let refusal):
      (code, isRejected) = (min(refusal, Self.largestCode), true)
      record(.webhookRejections, [name, step, operation, "no_error", String(code)])
    case .failed(let isIgnored):
      (code, isRejected) = (503, !isIgnored)
      if isIgnored {
        record(.webhookFailOpen, [name, step])
      } else {
        record(.webhookRejections, [name, step, operation, "calling_webhook_error", String(code)])
      }
    }
    record(.webhookRequests, [name, step, operation, String(code), String(isRejected)])
    record(.webhookDuration, [name, step, operation, String(isRejected)], duration)
  }

  func condition(
    _ result: MatchConditions.Result, of name: String, _ step: Step, _ operation: AdmissionRequest.Operation
  ) {
    switch result {
    case .matches: break
    case .excluded: record(.exclusions, [name, "webhook", step.rawValue, operation.rawValue])
    case .failed: record(.conditionErrors, [name, "webhook", step.rawValue, operation.rawValue])
    }
  }

  /// What became of an expression of a policy.
  enum PolicyOutcome: String, Sendable {
    case fine = "no_error"
    case notCompiled = "compile_error"
    case invalid = "invalid_error"
    case outOfBudget = "out_of_budget"
  }

  /// - Parameter action: `allow` for an error that is passed over, `deny`, `warn` or `audit`.
  func validation(
    _ policy: String, _ binding: String, _ outcome: PolicyOutcome, _ action: String, _ duration: Duration
  ) {
    record(.validations, [policy, binding, outcome.rawValue, action])
    record(.validationDuration, [policy, binding, outcome.rawValue, action], duration)
  }

  func mutation(_ policy: String, _ binding: String, _ outcome: PolicyOutcome, _ duration: Duration) {
    record(.mutations, [policy, binding, outcome.rawValue])
    record(.mutationDuration, [policy, binding, outcome.rawValue], duration)
  }

  func write(_ text: inout MetricsText) {
    let all = Dictionary(grouping: all, by: \.key.metric)
    for metric in Metric.allCases {
      guard let entries = all[metric] else { continue }
      let name = metric.rawValue
      text.begin(name, metric.bounds.isEmpty ? "counter" : "histogram", metric.help)
      for (key, entry) in entries.sorted(by: { $0.key.values.lexicographicallyPrecedes($1.key.values) }) {
        let labels = Array(zip(metric.labels, key.values))
        if let durations = entry.durations {
          text.add(name, labels, durations)
        } else {
          text.add(name, labels, entry.count)
        }
      }
    }
    times.write(&text)
  }
}
