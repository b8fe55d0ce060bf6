import APIMachinery

/// Disruption budgets and autoscalers.
enum PolicyValidation {
  static func validate(budget new: JSONValue, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    if spec.has("minAvailable"), spec.has("maxUnavailable") {
      findings.add(
        FieldError.invalid(
          path, InternalForm.of(spec, "policy.PodDisruptionBudgetSpec"),
          "minAvailable and maxUnavailable cannot be both set"
        ).inOrder)
    }
    for name in ["minAvailable", "maxUnavailable"] {
      WorkloadValidation.share(spec[name], path.child(name), &findings)
      WorkloadValidation.notAboveHundred(spec[name], path.child(name), &findings)
    }
    SelectorValidation.validate(spec["selector"], path.child("selector"), &findings)
    findings.supported(spec, "unhealthyPodEvictionPolicy", ["AlwaysAllow", "IfHealthyBudget"], path)
  }

  static func validate(statusOf budget: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("status")
    let status = budget["status"] ?? [:]
    for name in ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] {
      findings.notNegative(status, name, path)
    }
    ConditionValidation.validate(status.items("conditions"), path.child("conditions"), &findings)
  }

  static func validate(
    autoscaler new: JSONValue, _ old: JSONValue?, version: String, _ findings: inout Findings
  ) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    let minimum = spec["minReplicas"]?.integerValue ?? 1
    let maximum = spec["maxReplicas"]?.integerValue ?? 0
    // Scaling to nothing belongs to a feature that is off (`HPAScaleToZero`).
    let lowest: Int64 = old?["spec"]?["minReplicas"] == 0 ? 0 : 1
    if minimum < lowest {
      findings.invalid(
        path.child("minReplicas"), .integer(minimum), "must be greater than or equal to \(lowest)")
    }
    if maximum == 0 {
      findings.required(path.child("maxReplicas"), "must be set and greater than 0")
    } else if maximum < 0 {
      findings.invalid(path.child("maxReplicas"), .integer(maximum), "must be greater than or equal to 1")
    }
    if maximum < minimum {
      findings.invalid(
        path.child("maxReplicas"), .integer(maximum), "must be greater than or equal to `minReplicas`")
    }
    target(spec["scaleTargetRef"] ?? [:], path.child("scaleTargetRef"), &findings)
    group(of: spec["scaleTargetRef"] ?? [:], old?["spec"]?["scaleTargetRef"], path.child("scaleTargetRef"), &findings)
    if version == "v1", let share = spec["targetCPUUtilizationPercentage"]?.integerValue, share < 1 {
      // Upstream judges what the field stands for in newer versions.
      findings.invalid(
        path.child("metrics").index(0).child("resource", "target", "averageUtilization"), .integer(share),
        "must be greater than 0")
    }
    for (index, metric) in spec.items("metrics").enumerated() {
      self.metric(metric, path.child("metrics").index(index), &findings)
    }
    // Without pods their own numbers cannot be measured: zero needs a metric of something else.
    if minimum == 0, !spec.items("metrics").contains(where: { ["Object", "External"].contains($0.text("type")) }) {
      findings.forbidden(
        path.child("metrics"), "must specify at least one Object or External metric to support scaling to zero replicas"
      )
    }
    for name in ["scaleUp", "scaleDown"] {
      guard let rules = spec["behavior"]?[name] else { continue }
      scaling(rules, path.child("behavior", name), &findings)
    }
  }

  /// What is scaled belongs to a group of the API, but for the one kind of the core group that can be; a reference that there was
  /// stays.
  private static func group(
    of target: JSONValue, _ old: JSONValue?, _ path: FieldPath, _ findings: inout Findings
  ) {
    let (kind, text) = (target.text("kind"), target.text("apiVersion"))
    if let old, old.text("kind") == kind, old.text("apiVersion") == text { return }
    let path = path.child("apiVersion")
    guard let version = text.isEmpty ? GroupVersion(group: "", version: "") : GroupVersion(apiVersion: text) else {
      return findings.invalid(path, .string(text), "unexpected GroupVersion string: \(text)")
    }
    if version.group.isEmpty, kind != "ReplicationController" {
      findings.invalid(path, .string(text), "apiVersion must specify API group")
    }
  }

  private static func target(_ target: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for name in ["kind", "name"] {
      let text = target.text(name)
      if text.isEmpty {
        findings.required(path.child(name))
      } else {
        findings.invalid(path.child(name), .string(text), NameRules.pathSegment(text))
      }
    }
  }

  /// The types of metrics and where each says more. Where several say something the first of this order is judged.
  private static let sources = [
    ("Object", "object"), ("External", "external"), ("Pods", "pods"), ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
  ]

  private static func metric(_ metric: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let said = metric.text("type")
    let wanted = sources.first { $0.0 == said }?.1
    let unknown = FieldError.notSupported(path.child("type"), .string(said), sources.map(\.0).sorted())
    if said.isEmpty { findings.required(path.child("type"), "must specify a metric source type") }
    if wanted == nil { findings.add(unknown) }
    let present = sources.filter { metric.has($0.1) }
    if let (type, member) = present.first { source(metric[member] ?? [:], type, path.child(member), &findings) }
    if let wanted {
      if !metric.has(wanted) {
        findings.required(path.child(wanted), "must populate information for the given metric source")
      }
    } else {
      // Told again where nothing of the type is found.
      findings.add(unknown)
    }
    guard present.count > 1 else { return }
    for member in present.map(\.1).sorted() where member != wanted {
      findings.forbidden(path.child(member), "must populate the given metric source only")
    }
  }

  private static func source(_ source: JSONValue, _ type: String, _ path: FieldPath, _ findings: inout Findings) {
    let target = source["target"] ?? [:]
    switch type {
    case "Resource", "ContainerResource":
      let (resource, container) = (source.text("name"), source.text("container"))
      if resource.isEmpty {
        findings.required(path.child("name"), "must specify a resource name")
      } else if type == "ContainerResource" {
        ResourceValidation.name(resource, inLimitsOf: "Container", path.child("name"), &findings)
      }
      if type == "ContainerResource", container.isEmpty {
        findings.required(path.child("container"), "must specify a container")
      } else if type == "ContainerResource" {
        findings.invalid(path.child("container"), .string(container), NameRules.dns1123Label(container))
      }
    default:
      if type == "Object" {
        self.target(source["describedObject"] ?? [:], path.child("describedObject"), &findings)
      }
      let name = source["metric"]?.text("name") ?? ""
      if name.isEmpty {
        findings.required(path.child("metric", "name"), "must specify a metric name")
      } else {
        findings.invalid(path.child("metric", "name"), .string(name), NameRules.pathSegment(name))
      }
    }
    let targetPath = path.child("target")
    let targetType = target.text("type")
    if targetType.isEmpty { findings.required(targetPath.child("type"), "must specify a metric target type") }
    if !["AverageValue", "Utilization", "Value"].contains(targetType) {
      findings.invalid(
        targetPath.child("type"), .string(targetType), "must be either Utilization, Value, or AverageValue")
    }
    for name in ["value", "averageValue"] {
      if let amount = Quantity(reading: target.text(name)), amount.sign <= 0 {
        findings.invalid(targetPath.child(name), .string(amount.description), "must be positive")
      }
    }
    if let share = target["averageUtilization"]?.integerValue, share < 1 {
      findings.invalid(targetPath.child("averageUtilization"), .integer(share), "must be greater than 0")
    }
    switch type {
    case "Resource", "ContainerResource":
      if !target.has("averageUtilization"), !target.has("averageValue") {
        findings.required(
          targetPath.child("averageUtilization"),
          "must set either a target raw value or a target utilization")
      }
      if target.has("averageUtilization"), target.has("averageValue") {
        findings.forbidden(
          targetPath.child("averageValue"), "may not set both a target raw value and a target utilization")
      }
    case "Pods":
      if !target.has("averageValue") {
        findings.required(targetPath.child("averageValue"), "must specify a positive target averageValue")
      }
    case "Object":
      if !target.has("value"), !target.has("averageValue") {
        findings.required(
          targetPath.child("averageValue"), "must set either a target value or averageValue")
      }
    default:
      if !target.has("value"), !target.has("averageValue") {
        findings.required(
          targetPath.child("averageValue"), "must set either a target value for metric or a per-pod target")
      }
      if target.has("value"), target.has("averageValue") {
        findings.forbidden(
          targetPath.child("value"), "may not set both a target value for metric and a per-pod target")
      }
    }
  }

  static func validate(statusOfAutoscaler new: JSONValue, _ findings: inout Findings) {
    for name in ["currentReplicas", "desiredReplicas"] {
      findings.notNegative(new["status"] ?? [:], name, FieldPath("status"))
    }
  }

  private static func scaling(_ rules: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    if let seconds = rules["stabilizationWindowSeconds"]?.integerValue {
      if seconds < 0 {
        findings.invalid(
          path.child("stabilizationWindowSeconds"), .integer(seconds), "must be greater than or equal to zero")
      } else if seconds > 3600 {
        findings.invalid(
          path.child("stabilizationWindowSeconds"), .integer(seconds), "must be less than or equal to 3600")
      }
    }
    findings.supportedIfGiven(rules, "selectPolicy", ["Disabled", "Max", "Min"], path)
    if let tolerance = rules["tolerance"]?.stringValue, let amount = Quantity(reading: tolerance), amount.sign < 0 {
      findings.invalid(path.child("tolerance"), .string(amount.description), Findings.notNegative)
    }
    let policies = rules.items("policies")
    if policies.isEmpty { findings.required(path.child("policies"), "must specify at least one Policy") }
    for (index, policy) in policies.enumerated() {
      let path = path.child("policies").index(index)
      let type = policy.text("type")
      if type != "Percent", type != "Pods" {
        findings.add(.notSupported(path.child("type"), .string(type), ["Percent", "Pods"]))
      }
      for name in ["value", "periodSeconds"] {
        let number = policy[name]?.integerValue ?? 0
        if number <= 0 { findings.invalid(path.child(name), .integer(number), "must be greater than zero") }
      }
      if let seconds = policy["periodSeconds"]?.integerValue, seconds > 1800 {
        findings.invalid(path.child("periodSeconds"), .integer(seconds), "must be less than or equal to 1800")
      }
    }
  }
}
