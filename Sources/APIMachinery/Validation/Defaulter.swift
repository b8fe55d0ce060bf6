/// Fills in what a schema has defaults for.
///
/// A default stands for a property that is missing, or null where it may not be null, in an object that is there. Objects that
/// are missing are not made for the defaults inside them; a default that is an object gets its own defaults afterwards.
public enum Defaulter {
  /// Removes nulls where they may not stand and no default takes their place.
  ///
  /// Upstream does so before it defaults, prunes and validates: a null that a client sends means that there is no value.
  public static func removeNulls(from value: inout JSONValue, by schema: Schema) {
    if let changed = withoutNulls(value, schema.resolved) { value = changed }
  }

  /// - Returns: whether anything was missing.
  @discardableResult
  public static func fillIn(_ value: inout JSONValue, by schema: Schema) -> Bool {
    guard let changed = filledIn(value, schema.resolved) else { return false }
    value = changed
    return true
  }

  /// Nil where nothing changes.
  private static func withoutNulls(_ value: JSONValue, _ schema: Schema?) -> JSONValue? {
    switch value {
    case .object(let object):
      guard let schema, schema.type != .any else { return nil }
      var changes: [(name: String, value: JSONValue?)] = []
      for (name, value) in object where value.isContainer || value == .null {
        let known = schema.schema(of: name)
        if value == .null {
          if let known, !known.allowsNull, known.defaultValue == nil { changes.append((name, nil)) }
        } else if let changed = withoutNulls(value, known?.resolved) {
          changes.append((name, changed))
        }
      }
      return object.applying(changes).map { .object($0) }
    case .array(let items):
      guard let schema, let itemSchema = schema.items?.resolved else { return nil }
      return items.replacing { withoutNulls($0, itemSchema) }.map { .array($0) }
    default: return nil
    }
  }

  private static func filledIn(_ value: JSONValue, _ schema: Schema?) -> JSONValue? {
    guard let schema else { return nil }
    switch value {
    case .object(let object): return filledIn(object, schema).map { .object($0) }
    case .array(let items):
      guard let itemSchema = schema.items else { return nil }
      let resolved = itemSchema.resolved
      return items.replacing { item in
        guard item == .null, !itemSchema.allowsNull, let value = itemSchema.defaultValue else {
          return filledIn(item, resolved)
        }
        return filledIn(value, resolved) ?? value
      }.map { .array($0) }
    default: return nil
    }
  }

  private static func filledIn(_ object: JSONObject, _ schema: Schema) -> JSONObject? {
    var changes: [(name: String, value: JSONValue?)] = []
    for property in schema.propertiesWithDefaults {
      guard let value = property.schema.defaultValue else { continue }
      let present = object[property.name]
      if present == nil || (present == .null && !property.schema.allowsNull) {
        changes.append((property.name, filledIn(value, property.schema.resolved) ?? value))
      }
    }
    for (name, value) in object {
      if value == .null {
        guard schema.properties[name] == nil, case .schema(let known) = schema.additionalProperties,
          !known.allowsNull, let replacement = known.defaultValue
        else { continue }
        changes.append((name, filledIn(replacement, known.resolved) ?? replacement))
      } else if value.isContainer, let known = schema.schema(of: name), let changed = filledIn(value, known.resolved) {
        changes.append((name, changed))
      }
    }
    return object.applying(changes)
  }
}

extension Schema {
  /// The node of a member: that of the property, or that of all others.
  func schema(of name: String) -> Schema? {
    if let property = properties[name] { return property }
    if case .schema(let schema) = additionalProperties { return schema }
    return nil
  }

  /// Whether null may stand here: what a reference says, or the definition.
  var allowsNull: Bool { isNullable || (reference != nil && resolved.isNullable) || resolved.type == .any }
}

extension JSONObject {
  /// With members set, or removed where the value is nil; nil where there are no changes.
  func applying(_ changes: [(name: String, value: JSONValue?)]) -> JSONObject? {
    guard !changes.isEmpty else { return nil }
    var result = self
    for (name, value) in changes { result[name] = value }
    return result
  }
}

extension [JSONValue] {
  /// With the items that the transformation changes; nil where it changes none.
  func replacing(_ transform: (JSONValue) -> JSONValue?) -> [JSONValue]? {
    var result: [JSONValue]?
    for (index, item) in enumerated() where item.isContainer || item == .null {
      guard let changed = transform(item) else { continue }
      if result == nil { result = self }
      result?[index] = changed
    }
    return result
  }
}
