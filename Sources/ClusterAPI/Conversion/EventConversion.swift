import APIMachinery

/// Events as the group without a name has them, and as `events.k8s.io` does: the same values under other names.
enum EventConversion {
  static let names: [(String, String)] = [
    ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
  ]

  static func rename(_ event: inout JSONValue, _ names: [(String, String)]) {
    let table = Dictionary(uniqueKeysWithValues: names)
    event.editObject { object in
      object = JSONObject(object.map { (table[$0.0] ?? $0.0, $0.1) })
    }
  }
}
