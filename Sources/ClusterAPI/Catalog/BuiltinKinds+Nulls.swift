import APIMachinery

extension BuiltinKinds {
  /// Puts zero values where an item of a list or a member of a map is null, as upstream's types read it: in place of the value of
  /// a field a null says that there is none, but an item is one.
  ///
  /// It comes before nulls are taken away that stand where a schema allows none.
  ///
  /// - Parameter definition: the name of the object's type, as in ``ResourceVersion/definitionName``.
  public func fillNulls(in value: inout JSONValue, definition: String) {
    guard let facts = facts[definition], case .object(let object) = value, let filled = filled(object, facts) else {
      return
    }
    value = .object(filled)
  }

  /// Nil where nothing changes.
  private func filled(_ object: JSONObject, _ facts: TypeFacts) -> JSONObject? {
    var changed: JSONObject?
    for field in facts.fields where field.item != nil || field.definition != nil {
      guard let value = object[field.name], let filled = filled(value, field) else { continue }
      if changed == nil { changed = object }
      changed?[field.name] = filled
    }
    return changed
  }

  private func filled(_ value: JSONValue, _ field: FieldFacts) -> JSONValue? {
    switch (field.nesting, value) {
    case (.value, .object(let object)):
      return field.definition.flatMap { facts[$0] }.flatMap { filled(object, $0) }.map { .object($0) }
    case (.list, .array(let items)):
      var changed: [JSONValue]?
      for (index, item) in items.enumerated() {
        guard let filled = filledItem(item, field) else { continue }
        if changed == nil { changed = items }
        changed?[index] = filled
      }
      return changed.map { .array($0) }
    case (.map, .object(let members)):
      var changed: JSONObject?
      for (name, member) in members {
        guard let filled = filledItem(member, field) else { continue }
        if changed == nil { changed = members }
        changed?[name] = filled
      }
      return changed.map { .object($0) }
    default: return nil
    }
  }

  private func filledItem(_ item: JSONValue, _ field: FieldFacts) -> JSONValue? {
    switch item {
    case .null: field.item?.value
    case .object(let object): field.definition.flatMap { facts[$0] }.flatMap { filled(object, $0) }.map { .object($0) }
    default: nil
    }
  }
}
