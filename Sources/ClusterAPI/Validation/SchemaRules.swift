import APIMachinery

/// What a schema says of values of built-in kinds, in the words that these have for it: custom kinds have others.
enum SchemaRules {
  /// What is as it was is let through: rules may be stricter than they were when it was written.
  static func validate(
    _ value: JSONValue, old: JSONValue?, _ schema: Schema, _ path: FieldPath, _ findings: inout Findings
  ) {
    if let old, old == value { return }
    if let rules = schema.rules {
      if rules.isJudgedByKind { return }
      check(value, rules, path, &findings)
    }
    let schema = schema.resolved
    switch value {
    case .object(let object):
      // Null stands only where it is served for a missing value: rules of the kinds say whether one may be missing.
      for name in schema.required where object[name] == nil && isMissed(name, old) {
        if schema.properties[name]?.rules?.isJudgedByKind != true { findings.required(path.below(name)) }
      }
      for property in schema.properties {
        guard let member = object[property.name], !member.isNull else { continue }
        validate(member, old: old?[property.name], property.schema, path.below(property.name), &findings)
      }
      guard case .schema(let members) = schema.additionalProperties else { return }
      for (name, member) in MetadataValidation.sorted(value) {
        validate(member, old: old?[name], members, path.key(name), &findings)
      }
    case .array(let items):
      guard let itemSchema = schema.items else { return }
      let before = old?.arrayValue ?? []
      for (index, item) in items.enumerated() {
        // An item that was there, at whatever place, is let through.
        if before.contains(item) { continue }
        validate(
          item, old: before.indices.contains(index) ? before[index] : nil, itemSchema, path.index(index), &findings)
      }
    default: break
    }
  }

  /// Whether a required member must be there. One that the object never had, because it was written by another version, it
  /// may go on without.
  static func isMissed(_ name: String, _ old: JSONValue?) -> Bool { old.map { $0.has(name) } ?? true }

  private static func check(_ value: JSONValue, _ rules: ValueRules, _ path: FieldPath, _ findings: inout Findings) {
    if let values = rules.enumeration, !values.contains(value) {
      findings.add(.notSupported(path, value, values.compactMap(\.stringValue)))
    }
    switch value {
    case .integer(let number):
      if let minimum = rules.minimum, Double(number) < minimum {
        findings.invalid(path, value, "must be greater than or equal to \(Int64(minimum))")
      }
      if let maximum = rules.maximum, Double(number) > maximum {
        findings.invalid(path, value, "must be less than or equal to \(Int64(maximum))")
      }
    case .string(let text):
      if let maximum = rules.maxLength, text.unicodeScalars.count > maximum {
        findings.add(.tooLong(path, maximumCharacters: Int(maximum)))
      }
    case .array(let items):
      if let maximum = rules.maxItems, items.count > maximum {
        findings.add(.tooMany(path, count: items.count, maximum: Int(maximum)))
      }
      if let minimum = rules.minItems, items.count < minimum {
        findings.add(.tooFew(path, count: items.count, minimum: Int(minimum)))
      }
    default: break
    }
  }
}

extension FieldPath {
  /// A member; of the object itself its name alone.
  fileprivate func below(_ name: String) -> FieldPath { isEmpty ? FieldPath(name) : child(name) }
}
