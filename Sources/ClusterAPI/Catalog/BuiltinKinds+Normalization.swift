import APIMachinery

extension BuiltinKinds {
  /// Gives an object the form in which the API keeps it, whoever wrote it.
  ///
  /// Zero values that say nothing are left out, empty objects and zero values that are always served are filled in, a required
  /// value that is zero counts as missing, some values that are missing are null, quantities, times and bytes are in their
  /// canonical form. It comes before defaults.
  ///
  /// - Parameter definition: the name of the object's type, as in ``ResourceVersion/definitionName``.
  public func normalize(_ value: inout JSONValue, definition: String) {
    guard let facts = facts[definition], case .object(var object) = value else { return }
    value = .null
    normalize(&object, facts)
    value = .object(object)
  }

  private func normalize(_ object: inout JSONObject, _ facts: TypeFacts) {
    for field in facts.fields {
      guard let value = object[field.name], !value.isNull else {
        if field.isNull {
          field.setNull(&object)
          continue
        }
        if object[field.name] != nil { object.remove(field.name) }
        fillIn(field, &object)
        continue
      }
      if field.zero.holds(value) || field.form == .bytes && value == [], !field.isOptional {
        if field.isNull {
          field.setNull(&object)
          continue
        }
        if !field.hasDefault, field.presence == .written || field.isAlways { continue }
        object.remove(field.name)
        continue
      }
      normalize(field, &object)
    }
  }

  /// Puts nulls in an object that an older version of this server has stored without them, so that nothing takes it for another
  /// one than it is with them. Does nothing to types that have no such fields.
  ///
  /// - Parameter definition: the name of the object's type, as in ``ResourceVersion/definitionName``.
  func addNulls(to object: inout JSONObject, definition: String) {
    guard definitionsWithNulls.contains(definition), let facts = facts[definition] else { return }
    for field in facts.fields {
      guard let value = object[field.name], field.isOptional || !field.zero.holds(value) else {
        if field.isNull { field.setNull(&object) }
        continue
      }
      guard let below = field.definition, definitionsWithNulls.contains(below) else { continue }
      _ = object.update(field.name) { value in
        switch field.nesting {
        case .value: value.editObject { addNulls(to: &$0, definition: below) }
        case .list: value.editItems { $0.editObject { addNulls(to: &$0, definition: below) } }
        case .map: value.editMembers { $0.editObject { addNulls(to: &$0, definition: below) } }
        }
      }
    }
  }

  private func fillIn(_ field: FieldFacts, _ object: inout JSONObject) {
    guard !field.hasDefault, field.isAlways || field.presence == .written, let zero = field.zero.value else { return }
    // A missing list that must be there is an empty one; of a value without zero nothing can be said.
    var value = zero
    if let definition = field.definition, field.nesting == .value { normalize(&value, definition: definition) }
    object[field.name] = value
  }

  private func normalize(_ field: FieldFacts, _ object: inout JSONObject) {
    if field.zero == .quantity {
      _ = object.update(field.name) { $0.canonicalizeQuantity(inList: false) }
    } else if field.holdsQuantities {
      _ = object.update(field.name) { $0.editMembers { $0.canonicalizeQuantity(inList: true) } }
    } else if let form = field.form {
      _ = object.update(field.name) { value in
        if field.nesting == .map {
          value.editMembers { $0.canonicalize(form) }
        } else {
          value.canonicalize(form)
        }
      }
    }
    guard let definition = field.definition, let facts = facts[definition] else { return }
    _ = object.update(field.name) { value in
      switch field.nesting {
      case .value: value.editObject { normalize(&$0, facts) }
      case .list: value.editItems { $0.editObject { normalize(&$0, facts) } }
      case .map: value.editMembers { $0.editObject { normalize(&$0, facts) } }
      }
    }
  }
}

extension FieldFacts {
  fileprivate func setNull(_ object: inout JSONObject) {
    if object[name] != .some(.null) { object[name] = .null }
  }
}

extension FieldFacts.Zero {
  /// Seconds of the time that Go's clients send where they have none: 0001-01-01T00:00:00Z.
  private static let unset: Int64 = -62_135_596_800

  /// Whether a value is the type's zero.
  fileprivate func holds(_ value: JSONValue) -> Bool {
    switch (self, value) {
    case (.string, .string(let text)): text.isEmpty
    case (.number, .integer(let number)): number == 0
    case (.number, .double(let number)): number == 0
    case (.bool, .bool(let flag)): !flag
    case (.list, .array(let items)): items.isEmpty
    case (.map, .object(let members)): members.isEmpty
    case (.time, .string(let text)): text.hasPrefix("0001-") && Timestamp(text)?.seconds == Self.unset
    default: false
    }
  }

  /// Nil where it is no value at all.
  var value: JSONValue? {
    switch self {
    case .string: ""
    case .number: 0
    case .bool: false
    case .list: []
    case .map, .object: [:]
    case .quantity: "0"
    case .time, .none: nil
    }
  }
}

extension JSONValue {
  /// - Parameter inList: the amount is one of a list of resources; others stay as they were written, if that is canonical enough.
  fileprivate mutating func canonicalizeQuantity(inList: Bool) {
    guard let quantity = try? Quantity(json: self) else { return }
    self = .string((inList ? quantity.inThousandths : quantity).description)
  }

  fileprivate mutating func canonicalize(_ form: ValueForm) {
    if form == .bytes, case .array(let items) = self {
      // Go reads bytes from a list of numbers, too.
      self = .string(Base64.encode(items.map { UInt8(truncatingIfNeeded: $0.integerValue ?? 0) }))
      return
    }
    guard case .string(let text) = self, let canonical = form.canonical(text) else { return }
    self = .string(canonical)
  }
}
