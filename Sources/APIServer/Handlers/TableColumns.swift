import APIMachinery
import ClusterAPI

/// The columns of a kind's table and what stands in them.
enum TableColumns {
  private static let usual = [
    PrinterColumn(
      name: "Name", type: "string", format: "name",
      description: "The name, unique among the objects of the kind in a namespace.", source: .path(".metadata.name")),
    PrinterColumn(
      name: "Age", type: "date", description: "How long ago the object was made.",
      source: .path(".metadata.creationTimestamp")),
  ]

  static func of(_ target: ServedResource) -> [PrinterColumn] {
    let own = target.version.printerColumns
    if target.resource.isCustom { return [usual[0]] + (own.isEmpty ? [usual[1]] : own) }
    return own.isEmpty ? usual : own
  }

  static func cell(_ column: PrinterColumn, _ object: JSONObject, isCustom: Bool) -> JSONValue {
    switch column.source {
    case .path(let path): value(path, column, object, isCustom: isCustom)
    case .function("name"): .string(object.objectName)
    case .function("age"): .string(age(object.metadataText("creationTimestamp")))
    case .function: .string("<unknown>")
    }
  }

  private static func value(
    _ path: String, _ column: PrinterColumn, _ object: JSONObject, isCustom: Bool
  ) -> JSONValue {
    let value = JSONPlace.value(object, JSONPlace.parts(path))
    // Built-in kinds show the time itself, custom ones how long ago it was.
    if column.type == "date", isCustom { return .string(age(value?.stringValue ?? "")) }
    return value ?? .null
  }

  static func age(_ text: String) -> String {
    guard let time = Timestamp(text) else { return "<unknown>" }
    return HumanDuration.text(seconds: Int64(Timestamp.now.seconds(since: time)))
  }
}

/// Durations as `kubectl` prints them: two units at most, the finer one only while it says something
/// (`k8s.io/apimachinery`, duration.HumanDuration).
enum HumanDuration {
  static func text(seconds: Int64) -> String {
    if seconds < -1 { return "<invalid>" }
    if seconds < 0 { return "0s" }
    if seconds < 120 { return "\(seconds)s" }
    let minutes = seconds / 60
    if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
    if minutes < 180 { return "\(minutes)m" }
    let hours = minutes / 60
    if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
    if hours < 48 { return "\(hours)h" }
    let days = hours / 24
    if days < 8 { return pair(days, "d", hours % 24, "h") }
    if days < 730 { return "\(days)d" }
    let years = days / 365
    if years < 8 { return pair(years, "y", days % 365, "d") }
    return "\(years)y"
  }

  private static func pair(_ first: Int64, _ unit: String, _ second: Int64, _ finer: String) -> String {
    second == 0 ? "\(first)\(unit)" : "\(first)\(unit)\(second)\(finer)"
  }
}
