import APIMachinery

extension BuiltinKinds {
  /// Finds what is wrong with an object of a built-in kind: metadata, what its schema says, rules between fields, and what may
  /// not change.
  ///
  /// The object is complete (``complete(_:kind:)``), and its values have the types of the schema.
  ///
  /// - Parameters:
  ///   - old: the object as it is stored; nil for one that is created.
  ///   - subresource: the path below the object that is written; empty for the object itself.
  ///   - emptied: what was sent empty. Rules between fields see it, in what there was too: it is no change.
  ///   - others: finds what is wrong by rules that are not known here, with what was sent empty; it is told where its fields
  ///     stand.
  public func validate(
    _ new: JSONValue, old: JSONValue?, kind: GroupVersionKind, subresource: String = "",
    emptied: EmptiedFields = EmptiedFields(),
    beside others: (_ new: JSONValue, _ old: JSONValue?) -> [FieldError] = { _, _ in [] }
  ) -> [FieldError] {
    let (kept, keptOld) = (new, old)
    let (new, old) = emptied.restored(in: new, old)
    let others = others(new, old)
    var findings = Findings()
    if let resource = resource(of: GroupKind(group: kind.group, kind: kind.kind)),
      resource.version(kind.version)?.verbs.contains(.get) ?? false
    {
      let metadata = new["metadata"]?.objectValue ?? [:]
      let errors =
        if let old {
          Self.errors(in: metadata, updating: old, of: kind, subresource: subresource)
        } else {
          MetadataRules.errors(
            in: metadata, isNamespaced: resource.isNamespaced, name: Validation.nameRule(for: kind))
        }
      for error in errors { findings.add(error) }
      if !Self.plainGroups.contains(kind.group) { finalizers(metadata["finalizers"], &findings) }
    }
    if CertificateRequestPreparation.applies(to: kind) {
      CertificateRequestValidation.validate(new, old, subresource: subresource, &findings)
    }
    switch subresource {
    case "":
      Validation.function(for: kind)?(new, old, &findings)
      if let old, let definition = definitionName(of: kind) {
        unchanged(new, old, definition, FieldPath(), &findings)
      }
    case "ephemeralcontainers":
      if let old { PodUpdateValidation.validate(ephemeralContainers: new, old, &findings) }
    case "status":
      if let old { StatusValidation.validate(new, old, kind, &findings) }
    case "finalize": ClusterValidation.validate(finalizersOf: new, &findings)
    case "resize":
      if let old { PodResizeValidation.validate(new, old, &findings) }
    default: break
    }
    guard let definition = definitionName(of: kind), let schema = registry[definition] else {
      return findings.errors + others
    }
    var ofSchema = Findings()
    // Of a status upstream judges by code alone.
    if subresource != "status" { rules(kept, keptOld, schema, &ofSchema) }
    // As nearly all objects are.
    if findings.errors.isEmpty, ofSchema.errors.isEmpty, others.isEmpty { return [] }
    // What a rule says too has its place among the rules, and their words.
    func key(_ error: FieldError) -> String? {
      error.kind == .required || error.kind == .notSupported ? "\(error.kind.reason) \(error.field)" : nil
    }
    let said = Set(findings.errors.compactMap(key))
    // What may not be there is not looked into.
    let forbidden = FieldPrefixes(Self.forbiddenFields(findings.errors), ends: ".")
    let passedOver = FieldPrefixes(findings.passedOver, ends: ".[")
    let unsaid = ofSchema.errors.filter { error in
      !DefinitionValidation.judges(error, of: kind) && key(error).map { !said.contains($0) } ?? true
        && !forbidden.hold(error.field) && !passedOver.hold(error.field)
    }
    let order = FindingOrder(schema: schema)
    let told = order.merge(Self.news(unsaid, beside: findings.errors), into: findings.errors)
    return order.merge(others, into: told).map(\.showingSelectors)
  }

  private static func errors(
    in metadata: JSONObject, updating old: JSONValue, of kind: GroupVersionKind, subresource: String
  ) -> [FieldError] {
    let before = old["metadata"]?.objectValue ?? [:]
    let rule = subresource.isEmpty ? Validation.updatedNameRule(for: kind) : nil
    return MetadataRules.errors(in: metadata, updating: before, name: rule)
  }

  /// What may not be there, of which all that is in it need not be told.
  private static func forbiddenFields(_ errors: [FieldError]) -> [String] {
    // That a change is forbidden does not say that what it brings is good, nor that of an item, of which it is said that it has
    // too much.
    errors.lazy.filter { $0.kind == .forbidden && $0.field != "spec" && !$0.field.hasSuffix("]") }
      .map { FieldSpelling.own($0.field) }
  }

  /// Groups whose objects are judged as those of custom kinds are.
  private static let plainGroups: Set<String> = [
    "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
  ]

  private static let standardFinalizers: Set<String> = ["foregroundDeletion", "kubernetes", "orphan"]

  /// Who holds an object is told by a name with a domain.
  private func finalizers(_ list: JSONValue?, _ findings: inout Findings) {
    for (index, finalizer) in (list?.arrayValue ?? []).enumerated() {
      let name = finalizer.stringValue ?? ""
      guard !name.contains("/"), !Self.standardFinalizers.contains(name) else { continue }
      findings.invalid(
        FieldPath("metadata", "finalizers").index(index), finalizer,
        "name is neither a standard finalizer name nor is it fully qualified")
    }
  }

  /// What the schema says, of what can be written.
  private func rules(
    _ new: JSONValue, _ old: JSONValue?, _ schema: Schema, _ findings: inout Findings
  ) {
    for property in schema.properties where property.name != "metadata" && property.name != "status" {
      guard let value = new[property.name], !value.isNull else {
        if property.isRequired, new[property.name] == nil, SchemaRules.isMissed(property.name, old) {
          findings.required(FieldPath(property.name))
        }
        continue
      }
      SchemaRules.validate(value, old: old?[property.name], property.schema, FieldPath(property.name), &findings)
    }
  }

  /// The fields that the kind's text calls immutable.
  private func unchanged(
    _ new: JSONValue, _ old: JSONValue, _ definition: String, _ path: FieldPath, _ findings: inout Findings
  ) {
    guard let facts = facts[definition], facts.holdsImmutable else { return }
    for field in facts.fields where field.isImmutable {
      let path = path.child(field.name)
      if let type = field.definition.flatMap(Self.internalType), field.nesting == .value {
        findings.immutable(new[field.name], old[field.name], path, shownAs: type)
      } else if (new[field.name] ?? .null) != (old[field.name] ?? .null) {
        // What upstream does not tell from a missing value is shown as its zero.
        let zero = field.isOptional ? nil : field.zero.value
        findings.invalid(path, new[field.name] ?? zero ?? .null, Findings.immutable)
      }
    }
    for field in facts.fields where field.nesting == .value && field.definition != nil {
      guard let definition = field.definition, let value = new[field.name], let before = old[field.name] else {
        continue
      }
      unchanged(value, before, definition, path.child(field.name), &findings)
    }
  }

  /// The type by which upstream shows values of a definition; nil where it shows them as the API does.
  private static func internalType(of definition: String) -> String? {
    let parts = definition.split(separator: ".")
    guard parts.count >= 3 else { return nil }
    let name = "\(parts[parts.count - 3]).\(parts[parts.count - 1])"
    return InternalTypes.all[name] == nil ? nil : name
  }

  /// What a schema says that nothing has said yet: two errors about a field with different words are two.
  private static func news(_ errors: [FieldError], beside others: [FieldError]) -> [FieldError] {
    func key(_ error: FieldError) -> String {
      "\(error.kind.reason)\u{0}\(error.field)\u{0}\(error.kind == .required ? "" : error.body)"
    }
    var seen = Set(others.map(key))
    return errors.filter { seen.insert(key($0)).inserted }
  }
}
