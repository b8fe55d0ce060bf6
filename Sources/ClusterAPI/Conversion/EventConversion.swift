import APIMachinery

/// Events as the group without a name has them, and as `events.k8s.io` does: the same values under other names.
enum EventConversion {
  private static let names: [(String, String)] = [
    ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
  ]

  /// What only the older form tells even where it is empty, under the names of the newer one.
  private static let reporter = ["reportingController", "reportingInstance"]

  static func toEventsGroup(_ event: inout JSONValue) {
    rename(&event, names)
    event.editObject { object in
      for name in reporter where object[name] == "" { object.remove(name) }
      if object["deprecatedCount"] == 0 { object.remove("deprecatedCount") }
    }
  }

  static func toCoreGroup(_ event: inout JSONValue) {
    event.editObject { object in
      for name in reporter where object[name] == nil { object[name] = "" }
    }
    rename(&event, names.map { ($1, $0) })
  }

  private static func rename(_ event: inout JSONValue, _ names: [(String, String)]) {
    let table = Dictionary(uniqueKeysWithValues: names)
    event.editObject { object in
      object = JSONObject(object.map { (table[$0.0] ?? $0.0, $0.1) })
    }
  }
}
