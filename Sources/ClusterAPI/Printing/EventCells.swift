import APIMachinery

extension Cell {
  static let events: [String: Function] = [
    "eventLastSeen": { $0.lastSeen("lastTimestamp", "firstTimestamp") },
    "eventFirstSeen": { $0.firstSeen("firstTimestamp") },
    "eventCount": { $0.count("count") },
    "eventObject": { .string(Self.reference($0.object["involvedObject"])) },
    "eventSource": { .string($0.source("source", "reportingComponent")) },
    "eventMessage": { .string($0.object.text("message").trimmed) },
    "eventsLastSeen": { $0.lastSeen("deprecatedLastTimestamp", "deprecatedFirstTimestamp") },
    "eventsFirstSeen": { $0.firstSeen("deprecatedFirstTimestamp") },
    "eventsCount": { $0.count("deprecatedCount") },
    "eventsObject": { .string(Self.reference($0.object["regarding"])) },
    "eventsSource": { .string($0.source("deprecatedSource", "reportingController")) },
    "eventsMessage": { .string($0.object.text("note").trimmed) },
  ]

  private func firstSeen(_ field: String) -> JSONValue {
    object.has(field) ? age(object[field]) : age(object["eventTime"])
  }

  private func lastSeen(_ field: String, _ first: String) -> JSONValue {
    if let series = object["series"] { return age(series["lastObservedTime"]) }
    return object.has(field) ? age(object[field]) : firstSeen(first)
  }

  private func count(_ field: String) -> JSONValue {
    if let series = object["series"] { return number(series["count"]) }
    return .integer(max(object[field]?.integerValue ?? 0, 1))
  }

  private static func reference(_ reference: JSONValue?) -> String {
    let kind = (reference?.text("kind") ?? "").lowercased()
    let name = reference?.text("name") ?? ""
    return name.isEmpty ? kind : "\(kind)/\(name)"
  }

  private func source(_ field: String, _ controller: String) -> String {
    let source = object[field] ?? [:]
    let component = source.text("component").isEmpty ? object.text(controller) : source.text("component")
    let host = source.text("host").isEmpty ? object.text("reportingInstance") : source.text("host")
    return host.isEmpty ? component : "\(component), \(host)"
  }
}
