import APIMachinery

/// What the cells of a table are made of: an object, and the time at which ages are counted.
struct Cell: Sendable {
  let object: JSONValue
  let now: Timestamp

  typealias Function = @Sendable (Cell) -> JSONValue

  static let none: JSONValue = "<none>"
  static let unset: JSONValue = "<unset>"
  static let unknown: JSONValue = "<unknown>"

  var metadata: JSONValue { object["metadata"] ?? [:] }
  var spec: JSONValue { object["spec"] ?? [:] }
  var status: JSONValue { object["status"] ?? [:] }

  /// How long ago a time was; `<unknown>` where there is none.
  func age(_ time: JSONValue?) -> JSONValue {
    guard let time = time?.stringValue.flatMap({ Timestamp($0) }) else { return Self.unknown }
    return .string(HumanDuration.text(seconds: Int64(now.seconds(since: time).rounded(.towardZero))))
  }

  func text(_ value: JSONValue?, or other: JSONValue) -> JSONValue {
    guard let text = value?.stringValue, !text.isEmpty else { return other }
    return .string(text)
  }

  func number(_ value: JSONValue?, or other: Int64 = 0) -> JSONValue { .integer(value?.integerValue ?? other) }

  /// The value at a JSON path of plain names, such as `.status.phase`; nil where there is none.
  func value(at path: String) -> JSONValue? {
    var value: JSONValue? = object
    for name in path.split(separator: ".") { value = value?[String(name)] }
    return value
  }

  /// A map of labels: `a=b,c=d`.
  func labels(_ map: JSONValue?) -> JSONValue {
    let pairs = MetadataValidation.sorted(map).map { "\($0.0)=\($0.1.stringValue ?? "")" }.sorted()
    return pairs.isEmpty ? Self.none : .string(pairs.joined(separator: ","))
  }

  /// A label selector: `a=b,c in (x,y),!d`.
  func selector(_ selector: JSONValue?) -> JSONValue {
    guard let selector else { return Self.none }
    var parts = MetadataValidation.sorted(selector["matchLabels"]).map { ($0.0, "\($0.0)=\($0.1.stringValue ?? "")") }
    for requirement in selector.items("matchExpressions") {
      let key = requirement.text("key")
      let values = requirement.items("values").compactMap(\.stringValue).sorted().joined(separator: ",")
      switch requirement.text("operator") {
      case "In": parts.append((key, "\(key) in (\(values))"))
      case "NotIn": parts.append((key, "\(key) notin (\(values))"))
      case "Exists": parts.append((key, key))
      case "DoesNotExist": parts.append((key, "!\(key)"))
      default: break
      }
    }
    let text = parts.sorted { $0.0 < $1.0 }.map(\.1).joined(separator: ",")
    return text.isEmpty ? Self.none : .string(text)
  }

  /// A list with commas; what is beyond the limit is only counted.
  func list(_ items: [String], limit: Int, separator: String = ",") -> String {
    guard items.count > limit else { return items.joined(separator: separator) }
    return items.prefix(limit).joined(separator: separator) + " + \(items.count - limit) more..."
  }

  func condition(_ type: String) -> JSONValue? {
    status.items("conditions").first { $0.text("type") == type }
  }

  func isTrue(_ type: String) -> Bool { condition(type)?.text("status") == "True" }
}
