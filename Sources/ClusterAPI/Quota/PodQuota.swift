import APIMachinery

/// Pods count while they have not ended: as pods, and with what they ask for.
struct PodQuota: QuotaEvaluator {
  private static let count = "count/pods"
  private static let names: Set<String> = [
    count, "pods", "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory",
    "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
  ]
  /// A quota of these wants each container to say what it asks for.
  private static let demanded: Set<String> = [
    "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
  ]

  func matching(_ names: [String]) -> [String] {
    names.filter { name in
      Self.names.contains(name) || name.hasPrefix("hugepages-") || name.hasPrefix("requests.hugepages-")
        || name.hasPrefix("requests.") && !Self.isNative(name)
    }
  }

  private static func isNative(_ name: String) -> Bool { !name.contains("/") || name.contains("kubernetes.io/") }

  func usage(of pod: JSONObject, now: Timestamp) -> ResourceAmounts {
    var usage: ResourceAmounts = [Self.count: Quantity(1)]
    guard Self.isCharged(pod, now: now) else { return usage }
    let resources = PodResources(pod)
    usage += Self.amounts(
      requests: resources.total(.requests, usesStatus: true, addsOverhead: true),
      limits: resources.total(.limits, usesStatus: true, addsOverhead: true))
    return usage
  }

  /// Not where it has ended, and not where it ought to have: a lost node must not take room for ever.
  private static func isCharged(_ pod: JSONObject, now: Timestamp) -> Bool {
    if ["Failed", "Succeeded"].contains(pod["status"]?["phase"]?.stringValue) { return false }
    guard let end = pod["metadata"]?["deletionTimestamp"]?.stringValue.flatMap(Timestamp.init),
      let grace = pod["metadata"]?["deletionGracePeriodSeconds"]?.integerValue
    else { return true }
    return now.seconds <= end.adding(seconds: grace).seconds
  }

  private static func amounts(requests: ResourceAmounts, limits: ResourceAmounts) -> ResourceAmounts {
    var amounts: ResourceAmounts = ["pods": Quantity(1)]
    for name in ["cpu", "memory", "ephemeral-storage"] {
      if let request = requests[name] {
        amounts[name] = request
        amounts["requests.\(name)"] = request
      }
      if let limit = limits[name] { amounts["limits.\(name)"] = limit }
    }
    for name in requests.names {
      if name.hasPrefix("hugepages-") {
        amounts[name] = requests[name]
        amounts["requests.\(name)"] = requests[name]
      } else if !isNative(name), !name.hasPrefix("requests.") {
        amounts["requests.\(name)"] = requests[name]
      }
    }
    return amounts
  }

  func missing(_ names: [String], in pod: JSONObject) -> String? {
    let wanted = names.filter(Self.demanded.contains)
    guard !wanted.isEmpty else { return nil }
    let spec = pod["spec"] ?? [:]
    // Where the pod as a whole sets anything, its containers need not.
    if PodResources(pod).areSetForThePod { return nil }
    var containers: [String: Set<String>] = [:]
    for container in spec.items("containers") + spec.items("initContainers") {
      let said = Self.amounts(
        requests: ResourceAmounts(json: container["resources"]?["requests"]),
        limits: ResourceAmounts(json: container["resources"]?["limits"]))
      for name in wanted where said[name] == nil {
        containers[name, default: []].insert(container.text("name"))
      }
    }
    guard !containers.isEmpty else { return nil }
    let parts = containers.sorted { $0.key < $1.key }.map {
      "\($0.key) for: \($0.value.sorted().joined(separator: ","))"
    }
    return "must specify \(parts.joined(separator: "; "))"
  }

  func isIn(_ scope: QuotaScope, _ pod: JSONObject) -> Bool {
    let spec = pod["spec"] ?? [:]
    switch scope.name {
    case "Terminating": return Self.isTerminating(pod)
    case "NotTerminating": return !Self.isTerminating(pod)
    case "BestEffort": return QualityOfService(pod: .object(pod)) == .bestEffort
    case "NotBestEffort": return QualityOfService(pod: .object(pod)) != .bestEffort
    case "PriorityClass":
      let name = spec.text("priorityClassName")
      return scope.matches(name.isEmpty ? nil : name)
    case "CrossNamespacePodAffinity": return Self.looksAcrossNamespaces(spec)
    default: return false
    }
  }

  /// Whether the pod has a time to end at.
  private static func isTerminating(_ pod: JSONObject) -> Bool {
    (pod["spec"]?["activeDeadlineSeconds"]?.integerValue).map { $0 >= 0 } ?? false
  }

  private static func looksAcrossNamespaces(_ spec: JSONValue) -> Bool {
    for kind in ["podAffinity", "podAntiAffinity"] {
      guard let affinity = spec["affinity"]?[kind] else { continue }
      let terms =
        affinity.items("requiredDuringSchedulingIgnoredDuringExecution")
        + affinity.items("preferredDuringSchedulingIgnoredDuringExecution").compactMap { $0["podAffinityTerm"] }
      if terms.contains(where: { !$0.items("namespaces").isEmpty || $0.has("namespaceSelector") }) { return true }
    }
    return false
  }

  func countsUpdate(_ subresource: String, new: JSONObject, old: JSONObject) -> Bool {
    // A pod that gets a time to end at, or loses it, goes from one scope to another.
    subresource == "resize" || subresource.isEmpty && Self.isTerminating(new) != Self.isTerminating(old)
  }

  func replenishes(new: StoredObject, old: StoredObject) -> Bool {
    new.header.isBeingDeleted != old.header.isBeingDeleted
      || Self.parts.contains { new.value(at: $0) != old.value(at: $0) }
  }

  /// What a pod counts by, and may change.
  private static let parts = [
    ["status", "phase"], ["status", "containerStatuses"], ["spec", "containers"], ["spec", "activeDeadlineSeconds"],
  ]
}
