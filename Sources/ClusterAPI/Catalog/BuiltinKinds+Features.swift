import APIMachinery

extension BuiltinKinds {
  /// Leaves out what belongs to features that are off, as if it had not been sent: a newer client may know fields that this server
  /// does not act on. What the stored object has of it already stays.
  ///
  /// - Parameters:
  ///   - isOn: whether a feature is on, by its name.
  ///   - definition: the name of the object's type.
  public func dropFields(
    of object: inout JSONValue, old: JSONValue?, definition: String, unless isOn: (String) -> Bool
  ) {
    guard let facts = facts[definition], case .object(var members) = object else { return }
    for field in facts.fields {
      guard members[field.name] != nil else { continue }
      if let feature = field.feature, !isOn(feature), old?[field.name] == nil {
        members.remove(field.name)
        continue
      }
      guard let definition = field.definition else { continue }
      let before = old?[field.name]
      _ = members.update(field.name) { value in
        switch field.nesting {
        case .value: dropFields(of: &value, old: before, definition: definition, unless: isOn)
        case .list:
          var index = 0
          value.editItems { item in
            let same = before?.arrayValue.flatMap { $0.indices.contains(index) ? $0[index] : nil }
            dropFields(of: &item, old: same, definition: definition, unless: isOn)
            index += 1
          }
        case .map: value.editMembers { dropFields(of: &$0, old: nil, definition: definition, unless: isOn) }
        }
      }
    }
    object = .object(members)
  }

  /// The features that fields of built-in kinds belong to.
  public var features: Set<String> {
    Set(facts.values.flatMap { $0.fields.compactMap(\.feature) })
  }
}
