import APIMachinery

/// Built-in kinds whose versions differ in their fields.
enum BuiltinConversions {
  struct Pair: Sendable {
    let fromStorage: Conversion.Function
    let toStorage: Conversion.Function
  }

  /// Nil for a kind whose versions have the same fields.
  static func find(_ kind: GroupVersionKind) -> Pair? { pairs[kind] }

  private static let pairs: [GroupVersionKind: Pair] = [
    GroupVersionKind(group: "events.k8s.io", version: "v1", kind: "Event"): Pair(
      fromStorage: { (event) throws(StatusError) in rename(event, newEventNames, forwards: false) },
      toStorage: { (event) throws(StatusError) in rename(event, newEventNames, forwards: true) }),
    GroupVersionKind(group: "autoscaling", version: "v1", kind: "HorizontalPodAutoscaler"): Pair(
      fromStorage: { (object) throws(StatusError) in AutoscalerConversion.toFirst(object) },
      toStorage: { (object) throws(StatusError) in try AutoscalerConversion.fromFirst(object) }),
  ]

  /// Names in `events.k8s.io/v1` and in `v1`.
  private static let newEventNames = [
    ("regarding", "involvedObject"), ("note", "message"), ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"), ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"), ("deprecatedCount", "count"),
  ]

  private static func rename(_ object: JSONObject, _ names: [(String, String)], forwards: Bool) -> JSONObject {
    var result = JSONObject()
    for (name, value) in object {
      let pair = names.first { (forwards ? $0.0 : $0.1) == name }
      result[pair.map { forwards ? $0.1 : $0.0 } ?? name] = value
    }
    return result
  }
}
