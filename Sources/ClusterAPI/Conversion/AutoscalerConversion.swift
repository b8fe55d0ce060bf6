import APIMachinery

/// Autoscalers as v1 has them, with one number, and as v2 does, with any.
///
/// What v1 has no field for stands in annotations, as JSON in the words of v1's own types.
enum AutoscalerConversion {
  private static let metrics = "autoscaling.alpha.kubernetes.io/metrics"
  private static let current = "autoscaling.alpha.kubernetes.io/current-metrics"
  private static let conditions = "autoscaling.alpha.kubernetes.io/conditions"
  private static let behavior = "autoscaling.alpha.kubernetes.io/behavior"

  // MARK: - To v1

  static func toV1(_ autoscaler: inout JSONValue) {
    var notes: [(String, JSONValue)] = []
    autoscaler.edit("spec") { spec in
      var rest = spec.items("metrics")
      let index = rest.firstIndex {
        $0.text("type") == "Resource" && $0["resource"]?.text("name") == "cpu"
          && $0["resource"]?["target"]?.has("averageUtilization") == true
      }
      let share = index.flatMap { rest[$0]["resource"]?["target"]?["averageUtilization"] }
      if let index { rest.remove(at: index) }
      if !rest.isEmpty { notes.append((metrics, .array(rest.map(metricToV1)))) }
      if let rules = spec["behavior"] { notes.append((behavior, rules)) }
      spec.editObject { members in
        members.remove("metrics")
        members.remove("behavior")
        members["targetCPUUtilizationPercentage"] = share
      }
    }
    autoscaler.edit("status") { status in
      let list = status.items("currentMetrics")
      let share = list.first { $0["resource"]?.text("name") == "cpu" }?["resource"]?["current"]?["averageUtilization"]
      if !list.isEmpty { notes.append((current, .array(list.map(statusToV1)))) }
      if let list = status["conditions"] { notes.append((conditions, list)) }
      status.editObject { members in
        members.remove("currentMetrics")
        members.remove("conditions")
        members["currentCPUUtilizationPercentage"] = share
        // v1 always tells it, v2 where there are some.
        if members["currentReplicas"] == nil { members["currentReplicas"] = 0 }
      }
    }
    guard !notes.isEmpty else { return }
    autoscaler.edit("metadata") { metadata in
      metadata.setDefault("annotations", [:])
      metadata.edit("annotations") { annotations in
        annotations.editObject { members in
          for (name, value) in notes { members[name] = .string(value.jsonText(sortedKeys: false)) }
        }
      }
    }
  }

  private static func metricToV1(_ metric: JSONValue) -> JSONValue {
    renamed(metric) { kind, source in
      let target = source["target"] ?? [:]
      var result: JSONObject = [:]
      switch kind {
      case "resource", "containerResource":
        result["name"] = source["name"]
        result["container"] = source["container"]
        result["targetAverageUtilization"] = target["averageUtilization"]
        result["targetAverageValue"] = target["averageValue"]
      case "pods":
        result["metricName"] = source["metric"]?["name"]
        result["selector"] = source["metric"]?["selector"]
        result["targetAverageValue"] = target["averageValue"]
      case "object":
        result["target"] = source["describedObject"]
        result["metricName"] = source["metric"]?["name"]
        result["selector"] = source["metric"]?["selector"]
        result["targetValue"] = target["value"]
        result["averageValue"] = target["averageValue"]
      default:
        result["metricName"] = source["metric"]?["name"]
        result["metricSelector"] = source["metric"]?["selector"]
        result["targetValue"] = target["value"]
        result["targetAverageValue"] = target["averageValue"]
      }
      return .object(result)
    }
  }

  private static func statusToV1(_ metric: JSONValue) -> JSONValue {
    renamed(metric) { kind, source in
      let now = source["current"] ?? [:]
      var result: JSONObject = [:]
      switch kind {
      case "resource", "containerResource":
        result["name"] = source["name"]
        result["container"] = source["container"]
        result["currentAverageUtilization"] = now["averageUtilization"]
        result["currentAverageValue"] = now["averageValue"]
      default:
        result["target"] = source["describedObject"]
        result["metricName"] = source["metric"]?["name"]
        result[kind == "external" ? "metricSelector" : "selector"] = source["metric"]?["selector"]
        result["currentValue"] = now["value"]
        result[kind == "object" ? "averageValue" : "currentAverageValue"] = now["averageValue"]
      }
      return .object(result)
    }
  }

  // MARK: - To v2

  static func toV2(_ autoscaler: inout JSONValue) {
    var notes: [String: JSONValue] = [:]
    autoscaler.edit("metadata", "annotations") { annotations in
      for name in [metrics, current, conditions, behavior] {
        guard let text = annotations[name]?.stringValue, let value = try? JSONValue(json: Array(text.utf8)) else {
          continue
        }
        notes[name] = value
        annotations.editObject { _ = $0.remove(name) }
      }
    }
    autoscaler.edit("metadata") { metadata in
      if metadata["annotations"]?.objectValue?.isEmpty == true {
        metadata.editObject { _ = $0.remove("annotations") }
      }
    }
    autoscaler.edit("spec") { spec in
      var list = (notes[metrics]?.arrayValue ?? []).map(metricToV2)
      if let share = spec["targetCPUUtilizationPercentage"] {
        list.append([
          "type": "Resource",
          "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": share]],
        ])
      }
      spec.editObject { members in
        members.remove("targetCPUUtilizationPercentage")
        members["metrics"] = list.isEmpty ? nil : .array(list)
        members["behavior"] = notes[behavior]
      }
    }
    autoscaler.edit("status") { status in
      status.editObject { members in
        members.remove("currentCPUUtilizationPercentage")
        members["currentMetrics"] = notes[current].map { .array(($0.arrayValue ?? []).map(statusToV2)) }
        members["conditions"] = notes[conditions]
        if members["currentReplicas"] == 0 { members.remove("currentReplicas") }
      }
    }
  }

  private static func metricToV2(_ metric: JSONValue) -> JSONValue {
    renamed(metric) { kind, source in
      var result: JSONObject = [:]
      var target: JSONObject = [:]
      let share = source["targetAverageUtilization"]
      let average = source["targetAverageValue"] ?? (kind == "object" ? source["averageValue"] : nil)
      target["type"] = share != nil ? "Utilization" : average != nil ? "AverageValue" : "Value"
      target["averageUtilization"] = share
      target["averageValue"] = average
      target["value"] = average == nil ? source["targetValue"] : nil
      result["name"] = source["name"]
      result["container"] = source["container"]
      result["describedObject"] = source["target"]
      result["metric"] = identifier(source)
      result["target"] = .object(target)
      return .object(result)
    }
  }

  private static func statusToV2(_ metric: JSONValue) -> JSONValue {
    renamed(metric) { kind, source in
      var result: JSONObject = [:]
      var now: JSONObject = [:]
      now["averageUtilization"] = source["currentAverageUtilization"]
      now["averageValue"] = source["currentAverageValue"] ?? (kind == "object" ? source["averageValue"] : nil)
      now["value"] = source["currentValue"]
      result["name"] = source["name"]
      result["container"] = source["container"]
      result["describedObject"] = source["target"]
      result["metric"] = identifier(source)
      result["current"] = .object(now)
      return .object(result)
    }
  }

  private static func identifier(_ source: JSONValue) -> JSONValue? {
    guard let name = source["metricName"] else { return nil }
    var result: JSONObject = ["name": name]
    result["selector"] = source["selector"] ?? source["metricSelector"]
    return .object(result)
  }

  /// A metric whose source is written anew.
  private static func renamed(_ metric: JSONValue, _ change: (String, JSONValue) -> JSONValue) -> JSONValue {
    var result = metric
    result.editObject { members in
      for name in members.keys where name != "type" {
        if let source = members[name] { members[name] = change(name, source) }
      }
    }
    return result
  }
}
