import APIMachinery

/// `autoscaling/v1` knows one metric, the processor's load; what else `v2` has travels in annotations, so that a client
/// of the old version loses nothing (`autoscaling.alpha.kubernetes.io/…`).
enum AutoscalerConversion {
  private static let annotations = [
    ("metrics", "autoscaling.alpha.kubernetes.io/metrics"),
    ("behavior", "autoscaling.alpha.kubernetes.io/behavior"),
    ("currentMetrics", "autoscaling.alpha.kubernetes.io/current-metrics"),
    ("conditions", "autoscaling.alpha.kubernetes.io/conditions"),
  ]

  private static func isProcessorLoad(_ metric: JSONValue) -> Bool {
    metric["type"]?.stringValue == "Resource" && metric["resource"]?["name"]?.stringValue == "cpu"
  }

  static func toFirst(_ object: JSONObject) -> JSONObject {
    var object = object
    var kept: [(String, JSONValue)] = []
    if var spec = object["spec"]?.objectValue {
      var others: [JSONValue] = []
      for metric in spec.remove("metrics")?.arrayValue ?? [] {
        if isProcessorLoad(metric), let load = metric["resource"]?["target"]?["averageUtilization"],
          spec["targetCPUUtilizationPercentage"] == nil
        {
          spec["targetCPUUtilizationPercentage"] = load
        } else {
          others.append(metric)
        }
      }
      if !others.isEmpty { kept.append(("metrics", .array(others))) }
      if let behavior = spec.remove("behavior") { kept.append(("behavior", behavior)) }
      object["spec"] = .object(spec)
    }
    if var status = object["status"]?.objectValue {
      if let metrics = status.remove("currentMetrics") {
        for metric in metrics.arrayValue ?? [] where isProcessorLoad(metric) {
          status["currentCPUUtilizationPercentage"] = metric["resource"]?["current"]?["averageUtilization"]
        }
        kept.append(("currentMetrics", metrics))
      }
      if let conditions = status.remove("conditions") { kept.append(("conditions", conditions)) }
      object["status"] = .object(status)
    }
    for (name, value) in kept {
      guard let annotation = annotations.first(where: { $0.0 == name })?.1 else { continue }
      var values = object["metadata"]?["annotations"]?.objectValue ?? [:]
      values[annotation] = .string(value.jsonText())
      object.setMetadata("annotations", .object(values))
    }
    return object
  }

  /// - Throws: 400 where an annotation that stands for a field is no JSON.
  static func fromFirst(_ object: JSONObject) throws(StatusError) -> JSONObject {
    var object = object
    var spec = object["spec"]?.objectValue ?? [:]
    var status = object["status"]?.objectValue ?? [:]
    var metrics: [JSONValue] = []
    if let load = spec.remove("targetCPUUtilizationPercentage") {
      metrics.append([
        "type": "Resource",
        "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": load]],
      ])
    }
    status.remove("currentCPUUtilizationPercentage")
    var values = object["metadata"]?["annotations"]?.objectValue ?? [:]
    for (name, annotation) in annotations {
      guard let text = values.remove(annotation)?.stringValue else { continue }
      guard let value = try? JSONValue(json: text) else {
        throw .badRequest("the annotation \(annotation) is not valid JSON")
      }
      switch name {
      case "metrics": metrics += value.arrayValue ?? []
      case "behavior": spec[name] = value
      default: status[name] = value
      }
    }
    if object["metadata"]?["annotations"] != nil {
      object.setMetadata("annotations", values.isEmpty ? nil : .object(values))
    }
    if !metrics.isEmpty { spec["metrics"] = .array(metrics) }
    object["spec"] = .object(spec)
    if !status.isEmpty || object["status"] != nil { object["status"] = .object(status) }
    return object
  }
}
