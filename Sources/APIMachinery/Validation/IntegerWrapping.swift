/// What Go's conversion makes of numbers that a field cannot hold: integers of those that are whole, and the lowest 32 bits of those
/// that are too large
/// (apimachinery, `runtime.DefaultUnstructuredConverter`). Decoding refuses them; applies and strategic merge patches are converted.
public enum IntegerWrapping {
  public static func apply(to value: inout JSONValue, by schema: Schema) {
    let node = schema.resolved
    switch value {
    case .integer(let number) where node.format == "int32":
      value = .integer(Int64(Int32(truncatingIfNeeded: number)))
    case .double(let number) where node.type == .integer:
      guard let whole = Int64(exactly: number) else { return }
      value = .integer(whole)
      apply(to: &value, by: schema)
    case .array(let items) where node.format == "byte":
      value = .array(
        items.map { item in
          if case .double(let number) = item, let whole = Int64(exactly: number) { .integer(whole) } else { item }
        })
    case .object(var object):
      value = .null
      for (name, _) in object {
        guard let member = node.properties[name] ?? node.members else { continue }
        _ = object.update(name) { apply(to: &$0, by: member) }
      }
      value = .object(object)
    case .array(var items):
      guard let item = node.items else { return }
      value = .null
      for index in items.indices { apply(to: &items[index], by: item) }
      value = .array(items)
    default: break
    }
  }
}

extension Schema {
  /// What an object holds beside its named properties, where that has a schema.
  fileprivate var members: Schema? {
    if case .schema(let members) = additionalProperties { members } else { nil }
  }
}
