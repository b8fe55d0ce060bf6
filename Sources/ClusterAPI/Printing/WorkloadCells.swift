import APIMachinery

extension Cell {
  static let workloads: [String: Function] = [
    "specReplicas": { $0.number($0.spec["replicas"]) },
    "statusReplicas": { $0.number($0.status["replicas"]) },
    "statusReadyReplicas": { $0.number($0.status["readyReplicas"]) },
    "containers": { $0.containers($0.spec["template"], \.name) },
    "images": { $0.containers($0.spec["template"], \.image) },
    "mapSelector": { $0.labels($0.spec["selector"]) },
    "labelSelector": { $0.selector($0.spec["selector"]) },
    "updatedReplicas": { $0.number($0.status["updatedReplicas"]) },
    "availableReplicas": { $0.number($0.status["availableReplicas"]) },
    "updatedNumberScheduled": { $0.number($0.status["updatedNumberScheduled"]) },
    "numberAvailable": { $0.number($0.status["numberAvailable"]) },
    "nodeSelector": { $0.labels($0.spec["template"]?["spec"]?["nodeSelector"]) },
    "deploymentReady": { $0.readyOfDesired },
    "statefulSetReady": { $0.readyOfDesired },
    "controllerName": { cell in
      guard let owner = cell.metadata.items("ownerReferences").first(where: { $0["controller"] == true }) else {
        return none
      }
      let group = GroupVersion(apiVersion: owner.text("apiVersion"))?.group ?? ""
      let kind = owner.text("kind").lowercased()
      return .string("\(group.isEmpty ? kind : "\(kind).\(group)")/\(owner.text("name"))")
    },
    "jobStatus": { .string($0.jobStatus) },
    "jobCompletions": { cell in
      let succeeded = cell.status["succeeded"]?.integerValue ?? 0
      if let completions = cell.spec["completions"]?.integerValue { return .string("\(succeeded)/\(completions)") }
      let parallelism = cell.spec["parallelism"]?.integerValue ?? 0
      return .string(parallelism > 1 ? "\(succeeded)/1 of \(parallelism)" : "\(succeeded)/1")
    },
    "jobDuration": { cell in
      guard let start = cell.status.text("startTime").time else { return "" }
      let end = cell.status.text("completionTime").time ?? cell.now
      return .string(HumanDuration.text(seconds: Int64(end.seconds(since: start).rounded(.towardZero))))
    },
    "cronJobTimeZone": { $0.text($0.spec["timeZone"], or: none) },
    "cronJobSuspend": { cell in
      // Upstream prints the truth value as text.
      .string(cell.spec["suspend"] == true ? "True" : "False")
    },
    "cronJobActive": { .integer(Int64($0.status.items("active").count)) },
    "cronJobLastSchedule": { $0.status.has("lastScheduleTime") ? $0.age($0.status["lastScheduleTime"]) : none },
    "cronJobContainers": { $0.containers($0.spec["jobTemplate"]?["spec"]?["template"], \.name) },
    "cronJobImages": { $0.containers($0.spec["jobTemplate"]?["spec"]?["template"], \.image) },
    "cronJobSelector": { $0.selector($0.spec["jobTemplate"]?["spec"]?["selector"]) },
    "budgetMinimum": { $0.share($0.spec["minAvailable"]) },
    "budgetMaximum": { $0.share($0.spec["maxUnavailable"]) },
    "autoscalerReference": { cell in
      let target = cell.spec["scaleTargetRef"] ?? [:]
      return .string("\(target.text("kind"))/\(target.text("name"))")
    },
    "autoscalerMinimum": { cell in
      cell.spec["minReplicas"]?.integerValue.map { .string("\($0)") } ?? unset
    },
    "autoscalerMaximum": { $0.number($0.spec["maxReplicas"]) },
    "autoscalerReplicas": { $0.number($0.status["currentReplicas"]) },
    "autoscalerTargets": { .string($0.metrics) },
    "autoscalerTargetsV1": { cell in
      // All but one number stands in annotations there.
      var newer = cell.object
      AutoscalerConversion.toV2(&newer)
      return .string(Cell(object: newer, now: cell.now).metrics)
    },
  ]

  private var readyOfDesired: JSONValue {
    .string("\(status["readyReplicas"]?.integerValue ?? 0)/\(spec["replicas"]?.integerValue ?? 0)")
  }

  private var jobStatus: String {
    if isTrue("Complete") { return "Complete" }
    if isTrue("Failed") { return "Failed" }
    if metadata.has("deletionTimestamp") { return "Terminating" }
    for type in ["Suspended", "FailureTarget", "SuccessCriteriaMet"] where isTrue(type) { return type }
    return "Running"
  }

  private func share(_ value: JSONValue?) -> JSONValue {
    switch value {
    case .integer(let number): .string("\(number)")
    case .string(let text): .string(text)
    default: "N/A"
    }
  }

  // MARK: - Autoscalers

  private var metrics: String {
    let specs = spec.items("metrics")
    guard !specs.isEmpty else { return "<none>" }
    let current = status.items("currentMetrics")
    let texts = specs.enumerated().map { index, metric in
      Self.metric(metric, index < current.count ? current[index] : [:])
    }
    return list(texts, limit: 2, separator: ", ")
  }

  private static func metric(_ metric: JSONValue, _ status: JSONValue) -> String {
    let members = [
      "External": "external", "Pods": "pods", "Object": "object", "Resource": "resource",
      "ContainerResource": "containerResource",
    ]
    guard let member = members[metric.text("type")] else { return "<unknown type>" }
    let source = metric[member] ?? [:]
    let target = source["target"] ?? [:]
    let current = status[member]?["current"] ?? [:]
    func shown(_ name: String) -> String { current.text(name).isEmpty ? "<unknown>" : current.text(name) }
    switch member {
    case "pods": return "\(shown("averageValue"))/\(target.text("averageValue"))"
    case "object", "external":
      if target.has("averageValue") { return "\(shown("averageValue"))/\(target.text("averageValue")) (avg)" }
      return "\(shown("value"))/\(target.text("value"))"
    default:
      let name = source.text("name")
      if target.has("averageValue") { return "\(name): \(shown("averageValue"))/\(target.text("averageValue"))" }
      let now = current["averageUtilization"]?.integerValue.map { "\($0)%" } ?? "<unknown>"
      let aim = target["averageUtilization"]?.integerValue.map { "\($0)%" } ?? "<auto>"
      return "\(name): \(now)/\(aim)"
    }
  }
}

extension String {
  /// The point in time that RFC 3339 writes so; nil for what is none.
  var time: Timestamp? { Timestamp(self) }
}
