/// Checks that lists that are sets or maps hold no item twice.
public enum ListTypeValidator {
  /// What is twice in the lists of an object of a custom kind.
  public static func errors(in value: JSONValue, by schema: Schema, at path: FieldPath = FieldPath()) -> [FieldError] {
    switch value {
    case .object(let object):
      var errors: [FieldError] = []
      for (name, value) in object where value.isContainer {
        if case .schema(let members) = schema.additionalProperties {
          errors += self.errors(in: value, by: members.resolved, at: path.key(name))
        }
        if let property = schema.properties[name] {
          errors += self.errors(in: value, by: property.resolved, at: path.child(name))
        }
      }
      return errors
    case .array(let items):
      var errors: [FieldError] = []
      switch schema.listType {
      case .set: errors += repeated(items).map { .duplicate(path.index($0), items[$0]) }
      case .map: errors += mapErrors(items, schema.listMapKeys, at: path)
      case .atomic, nil: break
      }
      guard let itemSchema = schema.items?.resolved else { return errors }
      for (index, item) in items.enumerated() where item.isContainer {
        errors += self.errors(in: item, by: itemSchema, at: path.index(index))
      }
      return errors
    default: return []
    }
  }

  /// Where a value stands for the second time; a third is not told.
  private static func repeated(_ values: [JSONValue]) -> [Int] {
    guard values.count > 1 else { return [] }
    var times: [JSONValue: Int] = [:]
    return values.enumerated().compactMap { index, value in
      times[value, default: 0] += 1
      return times[value] == 2 ? index : nil
    }
  }

  private static func mapErrors(_ items: [JSONValue], _ keys: [String], at path: FieldPath) -> [FieldError] {
    for (index, item) in items.enumerated() where item != .null && item.objectValue == nil {
      return [.invalid(path.index(index), item, "must be an object for an array of list-type map")]
    }
    // An item without any key is told apart from one whose key is null.
    let identities = items.map { item in
      JSONValue.object(JSONObject(keys.compactMap { key in item[key].map { (key, $0) } }))
    }
    return repeated(identities).map { .duplicate(path.index($0), identities[$0]) }
  }
}
