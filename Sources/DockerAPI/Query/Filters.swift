/// The `filters` query parameter: values by filter name. moby's `filters.Args`.
public struct Filters: Sendable, Hashable {
  /// The values asked for.
  public var values: [String: Set<String>] = [:]

  /// No filter at all: everything matches.
  public init() {}

  /// Reads the parameter in its present form, `{"name": {"value": true}}`, or the old one, `{"name": ["value"]}`.
  ///
  /// - Throws: ``QueryError`` `invalid filter` for text that is neither.
  public init(_ text: String) throws(QueryError) {
    if text.isEmpty { return }
    guard let json = try? DockerJSON.parse(Array(text.utf8)) else { throw QueryError("invalid filter") }
    if json == .null { return }
    guard case .object(let members) = json else { throw QueryError("invalid filter") }
    for member in members {
      values[member.name] = try Self.set(member.value)
    }
  }

  private static func set(_ value: JSONValue) throws(QueryError) -> Set<String> {
    switch value {
    case .null: return []
    case .object(let flags):
      var set: Set<String> = []
      for flag in flags {
        // A value that is switched off is not among those that match.
        guard case .bool(let wanted) = flag.value else { throw QueryError("invalid filter") }
        if wanted { set.insert(flag.name) }
      }
      return set
    case .array(let elements):
      var set: Set<String> = []
      for element in elements {
        guard case .string(let text) = element else { throw QueryError("invalid filter") }
        set.insert(text)
      }
      return set
    default: throw QueryError("invalid filter")
    }
  }

  /// True if nothing is filtered.
  public var isEmpty: Bool { values.isEmpty }

  /// The values of one filter, sorted.
  public func callAsFunction(_ name: String) -> [String] {
    (values[name] ?? []).sorted()
  }

  /// True if the filter is given, even without a value.
  public func has(_ name: String) -> Bool { values[name] != nil }

  /// Refuses a filter that the endpoint does not know.
  public func validate(_ accepted: Set<String>) throws(QueryError) {
    if let unknown = values.keys.filter({ !accepted.contains($0) }).min() {
      throw QueryError("invalid filter '\(unknown)'")
    }
  }

  /// A filter that is true or false.
  ///
  /// - Throws: ``QueryError`` where the value is neither, or both.
  public func flag(_ name: String, default fallback: Bool) throws(QueryError) -> Bool {
    guard let given = values[name] else { return fallback }
    if given.isEmpty { throw QueryError("invalid filter '\(name)'") }
    let isTrue = given.contains("1") || given.contains("true")
    let isFalse = given.contains("0") || given.contains("false")
    guard isTrue != isFalse else {
      throw QueryError("invalid filter '\(name)=[\(given.sorted().joined(separator: " "))]'")
    }
    return isTrue
  }

  /// True if the filter is absent or names exactly this.
  public func matchesExactly(_ name: String, _ candidate: String) -> Bool {
    guard let given = values[name], !given.isEmpty else { return true }
    return given.contains(candidate)
  }

  /// True if the filter is absent or one of its values begins this.
  public func matchesPrefix(_ name: String, _ candidate: String) -> Bool {
    guard let given = values[name], !given.isEmpty else { return true }
    return given.contains { candidate.hasPrefix($0) }
  }

  /// True if the filter is absent or one of its values, as a pattern, is found in this.
  public func matchesPattern(_ name: String, _ candidate: String) -> Bool {
    guard let given = values[name], !given.isEmpty else { return true }
    return given.contains(candidate) || given.contains { NamePattern($0).isFound(in: candidate) }
  }

  /// True if every value of the filter (`label` or `label=value`) is among these labels.
  public func matchesLabels(_ name: String, _ labels: [String: String]) -> Bool {
    for wanted in values[name] ?? [] {
      let parts = wanted.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let found = labels[String(parts.first ?? "")] else { return false }
      if parts.count == 2, found != parts[1] { return false }
    }
    return true
  }

  /// True if any value of a negative filter (`label!`) is among these labels.
  public func excludesLabels(_ name: String, _ labels: [String: String]) -> Bool {
    guard let given = values[name], !given.isEmpty else { return false }
    return matchesLabels(name, labels)
  }
}
