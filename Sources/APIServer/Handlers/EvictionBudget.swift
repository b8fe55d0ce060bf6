import APIMachinery

/// What disruption budgets say of an eviction (`policy/v1` PodDisruptionBudget).
struct EvictionBudget {
  let registry: Registry
  /// Nothing is written.
  let isDryRun: Bool

  private static let place = GroupVersion(group: "policy", version: "v1")

  /// Takes one disruption from the budget that covers a pod.
  /// - Throws: 429 where there is none left, 500 where two budgets cover it.
  func spend(on pod: CachedObject) async throws {
    let phase = pod.field(["status", "phase"])
    // A pod that does not run, or is going already, disturbs nobody.
    if ["Succeeded", "Failed", "Pending"].contains(phase) || pod.object.header.isBeingDeleted { return }
    guard let target = registry.catalog.snapshot.resource(Self.place, "poddisruptionbudgets") else { return }
    let budgets = registry.cache(of: target).list(target.prefix(namespace: pod.namespace)).objects.filter {
      guard let selector = try? LabelSelector(json: $0.object.value(at: "spec", "selector")) else { return false }
      return selector.matches(pod.object.header.labels)
    }
    guard let budget = budgets.first else { return }
    guard budgets.count == 1 else {
      throw StatusError.internalError(
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
    }
    try await registry.retrying(target, budget.name) {
      let current = try registry.find(target, namespace: budget.namespace, name: budget.name)
      var tree = current.object.tree()
      var status = tree["status"]?.objectValue ?? [:]
      // A pod that is not ready counts for nothing, so that its going takes nothing from those that are.
      if !isReady(pod), Self.letsUnhealthyGo(tree) { return }
      guard tree.generation <= status["observedGeneration"]?.integerValue ?? 0 else {
        throw Self.refusal(
          "The disruption budget \(budget.name) is still being processed by the server.", retryAfterSeconds: 10)
      }
      let allowed = status["disruptionsAllowed"]?.integerValue ?? 0
      guard allowed >= 0 else {
        throw StatusError.forbidden(Self.resource, budget.name, "pdb disruptions allowed is negative")
      }
      guard allowed > 0 else {
        let healthy = status["currentHealthy"]?.integerValue ?? 0
        let desired = status["desiredHealthy"]?.integerValue ?? 0
        throw Self.refusal(
          "The disruption budget \(budget.name) needs \(desired) healthy pods and has \(healthy) currently",
          retryAfterSeconds: 0)
      }
      status["disruptionsAllowed"] = .integer(allowed - 1)
      var disrupted = status["disruptedPods"]?.objectValue ?? [:]
      disrupted[pod.name] = .string(Timestamp.now.description)
      status["disruptedPods"] = .object(disrupted)
      tree["status"] = .object(status)
      _ = try await registry.write(
        tree, target, key: current.key, over: current, isDryRun: isDryRun)
    }
  }

  private static let resource = GroupResource(group: "policy", resource: "poddisruptionbudget")

  private static func refusal(_ cause: String, retryAfterSeconds: Int) -> StatusError {
    var error = StatusError.tooManyRequests(
      "Cannot evict pod as it would violate the pod's disruption budget.", retryAfterSeconds: retryAfterSeconds)
    error.details?.causes = [.init(reason: StatusError.Cause.disruptionBudget, message: cause)]
    return error
  }

  private func isReady(_ pod: CachedObject) -> Bool {
    (pod.object.value(at: "status", "conditions")?.arrayValue ?? []).contains {
      $0["type"] == "Ready" && $0["status"] == "True"
    }
  }

  private static func letsUnhealthyGo(_ budget: JSONObject) -> Bool {
    if budget["spec"]?["unhealthyPodEvictionPolicy"] == "AlwaysAllow" { return true }
    let healthy = budget["status"]?["currentHealthy"]?.integerValue ?? 0
    let desired = budget["status"]?["desiredHealthy"]?.integerValue ?? 0
    return desired > 0 && healthy >= desired
  }
}
