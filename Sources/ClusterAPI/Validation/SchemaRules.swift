import APIMachinery

/// What a schema says of values of built-in kinds, in the words that these have for it: custom kinds have others.
enum SchemaRules {
  /// What is as it was is let through: rules may be stricter than they were when it was written.
  static func validate(
    _ value: JSONValue, old: JSONValue?, _ schema: Schema, _ path: FieldPath, _ findings: inout Findings
  ) {
    if let old, old == value { return }
    if let rules = schema.rules { check(value, rules, path, &findings) }
    let schema = schema.resolved
    switch value {
    case .object(let object):
      // Null stands only where it is served for a missing value: rules of the kinds say whether one may be missing.
      for name in schema.required where object[name] == nil && isMissed(name, old) {
        // A port that is missing is one that cannot be, and is judged as that.
        if name == "port", schema.properties.first(where: { $0.name == name })?.schema.resolved.type == .intOrString {
          continue
        }
        findings.required(path.below(name))
      }
      // The metadata of a template says nothing of an object that exists; what it may be is judged by hand.
      for property in schema.properties where property.name != "metadata" {
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

  /// Values that rules of their kinds judge, at another place or in other words: operators of tolerations and of node and quota
  /// selectors, effects of taints, scopes of quotas, side effects of webhooks, reasons of rules of custom kinds.
  private static let judgedByHand: Set<[String]> = [
    ["Equal", "Exists", "Gt", "Lt"], ["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"],
    ["DoesNotExist", "Exists", "In", "NotIn"], ["NoSchedule", "PreferNoSchedule", "NoExecute"],
    [
      "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating",
      "VolumeAttributesClass",
    ],
    ["None", "NoneOnDryRun", "Some", "Unknown"],
    ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"],
  ]

  /// Values that messages name in another order than the schema.
  private static let ordered: [[String]: [String]] = [
    ["FallbackToLogsOnError", "File"]: ["File", "FallbackToLogsOnError"],
    ["Never", "PreemptLowerPriority"]: ["PreemptLowerPriority", "Never"],
  ]

  private static func check(_ value: JSONValue, _ rules: ValueRules, _ path: FieldPath, _ findings: inout Findings) {
    if let values = rules.enumeration, !values.contains(value) {
      let words = values.compactMap(\.stringValue)
      if !judgedByHand.contains(words) { findings.add(.notSupported(path, value, ordered[words] ?? words)) }
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
