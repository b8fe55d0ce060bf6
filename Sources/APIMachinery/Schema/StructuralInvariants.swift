/// What makes a schema structural.
enum StructuralInvariants {
  /// What is wrong, in the order of the messages.
  static func errors(in root: RawSchema, at path: FieldPath) -> [FieldError] {
    let errors = invariants(root, .root, path) + completeness(root, root, path, path)
    return errors.sorted { $0.description < $1.description }
  }

  private enum Level { case root, item, field }

  // MARK: The structure

  private static func invariants(_ schema: RawSchema, _ level: Level, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if schema.type == "array", schema.items == nil {
      errors.append(.required(path.child("items"), "must be specified"))
    }
    if let items = schema.items { errors += invariants(items, .item, path.child("items")) }
    for (name, property) in schema.properties {
      errors += invariants(property, .field, path.child("properties").key(name))
    }
    if schema.object["additionalProperties"] != nil {
      let place = path.child("additionalProperties")
      if level == .root { errors.append(.forbidden(place, "must not be used at the root")) }
      if let members = schema.additionalProperties { errors += invariants(members, .field, place) }
      if schema.isEmbeddedResource {
        errors.append(.forbidden(place, "must not be used if x-kubernetes-embedded-resource is set"))
      }
    }
    errors += extensionErrors(schema, path)
    errors += valueErrors(
      schema, skipAnyOf: isIntOrStringAlternatives(schema.object["anyOf"]),
      skipFirstAnyOf: isIntOrStringAlternatives(schema.list("allOf").first?.object["anyOf"]), path)
    errors += typeErrors(schema, level, path)
    errors += metadataErrors(schema, level, path)
    return errors
  }

  private static func extensionErrors(_ schema: RawSchema, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    guard schema.isIntOrString else { return errors }
    for (word, isSet) in [
      ("x-kubernetes-preserve-unknown-fields", schema.preservesUnknownFields),
      ("x-kubernetes-embedded-resource", schema.isEmbeddedResource),
    ] where isSet {
      errors.append(.invalid(path.child(word), true, "must be false if x-kubernetes-int-or-string is true"))
    }
    return errors
  }

  private static func typeErrors(_ schema: RawSchema, _ level: Level, _ path: FieldPath) -> [FieldError] {
    let place = path.child("type")
    var errors: [FieldError] = []
    if schema.isEmbeddedResource, schema.type != "object" {
      let detail = "must be object if x-kubernetes-embedded-resource is true"
      errors.append(
        schema.type.isEmpty ? .required(place, detail) : .invalid(place, .string(schema.type), detail))
    } else if schema.type.isEmpty, !schema.isIntOrString, !schema.preservesUnknownFields {
      switch level {
      case .root: errors.append(.required(place, "must not be empty at the root"))
      case .item: errors.append(.required(place, "must not be empty for specified array items"))
      case .field: errors.append(.required(place, "must not be empty for specified object fields"))
      }
    }
    if level == .root, !schema.type.isEmpty, schema.type != "object" {
      errors.append(.invalid(place, .string(schema.type), "must be object at the root"))
    }
    return errors
  }

  private static func metadataErrors(_ schema: RawSchema, _ level: Level, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    let isObject = level == .root || schema.isEmbeddedResource
    if isObject {
      for name in ["kind", "apiVersion"] {
        guard let property = schema.property(name), property.type != "string" else { continue }
        errors.append(
          .invalid(path.child("properties").key(name).child("type"), .string(property.type), "must be string"))
      }
    }
    if let metadata = schema.property("metadata") {
      let place = path.child("properties").key("metadata")
      if isObject, metadata.type != "object" {
        errors.append(.invalid(place.child("type"), .string(metadata.type), "must be object"))
      }
      if level == .root, !limitsNamesOnly(metadata) {
        errors.append(
          .forbidden(
            place,
            "must not specify anything other than name and generateName, but metadata is implicitly specified"))
      }
    }
    if schema.isEmbeddedResource, !schema.preservesUnknownFields, schema.properties.isEmpty {
      errors.append(
        .required(
          path.child("properties"),
          "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"))
    }
    return errors
  }

  private static func limitsNamesOnly(_ metadata: RawSchema) -> Bool {
    let isSilent = metadata.words.allSatisfy { ["type", "properties", "default"].contains($0) || !metadata.isSet($0) }
    return isSilent && metadata.properties.allSatisfy { $0.name == "name" || $0.name == "generateName" }
  }

  /// `[{"type": "integer"}, {"type": "string"}]`, which says again what `x-kubernetes-int-or-string` says.
  private static func isIntOrStringAlternatives(_ value: JSONValue?) -> Bool {
    value == [["type": "integer"], ["type": "string"]]
  }

  // MARK: Limits

  private static func valueErrors(
    _ schema: RawSchema, skipAnyOf: Bool, skipFirstAnyOf: Bool, _ path: FieldPath
  ) -> [FieldError] {
    var errors: [FieldError] = []
    if !skipAnyOf {
      for (index, nested) in schema.list("anyOf").enumerated() {
        errors += nestedErrors(nested, path.child("anyOf").index(index))
      }
    }
    for (index, nested) in schema.list("allOf").enumerated() {
      errors += nestedErrors(nested, skipAnyOf: skipFirstAnyOf && index == 0, path.child("allOf").index(index))
    }
    for (index, nested) in schema.list("oneOf").enumerated() {
      errors += nestedErrors(nested, path.child("oneOf").index(index))
    }
    if let not = RawSchema(schema.object["not"]) { errors += nestedErrors(not, path.child("not")) }
    let pattern = schema.text("pattern")
    do {
      if !pattern.isEmpty { _ = try RegularExpression(pattern) }
    } catch {
      errors.append(
        .invalid(
          path.child("pattern"), .string(pattern), "must be a valid regular expression, but isn't: \(error)"))
    }
    return errors
  }

  /// Nested value validations give no types, and nothing else that would describe a value.
  private static func nestedErrors(
    _ schema: RawSchema, skipAnyOf: Bool = false, _ path: FieldPath
  ) -> [FieldError] {
    var errors = valueErrors(schema, skipAnyOf: skipAnyOf, skipFirstAnyOf: false, path)
    if let items = schema.items { errors += nestedErrors(items, path.child("items")) }
    for (name, property) in schema.properties { errors += nestedErrors(property, path.child("properties").key(name)) }
    func forbid(_ word: String, _ detail: String) {
      if schema.isSet(word) { errors.append(.forbidden(path.child(word), detail)) }
    }
    forbid("type", "must be empty to be structural")
    forbid("additionalProperties", "must be undefined to be structural")
    forbid("default", "must be undefined to be structural")
    forbid("title", "must be empty to be structural")
    forbid("description", "must be empty to be structural")
    forbid("nullable", "must be false to be structural")
    forbid("x-kubernetes-preserve-unknown-fields", "must be false to be structural")
    forbid("x-kubernetes-embedded-resource", "must be false to be structural")
    forbid("x-kubernetes-int-or-string", "must be false to be structural")
    forbid("x-kubernetes-list-map-keys", "must be empty to be structural")
    forbid("x-kubernetes-list-type", "must be undefined to be structural")
    forbid("x-kubernetes-map-type", "must be undefined to be structural")
    forbid("x-kubernetes-validations", "must be empty to be structural")
    if schema.property("metadata") != nil {
      errors.append(
        .forbidden(path.child("properties").key("metadata"), "must not be specified in a nested context"))
    }
    return errors
  }

  // MARK: Completeness

  /// Whatever the root limits is described in the structure too. Upstream asks it of the root alone.
  private static func completeness(
    _ limits: RawSchema, _ schema: RawSchema, _ path: FieldPath, _ limitPath: FieldPath
  ) -> [FieldError] {
    var errors: [FieldError] = []
    if let not = RawSchema(limits.object["not"]) {
      errors += nestedCompleteness(not, schema, path, limitPath.child("not"))
    }
    for word in ["allOf", "anyOf", "oneOf"] {
      for (index, nested) in limits.list(word).enumerated() {
        errors += nestedCompleteness(nested, schema, path, limitPath.child(word).index(index))
      }
    }
    return errors
  }

  private static func nestedCompleteness(
    _ limits: RawSchema, _ schema: RawSchema?, _ path: FieldPath, _ limitPath: FieldPath
  ) -> [FieldError] {
    guard let schema else { return [.required(path, "because it is defined in \(limitPath)")] }
    var errors = completeness(limits, schema, path, limitPath)
    if let items = limits.items {
      errors += nestedCompleteness(items, schema.items, path.child("items"), limitPath.child("items"))
    }
    for (name, property) in limits.properties {
      let place = path.child("properties").key(name)
      let limitPlace = limitPath.child("properties").key(name)
      if let described = schema.property(name) {
        errors += nestedCompleteness(property, described, place, limitPlace)
      } else {
        errors.append(.required(place, "because it is defined in \(limitPlace)"))
      }
    }
    return errors
  }
}
