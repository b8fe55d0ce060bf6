import APIMachinery

/// How messages show values that upstream holds in its internal types: as JSON whose members have the names of Go's fields. All
/// of them are there, in the order of their declaration (``FieldError/inOrder``).
enum InternalForm {
  /// - Parameters:
  ///   - type: as `Kinds/internal.types` names it: `core.PodSpec`.
  ///   - above: the object that holds the value, of which the type may have members too.
  static func of(_ value: JSONValue, _ type: String, above: JSONValue? = nil) -> JSONValue {
    var shown: [(String, JSONValue)] = []
    for member in InternalTypes.all[type] ?? [] {
      if member.field == "*" {
        let metadata = MetadataOrder.ordered(value[member.name] ?? [:]).objectValue ?? [:]
        for (name, value) in metadata { shown.append((name, ordered(plain(value), by: orders[name] ?? []))) }
      } else {
        shown.append((member.field, form((member.isAbove ? above : value)?[member.name], member.shape, in: value)))
      }
    }
    return .object(JSONObject(shown))
  }

  /// Members of what metadata hold, in the order of Go's fields.
  private static let orders = [
    "ownerReferences": ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"],
    "managedFields": ["manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1", "subresource"],
  ]

  private static func ordered(_ list: JSONValue, by names: [String]) -> JSONValue {
    guard !names.isEmpty, case .array(let items) = list else { return list }
    return .array(
      items.map { item in .object(JSONObject(names.compactMap { name in item[name].map { (name, $0) } })) })
  }

  /// What differs between two values of a type, as upstream shows it (apimachinery, `diff.Diff`).
  static func difference(_ old: JSONValue, _ new: JSONValue, _ type: String) -> String {
    UnifiedDiff.text(from: of(old, type).goIndented, to: of(new, type).goIndented)
  }

  private static func form(_ value: JSONValue?, _ shape: InternalTypes.Shape, in above: JSONValue) -> JSONValue {
    let value = value.flatMap { $0.isNull ? nil : $0 }
    switch shape {
    case .string: return value ?? ""
    case .number: return value ?? 0
    case .bool: return value ?? false
    case .quantity: return value ?? "0"
    case .value: return value.map(plain) ?? .null
    case .structure(let type): return of(value ?? [:], type, above: above)
    case .pointer(let type): return value.map { of($0, type, above: above) } ?? .null
    case .list(let type): return value?.arrayValue.map { .array($0.map { of($0, type, above: above) }) } ?? .null
    }
  }

  /// A value that upstream shows as the API does: selectors in their order and without what is empty, and maps by their keys.
  private static func plain(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let object):
      let members = object.sorted.map { ($0.name, plain($0.value)) }
      return .object(JSONObject(isSelector(object) ? selector(members) : members))
    case .array(let items): return .array(items.map(plain))
    default: return value
    }
  }

  private static func isSelector(_ object: JSONObject) -> Bool {
    object["matchLabels"]?.objectValue != nil || object["matchExpressions"]?.arrayValue != nil
  }

  private static func selector(_ members: [(String, JSONValue)]) -> [(String, JSONValue)] {
    ["matchLabels", "matchExpressions"].compactMap { name in
      guard var value = members.first(where: { $0.0 == name })?.1, value != [:], value != [] else { return nil }
      value.editItems { $0.editObject { if $0["values"] == [] { $0.remove("values") } } }
      return (name, value)
    }
  }
}
