import APIMachinery

/// Holds the pods of a namespace to the standard that its labels name (admission plugin PodSecurity; Kubernetes, "Pod
/// Security Admission").
public struct PodSecurity: Admission {
  /// Where those that make pods have their template.
  private static let templates: [GroupResource: [String]] = [
    GroupResource(group: "", resource: "replicationcontrollers"): ["spec", "template"],
    GroupResource(group: "", resource: "podtemplates"): ["template"],
    GroupResource(group: "apps", resource: "replicasets"): ["spec", "template"],
    GroupResource(group: "apps", resource: "deployments"): ["spec", "template"],
    GroupResource(group: "apps", resource: "statefulsets"): ["spec", "template"],
    GroupResource(group: "apps", resource: "daemonsets"): ["spec", "template"],
    GroupResource(group: "batch", resource: "jobs"): ["spec", "template"],
    GroupResource(group: "batch", resource: "cronjobs"): ["spec", "jobTemplate", "spec", "template"],
  ]
  /// Writes of pods that change nothing in what they may do.
  private static let ignoredSubresources: Set<String> = [
    "exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status",
  ]

  private let namespaces: ResourceCache
  private let pods: ResourceCache

  private let configuration: PodSecurityConfiguration
  private let metrics: AdmissionMetrics

  /// - Parameter metrics: told of every pod that is looked at.
  public init(
    _ store: ClusterStore, _ configuration: PodSecurityConfiguration = .init(),
    metrics: AdmissionMetrics = AdmissionMetrics()
  ) {
    self.configuration = configuration
    self.metrics = metrics
    namespaces = store.clusterObjects("namespaces")
    pods = store.clusterObjects("pods")
  }

  public var interest: AdmissionInterest { .validating([.namespaces, .pods] + Self.templates.keys) }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws { try judge(request) }

  /// Waits for nothing, and so takes no memory of the request's task.
  private func judge(_ request: AdmissionRequest) throws(StatusError) {
    guard request.operation == .create || request.operation == .update, let object = request.object else { return }
    let place = request.resource.groupResource
    if place == .namespaces { return try validate(namespace: object, request) }
    let isPod = place == .pods
    if isPod {
      guard !Self.ignoredSubresources.contains(request.subresource) else { return }
    } else {
      guard Self.templates[place] != nil, request.subresource.isEmpty else { return }
    }
    if let exemption = configuration.exemption(request) { return noteExemption(exemption, request) }
    guard let namespace = namespaces.get("\(StorageLayout.root)namespaces/\(request.namespace)"),
      !namespace.object.header.labels.isEmpty || !configuration.defaults.isPrivileged
    else {
      if isPod { noteUnheld(request) }
      return
    }
    let (policy, errors) = PodSecurityPolicy.read(namespace.object.header.labels, defaults: configuration.defaults)
    var subject: JSONValue? = .object(object)
    if isPod {
      guard !policy.isPrivileged || !errors.isEmpty else { return noteUnheld(request) }
      if let old = request.oldObject, !Self.isSignificant(from: old, to: object) { return }
    } else {
      guard policy.warn.level != .privileged || policy.audit.level != .privileged || !errors.isEmpty else { return }
      for name in Self.templates[place] ?? [] { subject = subject?[name] }
    }
    guard let subject else { return }
    let pod = PodToCheck(metadata: subject["metadata"], spec: subject["spec"] ?? [:])
    if configuration.isExempt(pod.spec) { return noteExemption("runtimeClass", request) }
    if !errors.isEmpty { noteErrors(errors, request) }
    try evaluate(pod, policy, isEnforced: isPod, request)
  }

  private func evaluate(
    _ pod: PodToCheck, _ policy: PodSecurityPolicy, isEnforced: Bool, _ request: AdmissionRequest
  ) throws(StatusError) {
    var known: [PodSecurityStandard: String] = [:]
    /// What of the pod a standard does not allow; nil where it allows it.
    func violations(of standard: PodSecurityStandard, _ mode: AdmissionMetrics.PodSecurityMode) -> String? {
      let found =
        known[standard]
        ?? PodSecurityStandards.violations(of: pod, standard).map(\.description).joined(separator: ", ")
      known[standard] = found
      if mode == .enforce || !found.isEmpty {
        metrics.podEvaluation(standard, mode, isAllowed: found.isEmpty, request)
      }
      return found.isEmpty ? nil : "violate\(mode == .enforce ? "s" : "") PodSecurity \"\(standard)\": \(found)"
    }
    var refusal: String?
    if isEnforced {
      noteEnforced(policy.enforce, request)
      refusal = violations(of: policy.enforce, .enforce)
    }
    if let found = violations(of: policy.audit, .audit) {
      request.context.annotate("pod-security.kubernetes.io/audit-violations", "would \(found)")
    }
    if let refusal { throw request.forbidden(refusal) }
    if let found = violations(of: policy.warn, .warn) { request.context.warn("would \(found)") }
  }

  /// A pod of a namespace that demands nothing.
  private func noteUnheld(_ request: AdmissionRequest) {
    noteEnforced(PodSecurityStandard(), request)
    metrics.podEvaluation(PodSecurityStandard(), .enforce, isAllowed: true, request)
  }

  private func noteEnforced(_ standard: PodSecurityStandard, _ request: AdmissionRequest) {
    request.context.annotate("pod-security.kubernetes.io/enforce-policy", "\(standard)")
  }

  private func noteExemption(_ why: String, _ request: AdmissionRequest) {
    request.context.annotate("pod-security.kubernetes.io/exempt", why)
    metrics.podExemption(request)
  }

  /// The namespace's labels are wrong: they were written while this plugin did not look.
  private func noteErrors(_ errors: [FieldError], _ request: AdmissionRequest) {
    let text = errors.map(\.description).joined(separator: ", ")
    request.context.annotate(
      "pod-security.kubernetes.io/error", "Failed to parse policy: \(errors.count == 1 ? text : "[\(text)]")")
    metrics.podError(isFatal: false, request)
  }

  /// Whether a change of a pod may make it one that is not allowed.
  static func isSignificant(from old: JSONObject, to new: JSONObject) -> Bool {
    func containers(_ pod: JSONObject, _ list: String) -> [JSONValue] { pod["spec"]?[list]?.arrayValue ?? [] }
    for list in ["containers", "initContainers"] {
      let (before, after) = (containers(old, list), containers(new, list))
      if before.map({ $0["image"] }) != after.map({ $0["image"] }) { return true }
    }
    let before = containers(old, "ephemeralContainers")
    return containers(new, "ephemeralContainers").contains { container in
      !before.contains { $0["name"] == container["name"] && $0["image"] == container["image"] }
    }
  }

  // MARK: Namespaces

  private func validate(namespace: JSONObject, _ request: AdmissionRequest) throws(StatusError) {
    guard request.subresource.isEmpty else { return }
    let (new, errors) = read(namespace)
    let old = request.oldObject.map(read)
    // What was wrong before does not stand in the way of another change.
    if !errors.isEmpty, old.map({ $0.errors != errors }) ?? true {
      throw .invalid(request.resource.groupKind, request.name, errors)
    }
    let isExempt = configuration.namespaces.contains(request.name)
    if let before = old?.policy.enforce {
      guard before != new.enforce, new.enforce.level != .privileged,
        new.enforce.version != before.version || new.enforce.level > before.level
      else { return }
    }
    if isExempt {
      let labels = LabelSet(json: namespace["metadata"]?["labels"])
      if let warning = configuration.warning(ofExempt: request.name, new, labels) { request.context.warn(warning) }
    }
    guard old != nil, !isExempt else { return }
    for warning in Self.warnings(
      of: pods.list("\(StorageLayout.root)pods/\(request.name)/").objects.map(\.object).filter {
        !configuration.isExempt($0.value(at: "spec") ?? [:])
      }, namespace: request.name, new.enforce)
    {
      request.context.warn(warning)
    }
  }

  private func read(_ namespace: JSONObject) -> (policy: PodSecurityPolicy, errors: [FieldError]) {
    PodSecurityPolicy.read(LabelSet(json: namespace["metadata"]?["labels"]), defaults: configuration.defaults)
  }

  /// Pods that are looked at, one of each controller before any second one.
  private static let mostPods = 3000

  /// What of the pods that are there would not be allowed any more.
  static func warnings(of pods: [StoredObject], namespace: String, _ standard: PodSecurityStandard) -> [String] {
    var controllers: Set<String> = []
    var (first, rest): ([StoredObject], [StoredObject]) = ([], [])
    for pod in pods {
      if let controller = pod.header.controller?.uid, !controllers.insert(controller).inserted {
        rest.append(pod)
      } else {
        first.append(pod)
      }
    }
    var violators: [String: [String]] = [:]
    for pod in (first + rest).prefix(mostPods) {
      let violations = PodSecurityStandards.violations(
        of: PodToCheck(metadata: pod.value(at: "metadata"), spec: pod.value(at: "spec") ?? [:]), standard)
      guard !violations.isEmpty else { continue }
      violators[violations.map(\.reason).joined(separator: ", "), default: []].append(pod.header.name)
    }
    var warnings: [String] = []
    if pods.count > mostPods {
      warnings.append(
        "new PodSecurity enforce level only checked against the first \(mostPods) of \(pods.count) existing pods")
    }
    guard !violators.isEmpty else { return warnings }
    warnings.append(
      "existing pods in namespace \(namespace.goQuoted) violate the new PodSecurity enforce level \"\(standard)\"")
    let details = violators.map { reasons, names in
      let name = names.min() ?? ""
      switch names.count {
      case 1: return "\(name): \(reasons)"
      case 2: return "\(name) (and 1 other pod): \(reasons)"
      default: return "\(name) (and \(names.count - 1) other pods): \(reasons)"
      }
    }
    return warnings + details.sorted()
  }
}
