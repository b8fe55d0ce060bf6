/// In which order messages show the members of what a patch has made: Go's package keeps as it was what it had no need to
/// look into, and writes everything else in the order of the alphabet.
public enum PatchOrder {
  /// The outcome of a merge patch.
  public static func merged(_ value: JSONValue, by patch: JSONValue) -> JSONValue {
    switch (value, patch) {
    case (.object(let object), .object(let changes)):
      .object(
        JSONObject(
          object.sorted.map { member in
            (member.name, changes[member.name].map { merged(member.value, by: $0) } ?? member.value)
          }))
    case (.array(let items), .array(let changes)) where items.count == changes.count:
      .array(zip(items, changes).map { merged($0, by: $1) })
    default: value
    }
  }

  /// The outcome of a JSON patch.
  public static func patched(_ value: JSONValue, by operations: JSONValue) -> JSONValue {
    var result = value
    for operation in operations.arrayValue ?? [] {
      for name in ["from", "path"] {
        guard let text = operation[name]?.stringValue, let path = JSONPointer(text) else { continue }
        result = ordered(result, along: path.tokens[...])
      }
    }
    return result
  }

  private static func ordered(_ value: JSONValue, along path: ArraySlice<String>) -> JSONValue {
    guard let token = path.first else { return value }
    let rest = path.dropFirst()
    switch value {
    case .object(let object):
      return .object(
        JSONObject(object.sorted.map { ($0.name, $0.name == token ? ordered($0.value, along: rest) : $0.value) }))
    case .array(var items):
      if let index = Int(token), items.indices.contains(index) { items[index] = ordered(items[index], along: rest) }
      return .array(items)
    default: return value
    }
  }
}
